"""The six numbers at the top of the sales dashboard, each with its change, line, formula and records."""

from __future__ import annotations

from crm.i18n import _, ngettext
from crm.pipeline.reports.report_dashboard import Dashboard
from crm.pipeline.reports.report_formulas import formula
from crm.ui.dashboards.numbers import Change, Numbers, difference, moved, stood
from crm.ui.kit import formats
from crm.ui.kit.look import Explained
from crm.ui.kit.words import QUIET
from crm.ui.sales.records import titles


def numbers(board: Dashboard) -> list[Explained]:
    """The six numbers, ready to draw."""
    now, then, months = board.now, board.then, board.months
    currency = board.book.currency
    inside = months[months["inside"] | (months["month"] >= months["month"].iloc[-min(13, len(months))])]
    won_n = ngettext("{n} won deal", "{n} won deals", now.won)
    standing = board.stages[["deals", "list_minor", "weighted_minor"]].sum()
    standing_n = ngettext("{n} open deal", "{n} open deals", int(standing["deals"]))
    weight = standing["weighted_minor"] / standing["list_minor"] if standing["list_minor"] else None
    number = Numbers("sales", board.book.today, titles())
    won_spark = (inside["won_minor"] / 100).tolist()
    rates = (inside["won"] / (inside["won"] + inside["lost"])).dropna().tolist()
    averages = (inside["won_minor"] / inside["priced"]).dropna().tolist()
    days = (inside["days"] / inside["timed"]).dropna().tolist()
    return [
        number.one(
            _("Won value"), formats.short_money(now.won_minor, currency),
            _relative(now.won_minor, then.won_minor if then else None, board),
            spark=won_spark, said=formula("won"), n=now.won, n_text=won_n, show="won",
        ),
        number.share(
            _("Win rate"), now.rate, then.rate if then else None, spark=rates, said=formula("win-rate"),
            n_text=ngettext("{n} closed deal", "{n} closed deals", now.rate.n), show="closed",
        ),
        number.one(
            _("Average deal"), formats.short_money(now.average_minor, currency) or "–",
            _relative(now.average_minor, then.average_minor if then else None, board),
            spark=averages, said=formula("average-deal"), n=now.priced, show="priced",
            n_text=_("{n} averaged"),
        ),
        number.one(
            _("Days to close"), formats.number(now.mean_days) or "–",
            difference(now.mean_days, then.mean_days if then else None, _("{n} days"), good=-1),
            spark=days, said=f"{_('Mean over the won deals.')} {formula('cycle-time')}", n=now.timed,
            n_text=ngettext("{n} won deal", "{n} won deals", now.timed), show="timed",
        ),
        number.one(
            _("Open pipeline"), formats.short_money(int(standing["list_minor"]), currency),
            _open_change(board), spark=[float(n) for n in inside["open_deals"]],
            said=f"{formula('open-pipeline')} {_('The line shows the number of open deals at the end of each month.')}",
            n=int(standing["deals"]), n_text=standing_n, show="open",
        ),
        number.one(
            _("Weighted pipeline"), formats.short_money(int(standing["weighted_minor"]), currency),
            _weight(board, weight),
            said=formula("open-pipeline"), n=int(standing["deals"]), n_text=standing_n, show="open",
        ),
    ]  # fmt: skip


def _relative(now: float | None, then: float | None, board: Dashboard) -> Change | None:
    left_out = board.now.left_out or (board.then and board.then.left_out)
    if now is None or not then or left_out:
        return None  # a share of sums that leave something out would say nothing
    change = now / then - 1
    return moved(change, formats.percent(abs(change), decimals=1))


def _weight(board: Dashboard, share: float | None) -> Change | None:
    words = _("{share} of open, as of today") if _is_past(board) else _("{share} of open")
    return None if share is None else (words.format(share=formats.percent(share)), None, QUIET)


def _is_past(board: Dashboard) -> bool:
    """Whether the period is over: how much each deal was then worth, nobody wrote down, so open ones are today's."""
    return board.period.end is not None and board.period.end < board.book.today


def _open_change(board: Dashboard) -> Change | None:
    """Open deals now against the end of the compared period; of a period that is over, that they are today's."""
    if _is_past(board):
        return _("as of today"), None, QUIET
    if board.standing is None or board.before is None:
        return None
    return stood(*board.standing, board.before, good=0)
