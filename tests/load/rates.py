"""How many rows a second come in, go back and go out, and whether a list slows down as its table grows."""

import csv
import random
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from crm.access.actors import find_actor_by_email
from crm.exchange.engine import run_import
from crm.exchange.export import export_csv
from crm.exchange.plan import UPSERT, Lookup, Plan, Step
from crm.exchange.undo import undo_import
from crm.lists import list_rows
from crm.work import Actor, reading
from db import session
from tests.load.figures import Figure, median
from tests.load.screens import ADMINISTRATOR

ROWS = 40_000
#: Entity, its file's columns by field, and how its links are found.
_FILES: dict[str, tuple[dict[str, str], dict[str, Lookup]]] = {
    "organisation": (
        {
            "number": "Account ID",
            "name": "Account",
            "sector": "Industry",
            "employees": "Employees",
            "website": "Website",
            "phone": "Phone",
            "city": "City",
            "country": "Country",
        },
        {},
    ),
    "contact": (
        {
            "email": "E-mail",
            "first_name": "First name",
            "last_name": "Last name",
            "phone": "Phone",
            "job_title": "Title",
            "birth_date": "Birthday",
            "organisation_id": "Account",
        },
        {"organisation_id": Lookup()},
    ),
    "deal": (
        {
            "number": "Opportunity ID",
            "title": "Opportunity",
            "stage_id": "Stage",
            "amount_minor": "Amount",
            "opened_on": "Opened",
            "expected_close_on": "Expected close",
            "organisation_id": "Account",
        },
        {"organisation_id": Lookup()},
    ),
}
_WORDS = (
    "Alder",
    "Birch",
    "Cedar",
    "Delta",
    "Ember",
    "Fjord",
    "Grove",
    "Harbour",
    "Iris",
    "Juniper",
    "Kestrel",
    "Linden",
)


def _row(entity: str, at: int, rng: random.Random) -> list[str]:
    account = f"{_WORDS[at % 12]} {_WORDS[at // 12 % 12]} {at} Ltd"
    day = f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/2025"
    phone = f"+49 30 {rng.randint(2_000_000, 8_999_999)}"
    if entity == "organisation":
        size = f"{rng.randint(1, 9999):,}"
        return [
            f"A{at}",
            account,
            "Retail",
            size,
            f"www.{_WORDS[at % 12].lower()}{at}.example",
            phone,
            "Berlin",
            "Germany",
        ]
    if entity == "contact":
        return [
            f"person{at}@{_WORDS[at % 12].lower()}.example",
            "Ana",
            f"Kovač {at}",
            phone,
            "Buyer",
            day,
            account,
        ]
    stage = ("Qualification", "Offer sent", "Won", "Lost")[at % 4]
    return [
        f"O{at}",
        f"Machines for {account}",
        stage,
        f"€ {rng.randint(500, 90_000):,}.50",
        day,
        "30/12/2026",
        account,
    ]


def _write(path: Path, entity: str) -> None:
    rng = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(_FILES[entity][0].values())
        writer.writerows(_row(entity, at, rng) for at in range(ROWS))


def _administrator() -> Actor:
    actor = find_actor_by_email(ADMINISTRATOR)
    assert actor is not None
    return actor


def _imports(actor: Actor, folder: Path) -> list[Figure]:
    figures, undone = [], []
    for entity, (columns, lookups) in _FILES.items():
        path = folder / f"{entity}.csv"
        _write(path, entity)
        step = Step(path.name, entity, columns, mode=UPSERT, lookups=lookups)
        begun = time.perf_counter()
        report = run_import(
            actor, Plan(f"bench {entity}", (step,), currency="EUR", date_order="dmy"), {path.name: path}
        )
        rate = ROWS / (time.perf_counter() - begun)
        failed = f", {report.failed} failed" if report.failed else ""
        figures.append(
            Figure(
                f"import {entity}, with checks and keys",
                rate,
                "rows/s",
                least=20_000,
                note=f"{ROWS:,} rows{failed}",
            )
        )
        assert report.id is not None
        undone.append((entity, report.id, ROWS - report.failed))
    for entity, number, rows in reversed(undone):
        begun = time.perf_counter()
        undo_import(actor, number)
        rate = rows / (time.perf_counter() - begun)
        figures.append(Figure(f"undo of the {entity} import", rate, "rows/s", least=20_000))
    return figures


def _export(actor: Actor) -> Figure:
    """100,000 contacts as CSV against reading the bare rows with nothing made of them."""
    with session.reading_engine().connect().execution_options(system=True) as connection:
        begun = time.perf_counter()
        rows = len(connection.execute(text("SELECT * FROM contacts")).all())
        bare = time.perf_counter() - begun
    with reading(actor) as open_session:
        begun = time.perf_counter()
        size = sum(len(block) for block in export_csv(open_session, "contact"))
        taken = time.perf_counter() - begun
    note = f"{rows:,} rows, {size / 2**20:.0f} MB, {rows / taken:,.0f} rows/s"
    return Figure("export of contacts / bare SQL read", taken / bare, "×", most=3, note=note)


def _list_seconds(actor: Actor, entity: str) -> float:
    taken = []
    for at in range(31):
        begun = time.perf_counter()
        with reading(actor) as open_session:
            list_rows(open_session, entity, sort=None, descending=bool(at % 2))
        taken.append(time.perf_counter() - begun)
    return median(taken[1:])


def _on(database: Path, measure: Callable[[Actor], float]) -> float:
    session.configure(f"sqlite:///{database}")
    return measure(_administrator())


def measure_rates(small: Path, large: Path, folder: Path) -> list[Figure]:
    """In this process, on the two databases given, which it changes."""
    few = _on(small, lambda actor: _list_seconds(actor, "order_line"))
    many = _on(large, lambda actor: _list_seconds(actor, "order_line"))
    note = f"{few * 1000:.1f} ms and {many * 1000:.1f} ms a page"
    figures = [Figure("list of sales lines, 1,000,000 rows / 12,000", many / few, "×", most=1.3, note=note)]
    actor = _administrator()
    figures.append(_export(actor))
    figures += _imports(actor, folder)
    session.configure(None)
    return figures
