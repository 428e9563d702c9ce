"""The reports on deals: tables with the sentence that says how each is computed.

Won value everywhere is the amount of deals with status won, by the day they were closed; archived deals are
left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from crm.analytics.intervals import spread_of, wilson
from crm.i18n import _
from crm.pipeline.reports import report_facts as facts
from crm.pipeline.reports.report_formulas import formula
from crm.reporting.book import Book, open_book
from crm.reporting.report import Names, Report, SalesFilter, names
from db.scope import ScopedSession

#: Outside these months gaps are not filled: such a day is mistyped, and would bring thousands of empty months.
FILLED_FROM, FILLED_TO = "1900-01", "2199-12"


def won_by_month(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Won value and deals per month of closing; a month without a won deal between others is zero."""
    book = open_book(session)
    won = facts.closed_deals(session, book, chosen, ["month"], statuses=["won"])
    dated = won[won["year"].notna()]
    rows = pd.DataFrame(
        {
            "month": [
                f"{int(y):04d}-{int(m):02d}" for y, m in zip(dated["year"], dated["month"], strict=True)
            ],
            "deals": dated["deals"],
            "value_minor": dated["value_minor"],
        }
    ).sort_values("month", ignore_index=True)
    if len(rows) and rows["month"].between(FILLED_FROM, FILLED_TO).all():
        every = pd.period_range(rows["month"].iloc[0], rows["month"].iloc[-1], freq="M").strftime("%Y-%m")
        rows = rows.set_index("month").reindex(every, fill_value=0).rename_axis("month").reset_index()
    return _report("won-by-month", book, chosen, rows, undated=won[won["year"].isna()])


def won_by_quarter(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Won value and deals per calendar quarter of closing."""
    monthly = won_by_month(session, chosen)
    months = monthly.rows["month"].astype(str)
    quarter = months.str[:4] + "-Q" + ((months.str[5:].astype(int) + 2) // 3).astype(str)
    rows = (
        monthly.rows.assign(quarter=quarter)
        .groupby("quarter", as_index=False)[["deals", "value_minor"]]
        .sum()
    )
    return Report(
        "won-by-quarter",
        formula("won-by-quarter"),
        monthly.book,
        chosen,
        monthly.n,
        rows,
        monthly.summary,
        monthly.notes,
    )


def _report(
    name: str,
    book: Book,
    chosen: SalesFilter,
    rows: pd.DataFrame,
    *,
    undated: pd.DataFrame | None = None,
) -> Report:
    notes = list(book.notes)
    if undated is not None and len(undated):
        without = _("{n} won deals have no closing day; they are counted here only.")
        notes.append(without.format(n=int(undated["deals"].sum())))
        last = dict.fromkeys(rows.columns) | {k: int(undated[k].sum()) for k in ("deals", "value_minor")}
        rows = (
            pd.concat([rows, pd.DataFrame([last])], ignore_index=True) if len(rows) else pd.DataFrame([last])
        )
    n = int(rows["deals"].sum())
    return Report(
        name,
        formula(name),
        book,
        chosen,
        n,
        rows,
        {"deals": n, "value_minor": int(rows["value_minor"].sum())},
        tuple(notes),
    )


def _by_person(
    session: ScopedSession,
    chosen: SalesFilter,
    name: str,
    key: Callable[[Names, int | None, int | None], int | None],
    called: Callable[[Names, int], str],
) -> Report:
    book, known = open_book(session), names(session)
    won = facts.closed_deals(session, book, chosen, ["owner"], statuses=["won"])
    label = name.removeprefix("won-by-")
    rows = ranked(
        won, [key(known, _id(t), _id(o)) for t, o in zip(won["team_id"], won["owner_id"], strict=True)], label
    )
    rows.insert(0, label, [called(known, int(i)) if i is not None else None for i in rows[f"{label}_id"]])
    return _report(name, book, chosen, rows)


def _id(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def ranked(frame: pd.DataFrame, keys: list[int | None], label: str) -> pd.DataFrame:
    """Deals and value by a key given per row, largest value first: ``<label>_id, deals, value_minor``."""
    column = f"{label}_id"
    together = frame[["deals", "value_minor"]].assign(**{column: pd.array(keys, dtype="Int64")})
    rows = together.groupby(column, dropna=False, as_index=False).sum()
    rows = rows.sort_values(["value_minor", "deals"], ascending=False, ignore_index=True, kind="stable")
    return rows.assign(**{column: pd.Series([_id(v) for v in rows[column]], dtype=object)})[
        [column, "deals", "value_minor"]
    ]


def won_by_manager(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Won value per manager of the deal's owner, as the owner reports today."""
    return _by_person(
        session,
        chosen,
        "won-by-manager",
        lambda known, _t, owner: known.manager_of(owner),
        _user_name,
    )


def won_by_team(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Won value per team."""
    return _by_person(
        session, chosen, "won-by-team", Names.team_of, lambda known, i: known.teams.get(i, f"#{i}")
    )


def won_by_agent(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Won value and number of won deals per owner."""
    return _by_person(session, chosen, "won-by-agent", lambda _n, _t, owner: owner, _user_name)


def _user_name(known: Names, user_id: int) -> str:
    person = known.users.get(user_id)
    return person.name if person else f"#{user_id}"


def won_by_product(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Won value per product: a deal's priced lines where it has any, else its amount by main product."""
    book, known = open_book(session), names(session)
    whole = facts.closed_deals(session, book, chosen, ["product"], statuses=["won"], itemised=False)
    if chosen.products:
        whole = whole[whole["product_id"].isin(chosen.products)]
    lines = facts.won_lines(session, book, chosen)
    together = pd.concat([whole[["product_id", "deals", "value_minor"]], lines], ignore_index=True)
    rows = ranked(together, [_id(v) for v in together["product_id"]], "product")
    rows.insert(
        0, "product", [known.products.get(i, f"#{i}") if i is not None else None for i in rows["product_id"]]
    )
    report = _report("won-by-product", book, chosen, rows)
    return report


def win_rate(session: ScopedSession, chosen: SalesFilter, *, by: str = "") -> Report:
    """Won deals among closed ones with their 95 % range; ``by`` source, product or agent, else the whole."""
    book = open_book(session)
    keys = {"source": "source", "product": "product", "agent": "owner"}
    closed = facts.closed_deals(session, book, chosen, ["status", *([keys[by]] if by else [])])
    column = {"source": "source", "product": "product_id", "agent": "owner_id"}.get(by, "")
    known = names(session) if by in ("product", "agent") else Names()
    rows = rates_by(closed, column, label=by or "group", called=lambda v: called_by(known, by, v))
    won, lost = (int(closed.loc[closed["status"] == s, "deals"].sum()) for s in ("won", "lost"))
    whole = wilson(won, won + lost)
    summary = {"won": won, "lost": lost, "win_rate": whole.share, "low": whole.low, "high": whole.high}
    name = f"win-rate-by-{by}" if by else "win-rate"
    return Report(name, formula("win-rate"), book, chosen, won + lost, rows, summary, book.notes)


def called_by(known: Names, by: str, value: Any) -> str | None:
    """What a group of a win rate is called; None where deals have none."""
    if value is None or pd.isna(value) or value == "":
        return None
    if by == "product":
        return known.products.get(int(value), f"#{int(value)}")
    return _user_name(known, int(value)) if by == "agent" else str(value)


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
            found.append(
                (
                    named,
                    None if pd.isna(key) else key,
                    int(won),
                    int(lost),
                    share.share,
                    share.low,
                    share.high,
                )
            )
    rows = pd.DataFrame(found, columns=[label, "key", "won", "lost", "win_rate", "low", "high"])
    rows = rows.astype({"won": "int64", "lost": "int64", "win_rate": float, "low": float, "high": float})
    return rows.sort_values("win_rate", ascending=False, ignore_index=True, kind="stable")


def cycle_time(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Days from opening to closing of won deals: mean, median, quartiles."""
    book = open_book(session)
    rows = facts.cycle_days(session, chosen)
    spread = spread_of(rows["days"].tolist(), rows["deals"].tolist())
    summary = {
        "mean_days": spread.mean,
        "median_days": spread.median,
        "lower_quartile_days": spread.low_quartile,
        "upper_quartile_days": spread.high_quartile,
    }
    return Report("cycle-time", formula("cycle-time"), book, chosen, spread.n, rows, summary)


def average_deal(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Mean amount of a won deal, in all and by team."""
    report = won_by_team(session, chosen)
    rows = report.rows.assign(
        average_minor=(report.rows["value_minor"] / report.rows["deals"]).round().astype("int64")
    )
    mean = round(report.summary["value_minor"] / report.n) if report.n else None
    summary = {**report.summary, "average_minor": mean}
    return Report(
        "average-deal", formula("average-deal"), report.book, chosen, report.n, rows, summary, report.notes
    )
