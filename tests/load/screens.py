"""Server time of every screen against an empty page: same server, same moment, rounds interleaved."""

import asyncio
import random
from collections import defaultdict
from pathlib import Path

from sqlalchemy import create_engine, text

from crm.ui.frame.routes import home, screens
from tests.load.figures import Figure, median, percentile
from tests.load.server import Server
from tests.load.visitor import Answer, Visitor

ADMINISTRATOR = "ingrid.solheim@brewandberg.example"
REP = "jonas.petersen@brewandberg.example"
EMPTY = "only_a_title"
PLAIN = "plain"
#: Slices and dashboards may take longer than lists, boards and records.
DASHBOARDS = frozenset({"sales", "forecast", "service", "marketing", "wear"})
#: The table whose rows a record screen shows.
RECORDS = {
    "contact": "contacts", "organisation": "organisations", "deal": "deals", "product": "products", "case": "cases",
    "equipment": "equipment", "work_order": "work_orders", "segment": "segments", "campaign": "campaigns",
    "template": "message_templates", "web_form": "web_forms",
}  # fmt: skip
#: Streamlit collects garbage after each run; the next measurement must not pay for it.
_REST = 0.12


class Times:
    """What was seen of each screen over all rounds."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.statements: dict[str, list[int]] = defaultdict(list)
        self.seconds: dict[str, list[float]] = defaultdict(list)


def _ids(database: Path, count: int) -> dict[str, list[int]]:
    """Records to open, drawn over the whole table."""
    engine = create_engine(f"sqlite:///{database}")
    rng = random.Random(1)
    with engine.connect() as connection:
        highest = {
            name: connection.scalar(text(f"SELECT max(id) FROM {table}")) for name, table in RECORDS.items()
        }
    engine.dispose()
    return {name: [rng.randint(1, most or 1) for _ in range(count)] for name, most in highest.items()}


async def _visit(server: Server, plain_port: int, email: str, rounds: int, names: list[str]) -> Times:
    records = _ids(server.database, rounds + 1)
    times = Times()
    rng = random.Random(2)
    own = Visitor(server.port, server.sign_in(email))
    async with own as person, Visitor(plain_port, "") as elsewhere:
        for number in range(rounds + 1):
            order = [EMPTY, PLAIN, *names]
            rng.shuffle(order)
            for name in order:
                mark = f"{name}:{number}"
                query = f"mark={mark}"
                if name in records:
                    query += f"&id={records[name][number]}"
                visitor = elsewhere if name == PLAIN else person
                answer = await visitor.open("" if name in (PLAIN, home()) else name, query)
                # The first round loads modules and fills caches; screens are measured warm.
                if number:
                    times.answers[name].append(answer)
                await asyncio.sleep(_REST)
    for run in server.runs():
        name, _, number = run["mark"].partition(":")
        if number not in ("", "0"):
            times.statements[name].append(run["statements"])
            times.seconds[name].append(run["seconds"])
    return times


def measure_screens(
    server: Server, plain_port: int, *, rounds: int = 25, email: str = ADMINISTRATOR
) -> list[Figure]:
    """Every screen of the menu and every record screen, as one person sees them."""
    names = list(screens())
    times = asyncio.run(_visit(server, plain_port, email, rounds, names))
    empty = [a.seconds for a in times.answers[EMPTY]]
    plain = [a.seconds for a in times.answers[PLAIN]]
    figures = [
        Figure(words, median(seen) * 1000, "ms", note=f"p95 {percentile(seen, 0.95) * 1000:.0f} ms")
        for words, seen in (("Rapport with only a title", empty), ("Streamlit with only a title", plain))
    ]
    for name in names:
        answers = times.answers[name]
        taken = [a.seconds for a in answers]
        ratio = percentile(taken, 0.95) / percentile(plain, 0.95)
        counts = times.statements[name]
        problems = sorted({p for a in answers for p in a.problems})
        note = (
            f"median {median(taken) * 1000:.0f} ms, {median(taken) / median(plain):.2f}× Streamlit's empty page, "
            f"{median(taken) / median(empty):.2f}× ours; script {median(times.seconds[name]) * 1000:.0f} ms, "
            f"{median([a.kilobytes for a in answers]):.0f} kB"
        )
        note += f"; SHOWS A PROBLEM: {problems[0][:80]}" if problems else ""
        most = 3 if name in DASHBOARDS else 2
        figures.append(Figure(f"screen {name}, p95 / empty page", ratio, "×", most=most, note=note))
        # Record screens differ by record, so that what counts is that the number does not follow the rows shown.
        figures.append(
            Figure(f"screen {name}, SQL statements", max(counts), "", note=f"fewest {min(counts)}")
        )
    return figures
