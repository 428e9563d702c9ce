"""The reports on deals: tables with the sentence that says how each is computed.

Won value everywhere is the worth of deals with status won, by the day they were closed; archived deals are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from crm.analytics.intervals import spread_of, wilson
from crm.i18n import _, ngettext
from crm.pipeline.reports import report_facts as facts
from crm.pipeline.reports.report_changes import changed_notes
from crm.pipeline.reports.report_formulas import formula
from crm.reporting.book import Book, open_book
from crm.reporting.catalogue import report
from crm.reporting.report import Names, Report, SalesFilter, names
from db.scope import ScopedSession

#: Outside these months gaps are not filled: such a day is mistyped, and would bring thousands of empty months.
FILLED_FROM, FILLED_TO = "1900-01", "2199-12"


@report("won-by-month", "Won value by month of closing", by="month")
@report("won-by-quarter", "Won value by quarter of closing", by="quarter")
def won_by_time(session: ScopedSession, chosen: SalesFilter, *, by: str) -> Report:
    """Won value and deals per month or quarter of closing; one without a won deal between others is zero.

    Deals without a closing day stand in a row of their own, and are named.
    """
    book = open_book(session)
    won = facts.closed_deals(session, book, chosen, ["month"], statuses=["won"])
    dated = won[won["year"].notna()]
    months = [f"{int(y):04d}-{int(m):02d}" for y, m in zip(dated["year"], dated["month"], strict=True)]
    rows = dated.assign(month=pd.Series(months, index=dated.index, dtype=object))
    rows = rows[["month", "deals", "value_minor"]].sort_values("month", ignore_index=True)
    if len(rows) and rows["month"].between(FILLED_FROM, FILLED_TO).all():
        every = pd.period_range(rows["month"].iloc[0], rows["month"].iloc[-1], freq="M").strftime("%Y-%m")
        rows = rows.set_index("month").reindex(every, fill_value=0).rename_axis("month").reset_index()
    if by == "quarter":
        firsts = [date(int(month[:4]), int(month[5:]), 1) for month in rows.pop("month")]
        quarters = [book.calendar.quarter_name(first) for first in firsts]
        rows.insert(0, by, pd.Series(quarters, dtype=object))
        rows = rows.groupby(by, as_index=False).sum()
    said = []
    undated = won.loc[won["year"].isna(), ["deals", "value_minor"]].assign(**{by: None})
    if len(undated):
        said.append(without_day(int(undated["deals"].sum())))
        rows = pd.concat([rows, undated[list(rows.columns)]], ignore_index=True) if len(rows) else undated
    return _won(session, f"won-by-{by}", book, chosen, rows[[by, "deals", "value_minor"]], *said)


def without_day(count: int) -> str:
    """That won deals lie in no period, because nobody entered the day they were closed."""
    text = ngettext(
        "{n} won deal has no closing day; it is counted apart, in no month.",
        "{n} won deals have no closing day; they are counted apart, in no month.",
        count,
    )
    return text.format(n=count)


def without_period(count: int) -> str:
    """That won deals lie outside all days asked for, because nobody entered the day they were closed."""
    text = ngettext(
        "{n} won deal has no closing day, so it lies in no period.",
        "{n} won deals have no closing day, so they lie in no period.",
        count,
    )
    return text.format(n=count)


def _won(
    session: ScopedSession, name: str, book: Book, chosen: SalesFilter, rows: pd.DataFrame, *said: str
) -> Report:
    n, value = int(rows["deals"].sum()), int(rows["value_minor"].sum())
    summary = {"deals": n, "value_minor": value}
    if chosen.start or chosen.end:
        _last, count = facts.last_closed(session, chosen, book.today)
        said = (*said, *([without_period(count)] if count else []))
    changed = changed_notes(session, book, chosen)
    notes = (*book.notes, *said, *changed)
    return Report(name, formula(name), book, chosen, n, rows, summary, notes)


def owners_manager(known: Names, _team: int | None, owner: int | None) -> int | None:
    """The manager of a deal's owner, as the owner reports today."""
    return known.manager_of(owner)


def deals_owner(_known: Names, _team: int | None, owner: int | None) -> int | None:
    """A deal's owner."""
    return owner


Key = Callable[[Names, int | None, int | None], int | None]


@report("won-by-manager", "Won value by the owner's manager", label="manager", key=owners_manager)
@report("won-by-team", "Won value by team", label="team", key=Names.team_of)
@report("won-by-agent", "Won value and deals by owner", label="agent", key=deals_owner)
def won_by_person(session: ScopedSession, chosen: SalesFilter, *, label: str, key: Key) -> Report:
    """Won value and number of won deals per owner, per owner's manager or per team."""
    book, known = open_book(session), names(session)
    won = facts.closed_deals(session, book, chosen, ["owner"], statuses=["won"])
    rows = keyed(won, known, label, key).drop(columns="priced")
    return _won(session, f"won-by-{label}", book, chosen, rows)


def keyed(won: pd.DataFrame, known: Names, label: str, key: Key) -> pd.DataFrame:
    """Won deals by what their team and owner lead to: ``<label>, <label>_id, deals, priced, value_minor``."""
    keys = [key(known, _id(t), _id(o)) for t, o in zip(won["team_id"], won["owner_id"], strict=True)]
    return ranked(won, keys, label, known.teams if label == "team" else known.people)


def _id(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def ranked(frame: pd.DataFrame, keys: list[int | None], label: str, called: dict[int, str]) -> pd.DataFrame:
    """Deals and value by a key given per row, largest first: ``<label>, <label>_id, deals, priced, value_minor``."""
    column = f"{label}_id"
    together = frame[["deals", "priced", "value_minor"]].assign(**{column: pd.array(keys, dtype="Int64")})
    rows = together.groupby(column, dropna=False, as_index=False).sum()
    rows = rows.sort_values(["value_minor", "deals"], ascending=False, ignore_index=True, kind="stable")
    ids = [_id(v) for v in rows[column]]
    rows[column] = pd.Series(ids, dtype=object)
    rows.insert(0, label, [None if i is None else called.get(i, f"#{i}") for i in ids])
    return rows[[label, column, "deals", "priced", "value_minor"]]


@report("won-by-product", "Won value by product")
def won_by_product(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Won value per product: that of a deal is divided among the products of its lines, or is its main product's.

    A deal of two products counts under both, and once in all.
    """
    book, known = open_book(session), names(session)
    won = facts.closed_deals(session, book, chosen, ["product"], statuses=["won"])
    rows = ranked(won, [_id(v) for v in won["product_id"]], "product", known.products).drop(columns="priced")
    whole = facts.closed_deals(session, book, chosen, statuses=["won"])
    made = _won(session, "won-by-product", book, chosen, rows)
    n = int(whole["deals"].sum())
    return replace(made, n=n, summary={**made.summary, "deals": n})


@report("win-rate", "Won among closed deals with its 95 % interval")
@report("win-rate-by-source", "Win rate by source", by="source")
@report("win-rate-by-product", "Win rate by product", by="product")
@report("win-rate-by-agent", "Win rate by owner", by="agent")
def win_rate(session: ScopedSession, chosen: SalesFilter, *, by: str = "") -> Report:
    """Won deals among closed ones with their 95 % range; ``by`` source, product or agent, else the whole."""
    book = open_book(session)
    key = {"source": "source", "product": "product", "agent": "owner"}.get(by)
    closed = facts.closed_deals(session, book, chosen, ["status", *([key] if key else [])])
    column = {"source": "source", "product": "product_id", "agent": "owner_id"}.get(by, "")
    known = names(session) if by in ("product", "agent") else Names()
    rows = rates_by(closed, column, label=by or "group", called=lambda v: called_by(known, by, v))
    # A deal of two products stands in two rows, and counts once.
    whole = facts.closed_deals(session, book, chosen, ["status"]) if by == "product" else closed
    won, lost = (int(whole.loc[whole["status"] == s, "deals"].sum()) for s in ("won", "lost"))
    share = wilson(won, won + lost)
    summary = {"won": won, "lost": lost, "win_rate": share.share, "low": share.low, "high": share.high}
    name = f"win-rate-by-{by}" if by else "win-rate"
    notes = changed_notes(session, book, chosen)
    return Report(name, formula("win-rate"), book, chosen, won + lost, rows, summary, notes)


def called_by(known: Names, by: str, value: Any) -> str | None:
    """What a group of a win rate is called; None where deals have none."""
    if value is None or pd.isna(value):
        return None
    if by == "source":
        return str(value)
    return (known.products if by == "product" else known.people).get(int(value), f"#{int(value)}")


def rates_by(
    closed: pd.DataFrame, column: str, *, label: str, called: Callable[[Any], str | None]
) -> pd.DataFrame:
    """Win rate per value of a column: ``<label>, key, won, lost, win_rate, low, high``, best first."""
    groups = closed.assign(key=closed[column] if column else "all")
    table = groups.pivot_table(
        index="key", columns="status", values="deals", aggfunc="sum", dropna=False, fill_value=0
    )
    table = table.reindex(columns=["won", "lost"], fill_value=0).fillna(0).astype("int64")
    found = []
    for key, won, lost in zip(table.index, table["won"], table["lost"], strict=True):
        share = wilson(int(won), int(won + lost))
        if share.n:
            named = _("All") if not column else called(key)
            own = None if pd.isna(key) else key
            found.append((named, own, int(won), int(lost), share.share, share.low, share.high))
    rows = pd.DataFrame(found, columns=[label, "key", "won", "lost", "win_rate", "low", "high"])
    rows = rows.astype({"won": "int64", "lost": "int64", "win_rate": float, "low": float, "high": float})
    # Ids beside None would become numbers beside NaN, which is no key of anything.
    rows["key"] = pd.Series([own for _named, own, *_rest in found], dtype=object, index=rows.index)
    return rows.sort_values("win_rate", ascending=False, ignore_index=True, kind="stable")


@report("cycle-time", "Days from opening to closing of won deals")
def cycle_time(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Days from opening to closing of won deals: mean, median, quartiles."""
    rows = facts.cycle_days(session, chosen)
    spread = spread_of(rows["days"].tolist(), rows["deals"].tolist())
    summary = {
        "mean_days": spread.mean,
        "median_days": spread.median,
        "lower_quartile_days": spread.low_quartile,
        "upper_quartile_days": spread.high_quartile,
    }
    return Report("cycle-time", formula("cycle-time"), open_book(session), chosen, spread.n, rows, summary)


@report("average-deal", "Average won deal, in all and by team")
def average_deal(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Mean worth of a won deal, in all and by team; deals without an amount that counts are left out of both sides."""
    book, known = open_book(session), names(session)
    won = facts.closed_deals(session, book, chosen, ["owner"], statuses=["won"])
    rows = keyed(won, known, "team", Names.team_of)
    means = rows["value_minor"].astype(float) / rows["priced"].where(rows["priced"] > 0)
    rows = rows.assign(average_minor=[None if pd.isna(v) else round(v) for v in means])
    n, value, deals = (int(rows[c].sum()) for c in ("priced", "value_minor", "deals"))
    notes = [*changed_notes(session, book, chosen), *book.notes]
    if deals > n:
        text = ngettext(
            "{n} won deal has no amount, or none with a rate; it is left out of the average.",
            "{n} won deals have no amount, or none with a rate; they are left out of the average.",
            deals - n,
        )
        notes.append(text.format(n=deals - n))
    rows = rows.drop(columns="deals").rename(columns={"priced": "deals"})
    summary = {"deals": n, "value_minor": value, "average_minor": round(value / n) if n else None}
    return Report("average-deal", formula("average-deal"), book, chosen, n, rows, summary, tuple(notes))
