"""A firm with two teams and whatever deals a test gives it, and short ways to read its series and forecasts."""

from datetime import date

from crm.clock import today
from crm.forecasting import queries
from crm.forecasting.chosen import SeriesChoice
from crm.periods import add_months
from crm.pipeline.defaults import ensure_defaults
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import Category, Deal, Product, Setting, Stage, Team, User


class Firm:
    """Two teams with one seller each, two categories with one product each; figures in euro."""

    def __init__(self):
        with unit_of_work(SYSTEM) as work:
            ensure_defaults(work)
            session = work.session
            session.add(Setting(name="firm", value={"name": "Bean & Co", "currency": "EUR"}))
            self.stages = {
                s.kind: (s.id, s.pipeline_id) for s in session.query(Stage).order_by(Stage.position.desc())
            }
            self.teams = [self.stored(session, Team(name=name)) for name in ("North", "South")]
            self.sellers = [
                self.stored(session, User(name=f"Seller {n}", team_id=t)) for n, t in enumerate(self.teams)
            ]
            self.categories = [self.stored(session, Category(name=name)) for name in ("Machines", "Beans")]
            self.products = [
                self.stored(session, Product(name=f"P{n}", category_id=c))
                for n, c in enumerate(self.categories)
            ]

    @staticmethod
    def stored(session, row):
        session.add(row)
        session.flush()
        return row.id

    def deal(self, minor, closed_on, *, kind="won", seller=0, product=0, currency="EUR", **values):
        stage, pipeline = self.stages[kind]
        with unit_of_work(SYSTEM) as work:
            work.session.add(
                Deal(
                    title="Deal", status=kind, stage_id=stage, pipeline_id=pipeline, amount_minor=minor, currency=currency,
                    closed_on=closed_on, owner_id=self.sellers[seller], team_id=self.teams[seller],
                    product_id=self.products[product], **values,
                )
            )  # fmt: skip

    def history(self, months, *, seller=0, size=1000):
        """One won deal a month up to February 2026, growing, December twice as good."""
        stage, pipeline = self.stages["won"]
        with unit_of_work(SYSTEM) as work:
            for step in range(months):
                month = add_months(date(2026, 2, 1), step - months + 1)
                minor = size * (100 + 3 * step) * (2 if month.month == 12 else 1)
                work.session.add(
                    Deal(
                        title="Deal", status="won", stage_id=stage, pipeline_id=pipeline, amount_minor=minor,
                        currency="EUR", closed_on=month.replace(day=15), owner_id=self.sellers[seller],
                        team_id=self.teams[seller],
                    )
                )  # fmt: skip

    def seller(self, number, scope):
        grants = {("deal", "read", scope), ("deal", "export", scope)}
        return Actor(self.sellers[number], "Seller", "staff", (self.teams[number],), frozenset(grants))


def silent(done, total, note):
    """No one looks at the progress."""


def values_of(actor, choice=None):
    with reading(actor) as session:
        past = queries.monthly_values(session, choice or SeriesChoice(), today=today())
    return {stamp.date(): value for stamp, value in past.values.items()}, past


def latest(actor, choice=None):
    with reading(actor) as session:
        return queries.latest_run(session, choice or SeriesChoice())
