"""What a post must be before it is planned or published, and what follows from its values."""

from __future__ import annotations

from collections.abc import Set

from crm.campaigns.social.rules import clock_of, full_text, length_on, named, too_long
from crm.clock import zone
from crm.errors import Problem, Refused
from crm.i18n import _
from crm.work import Work
from db.models import SocialAccount, SocialPost
from db.models.campaigns.social import NETWORKS

NETWORK_NAMES = dict(NETWORKS)


def prepare_social_post(work: Work, row: SocialPost, changed: Set[str]) -> None:
    """Fill in and check what follows; a draft may be too long, a planned or published post may not.

    Raises
    ------
    Refused
        A planned post has no account or no time, or its network would not take it.
    """
    row.status, row.kind = row.status or "draft", row.kind or "text"
    if row.status == "published" and row.published_at is None and changed & {"status"}:
        row.published_at = row.planned_at if row.planned_at and row.planned_at <= work.now else work.now
    if row.published_at is not None and (
        "published_at" in changed or "status" in changed or row.weekday is None
    ):
        row.weekday, row.hour = clock_of(row.published_at, zone())
    if not row.title:
        about = {name: getattr(row, name) for name in ("body", "kind", "published_at", "weekday", "hour")}
        row.title = named(about, zone())
    if row.status != "draft" and changed & {"status", "body", "link", "account_id", "planned_at"}:
        _demand(work, row)


def _demand(work: Work, row: SocialPost) -> None:
    problems = []
    account = work.session.get(SocialAccount, row.account_id) if row.account_id else None
    if row.status == "planned":
        if account is None:
            problems.append(Problem("account_id", _("Choose the account on which it will appear.")))
        if row.planned_at is None:
            problems.append(Problem("planned_at", _("Say when it will appear.")))
    if account is not None:
        length = length_on(account.network, full_text(row.body, row.link))
        if why := too_long(length, _(NETWORK_NAMES.get(account.network, account.network))):
            problems.append(Problem("body", why))
    if problems:
        raise Refused(
            _("The post was not stored. {first}").format(first=problems[0].message), problems=problems
        )
