"""The six numbers at the top of the sales dashboard, each with its change, line, formula and records."""

from __future__ import annotations

from crm.i18n import _, ngettext
from crm.pipeline.reports.report_dashboard import Dashboard
from crm.pipeline.reports.report_formulas import formula
from crm.ui.dashboards.numbers import Change, explained
from crm.ui.kit import formats, look
from crm.ui.kit.look import Explained
from crm.ui.kit.words import BAD, GOOD, QUIET
from crm.ui.sales.records import titles


def numbers(board: Dashboard) -> list[Explained]:
    """The six numbers, ready to draw."""
    now, then, months = board.now, board.then, board.months
    closed = now.won + now.lost
    currency = board.book.currency
    rate = now.rate
    inside = months[months["inside"] | (months["month"] >= months["month"].iloc[-min(13, len(months))])]
    won_n = ngettext("{n} won deal", "{n} won deals", now.won)
    standing = board.stages[["deals", "list_minor", "weighted_minor"]].sum()
    standing_n = ngettext("{n} open deal", "{n} open deals", int(standing["deals"]))
    share = standing["weighted_minor"] / standing["list_minor"] if standing["list_minor"] else None
    range_text = _("95 % range {low} to {high}.").format(
        low=formats.percent(rate.low, decimals=1), high=formats.percent(rate.high, decimals=1)
    )
    won_spark = (inside["won_minor"] / 100).tolist()
    rates = (inside["won"] / (inside["won"] + inside["lost"])).dropna().tolist()
    averages = (inside["won_minor"] / inside["priced"]).dropna().tolist()
    days = (inside["days"] / inside["timed"]).dropna().tolist()
    return [
        _number(
            board, _("Won value"), formats.short_money(now.won_minor, currency),
            _relative(now.won_minor, then.won_minor if then else None, board),
            spark=won_spark, said=formula("won"), n=now.won, n_text=won_n, show="won",
        ),
        _number(
            board, _("Win rate"), formats.percent(rate.share) if closed else "–",
            _points(rate.share, then.rate.share if then and then.won + then.lost else None) if closed else None,
            spark=rates, said=f"{formula('win-rate')} {range_text if closed else ''}".strip(), n=closed,
            n_text=ngettext("{n} closed deal", "{n} closed deals", closed), show="closed",
        ),
        _number(
            board, _("Average deal"), formats.short_money(now.average_minor, currency) or "–",
            _relative(now.average_minor, then.average_minor if then else None, board),
            spark=averages, said=formula("average-deal"), n=now.priced, show="priced",
            n_text=ngettext("{n} won deal with an amount", "{n} won deals with an amount", now.priced),
        ),
        _number(
            board, _("Days to close"), formats.number(now.mean_days) or "–",
            _days(now.mean_days, then.mean_days if then else None),
            spark=days, said=f"{_('Mean over the won deals.')} {formula('cycle-time')}", n=now.timed,
            n_text=ngettext("{n} won deal", "{n} won deals", now.timed), show="timed",
        ),
        _number(
            board, _("Open pipeline"), formats.short_money(int(standing["list_minor"]), currency),
            _open_change(board), spark=[float(n) for n in inside["open_deals"]],
            said=f"{formula('open-pipeline')} {_('The line shows the number of open deals at the end of each month.')}",
            n=int(standing["deals"]), n_text=standing_n, show="open",
        ),
        _number(
            board, _("Weighted pipeline"), formats.short_money(int(standing["weighted_minor"]), currency),
            None if share is None else (_("{share} of open").format(share=formats.percent(share)), None, QUIET),
            said=formula("open-pipeline"), n=int(standing["deals"]), n_text=standing_n, show="open",
        ),
    ]  # fmt: skip


def _number(
    board: Dashboard,
    label: str,
    value: str,
    change: Change | None,
    *,
    said: str,
    n: int,
    n_text: str,
    show: str,
    spark: list[float] | None = None,
) -> Explained:
    return explained(
        label, value, change, said=said, n=n, n_text=n_text, on=board.book.today, screen="sales", show=titles()[show], spark=spark
    )  # fmt: skip


def _relative(now: float | None, then: float | None, board: Dashboard) -> Change | None:
    left_out = board.now.left_out or (board.then and board.then.left_out)
    if now is None or not then or left_out:
        return None  # a share of sums that leave something out would say nothing
    change = now / then - 1
    return _change(change, formats.percent(abs(change), decimals=1), good=change > 0)


def _points(now: float, then: float | None) -> Change | None:
    if then is None:
        return None
    change = now - then
    text = _("{n} points").format(n=formats.number(abs(change) * 100, decimals=1))
    return _change(change, text, good=change > 0)


def _days(now: float | None, then: float | None) -> Change | None:
    if now is None or then is None:
        return None
    change = now - then
    text = _("{n} days").format(n=formats.number(abs(change), decimals=1))
    return _change(change, text, good=change < 0)


def _open_change(board: Dashboard) -> Change | None:
    """Open deals now against the end of the month before a period that holds today; of another, that they are today's."""
    if board.period.end is not None and board.period.end < board.book.today:
        return _("as of today"), None, QUIET
    outside = board.months[~board.months["inside"]]
    if outside.empty or not len(board.months):
        return None
    change = int(board.months["open_deals"].iloc[-1]) - int(outside["open_deals"].iloc[-1])
    text = ngettext("{n} deal", "{n} deals", abs(change)).format(n=formats.number(abs(change)))
    return text, None if not change else "up" if change > 0 else "down", QUIET


def _change(change: float, text: str, *, good: bool) -> Change:
    if not round(change, 6):
        return _("no change"), None, QUIET
    return text, "up" if change > 0 else "down", GOOD if good else BAD


def show_numbers(board: Dashboard) -> None:
    """Draw the six numbers, two and two."""
    look.kpi_row(numbers(board))
