"""The rules of leads."""

from __future__ import annotations

from crm.i18n import _
from crm.records.rules import Draft, Facts, Rules


class LeadRules(Rules):
    """A lead is converted by the button that makes its contact; a file may bring leads that were converted elsewhere."""

    def problems(self, draft: Draft, facts: Facts) -> None:
        if (
            draft.row["status"] != "converted"
            or not draft.moved("status")
            or draft.row["contact_id"] is not None
        ):
            return
        if facts.road.is_file:
            draft.tell(_("converted before it came in"))
        else:
            draft.refuse(
                "status",
                _("This lead has no contact yet. Use Convert: it makes the contact and sets this by itself."),
            )
