"""A small selling company for reports: two teams, sellers under a manager, three products, four stages."""

from datetime import UTC, datetime
from typing import Any

from crm.reporting.catalogue import run_report, to_json
from crm.reporting.report import SalesFilter
from crm.work import SYSTEM, Work
from db.models import Deal, LossReason, Pipeline, Product, Setting, Stage, StageChange, Team, User

STAGES = [("Contacted", "open", 0.2), ("Quoted", "open", 0.6), ("Signed", "won", 1.0), ("Gone", "lost", 0.0)]


class Company:
    """Two teams, five sellers, three products, one pipeline of four stages; figures in euro."""

    def __init__(self, session: Any) -> None:
        self.session = session
        session.add(Setting(name="firm", value={"name": "Bean & Co", "currency": "EUR"}))
        self.pipeline = self.add(Pipeline(name="Trials"))
        self.stages = {
            name: self.add(
                Stage(pipeline_id=self.pipeline.id, name=name, position=n, kind=kind, probability=p)
            )
            for n, (name, kind, p) in enumerate(STAGES)
        }
        self.teams = [self.add(Team(name=name)) for name in ("North", "South")]
        self.boss = self.add(User(name="Bo Boss"))
        self.sellers = [
            self.add(
                User(name=f"Seller {n}", team_id=self.teams[n % 2].id, manager_id=self.boss.id if n else None)
            )
            for n in range(4)
        ]
        self.products = [
            self.add(Product(name=f"Machine {n}", list_price_minor=n * 10000 + 5000, currency="EUR"))
            for n in range(3)
        ]
        self.reasons = [self.add(LossReason(name=name)) for name in ("Price", "No answer")]

    def add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def deal(self, stage: str, **values: Any) -> Any:
        place = self.stages[stage]
        values = {"title": "Deal", "currency": "EUR", "status": place.kind, **values}
        deal = self.add(Deal(pipeline_id=self.pipeline.id, stage_id=place.id, **values))
        self.add(StageChange(deal_id=deal.id, to_stage_id=place.id))
        return deal

    def won(self, minor: int, closed_on: Any, **values: Any) -> Any:
        return self.deal("Signed", amount_minor=minor, closed_on=closed_on, **values)

    def work(self) -> Work:
        """The company's open unit of work, for services that want one."""
        return Work(self.session, SYSTEM, datetime(2026, 3, 10, tzinfo=UTC))


def run(company: Company, name: str, **chosen: Any) -> dict[str, Any]:
    """One report as JSON."""
    company.session.flush()
    return to_json(run_report(company.session, name, SalesFilter(**chosen)))


def column(report: dict[str, Any], key: str, value: str) -> dict[Any, Any]:
    """One column of a report by another."""
    return {row[key]: row[value] for row in report["rows"]}
