"""The rules of campaigns, their arms and members, and of consent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from crm.campaigns.runs.member_files import settle_members
from crm.errors import Problem
from crm.i18n import N_, _
from crm.records.rules import Draft, Facts, Road, Rules, take_currency
from crm.records.writing.bulk import among, known
from crm.records.writing.writer import Writer
from db.models import Campaign, CampaignArm, CampaignMember

#: What the draw rests on; it stays while members are drawn.
FIXED_BY_DRAW = ("segment_id", "channel", "purpose", "cap_messages", "cap_days")
_BY_BUTTON = N_("Plan, start, pause and close a campaign with the buttons of its page.")


class CampaignRules(Rules):
    """A campaign is a draft until its members are drawn; a file may bring one that is over, without a draw of ours."""

    def complete(self, draft: Draft, facts: Facts) -> None:
        row = draft.row
        # What its members bring in counts in it, also while it costs nothing.
        row["currency"] = row["currency"] or facts.road.currency

    def problems(self, draft: Draft, facts: Facts) -> None:
        row, drawn = draft.row, draft.old("drawn_at") is not None
        if row["starts_on"] and row["ends_on"] and row["ends_on"] < row["starts_on"]:
            draft.refuse("ends_on", _("The campaign ends before it starts. Choose a later end."))
        if row["status"] != (draft.old("status") or "draft"):
            if row["status"] == "closed" and facts.road.is_file and not drawn:
                # A later file of the same program may say how a campaign of an earlier one ended.
                came = draft.is_new or draft.old("import_id") is not None
                draft.tell(_("closed before it came in") if came else _("closed in another program"))
            else:
                draft.refuse("status", _(_BY_BUTTON))
        for name in FIXED_BY_DRAW if drawn else ():
            if draft.moved(name):
                draft.refuse(name, _("The members are drawn already. Take the draw back, then change this."))

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: Facts) -> None:
        """Members that came before the file said that the campaign is over were sent their message."""
        closed = (d.row["id"] for d in drafts if not d.is_new and d.moved("status"))
        settle_members(writer, closed)


@dataclass(slots=True)
class _Drawn(Facts):
    """The campaigns with whether their members are drawn, and by campaign and name (contact) the arm (member) it has."""

    by_id: dict[int, dict[str, Any]]
    taken: dict[tuple[int, Any], int]


class ArmRules(Rules):
    """An arm stands once in its campaign and changes only before the draw."""

    cls: type[Any] = CampaignArm
    #: What stands once in a campaign, and what the draw fixes beside it.
    once: str = "name"
    fixed: tuple[str, ...] = ("is_control", "share")
    drawn = N_("The members are drawn already. Take the draw back, then change arms.")
    double = N_("The campaign has an arm of this name already. Choose another name.")

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Drawn:
        session = road.work.session
        ids = {d.row["campaign_id"] for d in drafts} | {d.old("campaign_id") for d in drafts}
        campaigns = known(session, Campaign, ids, "drawn_at", "currency")
        wanted = sorted({d.row[self.once] for d in drafts if d.has(self.once, "campaign_id")} - {None})
        of, once = self.cls.campaign_id, getattr(self.cls, self.once)
        asked = select(self.cls.id, of, once).where(
            among(session, of, sorted(campaigns)), among(session, once, wanted)
        )
        found = session.execute(asked) if campaigns and wanted else ()
        return _Drawn(road, campaigns, {(campaign, value): record for record, campaign, value in found})

    def problems(self, draft: Draft, facts: _Drawn) -> None:
        if draft.row["campaign_id"] not in facts.by_id:
            text = _("There is no such campaign, or it is not yours to see. Choose a campaign.")
            draft.refuse("campaign_id", text)
        its = {draft.row["campaign_id"], draft.old("campaign_id")} & facts.by_id.keys()
        fixed = any(map(draft.moved, ("campaign_id", self.once, *self.fixed)))
        if fixed and any(facts.by_id[campaign]["drawn_at"] is not None for campaign in its):
            draft.refuse("campaign_id", _(self.drawn))

    def together(self, drafts: Sequence[Draft], facts: _Drawn) -> Iterable[tuple[Draft, Problem]]:
        for draft in drafts:
            if not draft.has(self.once, "campaign_id"):
                continue
            key, mine = (draft.row["campaign_id"], draft.row[self.once]), draft.row.get("id")
            if key in facts.taken and facts.taken[key] != mine:
                yield draft, Problem(self.once, _(self.double))
            else:
                facts.taken[key] = mine or 0


class MemberRules(ArmRules):
    """A member counts in its campaign's currency; its arm and what is said of it follow once all members are there."""

    cls = CampaignMember
    once = "contact_id"
    fixed = ("arm",)
    drawn = N_("The members are drawn already. Take the draw back, then change members.")
    double = N_("This contact is a member of the campaign already. Change that member instead.")

    def complete(self, draft: Draft, facts: _Drawn) -> None:
        campaign = facts.by_id.get(draft.row["campaign_id"])
        if campaign is not None:
            take_currency(draft, campaign["currency"], facts.road, "revenue_minor")

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: _Drawn) -> None:
        # A file that changes members need not name their campaign.
        settle_members(writer, {d.row["campaign_id"] for d in drafts if not d.is_new})

    def finish(self, writer: Writer, parents: Mapping[str, set[int]]) -> Iterable[str]:
        settle_members(writer, parents.get("campaign_id", ()))
        return ()


class ConsentRules(Rules):
    """Consent is added and never changed: it holds from a time that has come, and who took it down stands beside it."""

    def complete(self, draft: Draft, facts: Facts) -> None:
        row, work = draft.row, facts.road.work
        if draft.is_new:
            # Nobody has agreed by leaving it blank.
            row["state"] = row["state"] if draft.has("state") else None
            row["user_id"] = work.actor.user_id
            row["at"] = row["at"] if draft.has("at") else work.now

    def problems(self, draft: Draft, facts: Facts) -> None:
        row = draft.row
        if not draft.is_new:
            text = _("Consent is never changed. Take down what the contact says now as a new entry.")
            draft.refuse(min(draft.given, default="state"), text)
            return
        if facts.road.is_to_come(row["at"]):
            draft.refuse("at", _("Consent holds from a time that has come. Choose an earlier time."))
        if row["state"] == "given" and row["source"] is None:
            if facts.road.is_file:
                draft.tell(_("consent given, nobody knows where"))
            else:
                draft.refuse("source", _("Say where consent was given, for example “Phone call”."))
