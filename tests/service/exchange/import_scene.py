"""What the import tests share: a small file, a step for it, and looking at what came of it."""

from sqlalchemy import select

from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import Plan, Step
from crm.work import reading

#: What an import leaves behind on purpose when it is undone: its own story.
STORY = {"imports", "import_failures", "change_batches", "changes"}
ORGANISATIONS = b"name,number,city\nCasa Olivares,O1,Porto\nAtelier Nove,O2,Brno\nOrla Coworking,O3,Izmir\n"
BY_NUMBER = Step(
    "o.csv", "organisation", {"name": "name", "number": "number", "city": "city"}, key=("number",)
)


def plan(*steps, **more):
    return Plan("Test", steps, currency="EUR", **more)


def bring(actor, step, data, **more):
    return run_import(actor, plan(step), {step.file: data}, **more)


def counts(report, at=0):
    step = report.steps[at]
    return (step.created, step.updated, step.skipped, step.failed)


def stored(actor, cls, *names):
    with reading(actor) as session:
        return [
            tuple(row) for row in session.execute(select(*(getattr(cls, n) for n in names)).order_by(cls.id))
        ]


def rows_of(dump):
    """Everything but the story, and but the numbers that count changes."""
    return {name: rows for name, rows in dump().items() if name not in STORY}
