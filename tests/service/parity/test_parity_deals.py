"""The same values by form, API and file end alike: one class of data for each entity."""

from datetime import date

from sqlalchemy import select

from crm.firm.firm import set_firm
from crm.pipeline.defaults import ensure_defaults
from crm.records import records
from crm.work import unit_of_work
from db.models import Stage
from tests.service.parity.roads import At, EntityRoads


def selling(actor):
    """A firm in euros with a customer, a product, a deal in dollars and one in euros."""
    with unit_of_work(actor) as work:
        set_firm(work, name="Kavarna", currency="EUR")
        ensure_defaults(work)
        stages = dict(tuple(row) for row in work.session.execute(select(Stage.name, Stage.id)))

        def make(entity, **values):
            return int(records.create_record(work, entity, values)["id"])

        firm = make("organisation", name="Casa Olivares", number="O1")
        return {
            **stages,
            "firm": firm,
            "person": make(
                "contact", name="Ana Olivares", email="ana@olivares.example", organisation_id=firm
            ),
            "product": make("product", name="Volta 3", code="V3"),
            "dollars": make("deal", title="Six machines", number="D1", currency="USD", organisation_id=firm),
            "euros": make("deal", title="Two machines", number="D2", amount_minor=50_000),
        }


class TestDealLine(EntityRoads):
    entity = "deal_line"
    good = (
        {"deal_id": At("dollars"), "quantity": 3.0, "unit_price_minor": 5000},
        {"deal_id": At("euros"), "product_id": At("product"), "unit_price_minor": 1999, "discount": 0.1},
        {"deal_id": At("euros"), "quantity": 2.0, "description": "Price to be agreed"},
        {"deal_id": At("euros"), "quantity": 2.0, "amount_minor": 7000},
    )
    bad = (
        ({"quantity": 3.0, "unit_price_minor": 5000}, "deal_id"),
        ({"deal_id": At("euros"), "quantity": -1.0, "unit_price_minor": 5000}, "quantity"),
        ({"deal_id": At("euros"), "unit_price_minor": 5000, "discount": 1.5}, "discount"),
        (
            {"deal_id": At("euros"), "quantity": 2.0, "unit_price_minor": 5000, "amount_minor": 700},
            "amount_minor",
        ),
        ({"quantity": -1.0, "unit_price_minor": 5000, "discount": 1.5}, "deal_id quantity discount"),
        ({"deal_id": At("euros"), "quantity": 1e308, "unit_price_minor": 5000}, "quantity"),
        ({"quantity": "many", "amount_minor": 5000, "discount": 1.5}, "deal_id quantity discount"),
    )

    def scene(self, actor):
        return selling(actor)


class TestDeal(EntityRoads):
    entity = "deal"
    good = (
        {"title": "Ten machines", "number": "D9", "amount_minor": 123456, "currency": "JPY"},
        {"title": "Ten machines", "organisation_id": At("firm"), "amount_minor": 123456},
        {"organisation_id": At("firm"), "product_id": At("product")},
        {"title": "May", "stage_id": At("Won"), "opened_on": date(2026, 4, 1), "closed_on": date(2026, 5, 1)},
        {"title": "Open", "opened_on": date(2026, 4, 1), "closed_on": date(2026, 12, 24)},
    )
    bad = (
        ({"amount_minor": 500}, "title"),
        (
            {
                "title": "x",
                "stage_id": At("Won"),
                "opened_on": date(2026, 5, 1),
                "closed_on": date(2026, 4, 1),
            },
            "closed_on",
        ),
        ({"title": "x", "currency": "ZZZ"}, "currency"),
        ({"title": "x" * 201}, "title"),
        ({"title": "\u200b\u3164"}, "title"),
        ({"title": "x", "amount_minor": 10**17}, "amount_minor"),
        ({"title": "x", "stage_id": At("Won"), "closed_on": date(2499, 5, 1)}, "closed_on"),
        ({"title": "x", "opened_on": "soon"}, "opened_on"),
        (
            {
                "opened_on": date(2026, 5, 1),
                "stage_id": At("Won"),
                "closed_on": date(2026, 4, 1),
                "currency": "ZZZ",
            },
            "title closed_on currency",
        ),
    )
    changes = (
        ({"title": "x", "number": "D7", "opened_on": date(2026, 4, 1)}, {"amount_minor": 5000}),
        (
            {"title": "x", "number": "D7", "opened_on": date(2026, 4, 1)},
            {"stage_id": At("Won"), "closed_on": date(2026, 6, 1)},
        ),
    )
    bad_changes = (
        (
            {"title": "x", "number": "D7", "opened_on": date(2026, 4, 1)},
            {"stage_id": At("Won"), "closed_on": date(2026, 3, 1)},
            "closed_on",
        ),
    )
    history = (({"title": "x", "stage_id": At("Won"), "opened_on": date(2026, 4, 1)}, "", "the day unknown"),)

    def scene(self, actor):
        return selling(actor)


def test_a_sale_keeps_its_day_when_it_goes_from_one_won_stage_to_another(people):
    """The month in which it was won is no matter of where it stands afterwards."""
    with unit_of_work(people["ada"]) as work:
        ensure_defaults(work)
        won = work.session.scalars(select(Stage).where(Stage.kind == "won")).one()
        paid = Stage(pipeline_id=won.pipeline_id, name="Paid", kind="won", position=99, probability=1.0)
        work.session.add(paid)
        work.session.flush()
        values = {
            "title": "x",
            "stage_id": won.id,
            "opened_on": date(2026, 9, 1),
            "closed_on": date(2026, 9, 10),
        }
        deal = records.create_record(work, "deal", values)
        moved = records.update_record(
            work, "deal", deal["id"], {"stage_id": paid.id}, seen_version=deal["version"]
        )
        lost = records.update_record(
            work, "deal", deal["id"], {"status": "lost"}, seen_version=moved["version"]
        )

    assert (moved["closed_on"], moved["status"]) == (date(2026, 9, 10), "won")
    assert lost["status"] == "won", "the status follows the stage"
