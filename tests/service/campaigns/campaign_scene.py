"""A campaign with arms and members for tests of what it brought."""

from datetime import UTC, datetime, timedelta
from typing import Any

from crm.work import SYSTEM, unit_of_work
from db.models import Campaign, CampaignArm, CampaignMember, Contact, Organisation

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def later(days: float = 0, **more: float) -> datetime:
    """So long after the first message."""
    return START + timedelta(days=days, **more)


class Scene:
    """One campaign with arms A, B and Control; ``add`` stores rows as the program, ``member`` reads one again."""

    def __init__(self, arms: dict[str, float] | None = None, **values: Any) -> None:
        given = {
            "name": "Spring", "name_key": "spring", "status": "running", "started_at": START, "drawn_at": START,
            "starts_on": START.date(), "response_days": 10,
        } | values  # fmt: skip
        self.campaign_id: int = self.add(Campaign(**given)).id
        for place, (name, share) in enumerate((arms or {"A": 0.4, "B": 0.4, "Control": 0.2}).items()):
            self.add(
                CampaignArm(
                    campaign_id=self.campaign_id,
                    name=name,
                    share=share,
                    position=place,
                    is_control=name == "Control",
                )
            )

    @staticmethod
    def add(row: Any) -> Any:
        """Store a row as the program; it can be read afterwards."""
        with unit_of_work(SYSTEM) as work:
            work.session.add(row)
            work.session.flush()
            work.session.expunge(row)
        return row

    def join(self, arm: str = "A", *, sent_at: datetime | None = START, firm: str = "", **values: Any) -> Any:
        """One more member; ``firm`` names a new organisation of the contact, or is the id of one."""
        organisation = self.add(Organisation(name=firm, name_key=firm.lower())).id if firm else None
        organisation = values.pop("organisation_id", organisation)
        segment = values.pop("segment", None)
        contact = self.add(Contact(name="Ana", name_key="ana", organisation_id=organisation, segment=segment))
        sent = None if arm == "Control" else sent_at
        state = "control" if arm == "Control" else "sent" if sent else "planned"
        given = {"state": state, "sent_at": sent} | values
        return self.add(CampaignMember(campaign_id=self.campaign_id, contact_id=contact.id, arm=arm, **given))

    def member(self, member: Any) -> dict[str, Any]:
        """What stands on a member now."""
        names = ("responded", "responded_at", "response_by", "converted", "revenue_minor", "currency")
        with unit_of_work(SYSTEM) as work:
            row = work.session.get(CampaignMember, member.id)
            return {name: getattr(row, name) for name in names}

    def fill(self, arm: str, n: int, *, responded: int = 0, converted: int = 0, spend: tuple[int, ...] = (),
             currency: str = "EUR", **values: Any) -> None:  # fmt: skip
        """Many members at once: so many responded, so many of these converted, and the first spent so much each."""
        with unit_of_work(SYSTEM) as work:
            contacts = [Contact(name="Ana", name_key="ana", segment=values.get("segment")) for _ in range(n)]
            work.session.add_all(contacts)
            work.session.flush()
            work.session.add_all(
                CampaignMember(
                    campaign_id=self.campaign_id,
                    contact_id=contact.id,
                    arm=arm,
                    state="control" if arm == "Control" else "sent",
                    sent_at=None if arm == "Control" else START,
                    responded=at < responded,
                    response_by=values.get("by", "order") if at < responded else None,
                    converted=at < converted,
                    revenue_minor=spend[at] if at < len(spend) else 0,
                    currency=currency if at < len(spend) else None,
                )
                for at, contact in enumerate(contacts)
            )
