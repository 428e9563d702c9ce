"""How many rows a second come in, go back and go out, and whether a list slows down as its table grows.

All of it happens in this process, one thread, so its own processor time is measured: other programs on the machine do
not count. What the clock on the wall said stands in the note.
"""

import csv
import random
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select, text

from crm.access.actors import find_actor_by_email
from crm.campaigns.segments.segments import count_segment
from crm.exchange.export import export_csv
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import UPSERT, Lookup, Plan, Step
from crm.exchange.undoing.undo import undo_import
from crm.records.lists import list_rows
from crm.work import Actor, reading
from db import session
from db.models import Segment
from tests.load.figures import Figure, median
from tests.load.screens import ADMINISTRATOR

ROWS = 40_000
#: Lists whose growth is measured, by the order in which people read them.
_LISTS = (
    ("order_line", "sold_on", "sales lines by day, 1,000,000 rows / 12,000"),
    ("contact", "name", "contacts by name, 100,000 rows / 400"),
    ("deal", "title", "deals by title, 50,000 rows / 600"),
    ("case", "opened_at", "cases by opening, 20,000 rows / 180"),
    ("equipment", "name", "equipment by name, 50,000 rows / 240"),
)
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
    "equipment": (
        {
            "serial": "Serial number",
            "product_id": "Model",
            "organisation_id": "Account",
            "installed_on": "Installed",
            "place": "Location",
        },
        {"organisation_id": Lookup(), "product_id": Lookup()},
    ),
    "case": (
        {
            "number": "Ticket ID",
            "subject": "Subject",
            "status": "Status",
            "priority": "Priority",
            "opened_at": "Opened",
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


class Watch:
    """Processor seconds of this process, and seconds on the wall."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def seconds(self) -> tuple[float, float]:
        """Both since the start."""
        return time.process_time() - self._cpu, time.perf_counter() - self._wall


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
    if entity == "equipment":
        return [f"SN-{at}", ("Lumo One bean-to-cup", "Mola 65 grinder")[at % 2], account, day, "Kitchen"]
    if entity == "case":
        status, priority = ("Open", "Closed", "New")[at % 3], ("High", "Low", "Normal", "Critical")[at % 4]
        return [f"T{at}", f"Grinder of {account} stops", status, priority, f"{day} 09:30", account]
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


def _rate(name: str, rows: int, watch: Watch, *, failed: int = 0) -> Figure:
    cpu, wall = watch.seconds()
    note = f"{rows:,} rows, {rows / wall:,.0f} rows/s on the wall" + (f", {failed} FAILED" if failed else "")
    return Figure(name, rows / cpu, "rows/s", least=20_000, note=note)


def _imports(actor: Actor, folder: Path) -> list[Figure]:
    figures, undone = [], []
    for entity, (columns, lookups) in _FILES.items():
        path = folder / f"{entity}.csv"
        _write(path, entity)
        step = Step(path.name, entity, columns, mode=UPSERT, lookups=lookups)
        watch = Watch()
        report = run_import(
            actor, Plan(f"bench {entity}", (step,), currency="EUR", date_order="dmy"), {path.name: path}
        )
        figures.append(_rate(f"import {entity}, with checks and keys", ROWS, watch, failed=report.failed))
        assert report.id is not None
        undone.append((entity, report.id, ROWS - report.failed))
    for entity, number, rows in reversed(undone):
        watch = Watch()
        undo_import(actor, number)
        figures.append(_rate(f"undo of the {entity} import", rows, watch))
    return figures


def _export(actor: Actor) -> Figure:
    """100,000 contacts as CSV against reading the bare rows with nothing made of them."""
    with session.reading_engine().connect().execution_options(system=True) as connection:
        watch = Watch()
        rows = len(connection.execute(text("SELECT * FROM contacts")).all())
        bare, _ = watch.seconds()
    with reading(actor) as open_session:
        watch = Watch()
        size = sum(len(block) for block in export_csv(open_session, "contact"))
        cpu, wall = watch.seconds()
    note = f"{rows:,} rows, {size / 2**20:.0f} MB, {rows / cpu:,.0f} rows/s, {wall:.1f} s on the wall"
    return Figure("export of contacts / bare SQL read", cpu / bare, "×", most=3, note=note)


def _segments(actor: Actor) -> Figure:
    """The slowest living segment of the large company, counted over its 100,000 contacts."""
    with reading(actor) as open_session:
        taken = {}
        for one in open_session.scalars(select(Segment)).all():
            watch = Watch()
            n = count_segment(open_session, one)
            taken[one.name] = (watch.seconds()[1] * 1000, n)
    name, (slowest, n) = max(taken.items(), key=lambda item: item[1][0])
    note = f"{name}: {n:,} contacts; the slowest of {len(taken)}"
    return Figure("living segment over 100,000 contacts", slowest, "ms", most=1000, note=note)


def _list_seconds(actor: Actor, entity: str, sort: str) -> float:
    taken = []
    for at in range(41):
        watch = Watch()
        with reading(actor) as open_session:
            list_rows(open_session, entity, sort=sort, descending=bool(at % 2))
        taken.append(watch.seconds()[0])
    return median(taken[1:])


def _on(database: Path, measure: Callable[[Actor], float]) -> float:
    session.configure(f"sqlite:///{database}")
    return measure(_administrator())


def measure_rates(small: Path, large: Path, folder: Path) -> list[Figure]:
    """In this process, on the two databases given, which it changes."""
    figures = []
    for entity, sort, words in _LISTS:
        few = _on(small, lambda actor, e=entity, by=sort: _list_seconds(actor, e, by))
        many = _on(large, lambda actor, e=entity, by=sort: _list_seconds(actor, e, by))
        note = f"{few * 1000:.1f} ms and {many * 1000:.1f} ms a page"
        figures.append(Figure(f"list of {words}", many / few, "×", most=1.3, note=note))
    actor = _administrator()
    figures.append(_segments(actor))
    figures.append(_export(actor))
    figures += _imports(actor, folder)
    session.configure(None)
    return figures
