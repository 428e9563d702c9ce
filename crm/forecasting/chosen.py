"""Which series of the firm is forecast: won deals or sales lines, of all or of a part."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from crm.errors import Refused
from crm.i18n import N_, _

WON, SALES = "won", "sales"
LABELS = {WON: N_("Won deals"), SALES: N_("Sales lines")}
#: The kind of record whose rights decide who may see the series.
ENTITIES = {WON: "deal", SALES: "order"}
#: Every stored forecast looks this far ahead; screens show its first months.
MONTHS = 18
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class SeriesChoice:
    """A monthly series; a part that is None or empty means all of them. Won deals have no region."""

    kind: str = WON
    team_id: int | None = None
    category_id: int | None = None
    region: str = ""

    def __post_init__(self) -> None:
        if self.kind not in LABELS:
            text = _("There is no series “{name}”. There are: {known}.")
            raise Refused(text.format(name=self.kind, known=", ".join(LABELS)))
        if self.region and self.kind != SALES:
            raise Refused(_("Deals have no region; choose the series of sales lines for that."))

    @property
    def entity(self) -> str:
        """The kind of record it adds up."""
        return ENTITIES[self.kind]

    @property
    def name(self) -> str:
        """What its stored forecasts are filed under, such as ``won;team=3``; at most 120 characters."""
        parts = [self.kind]
        parts += [f"team={self.team_id}"] if self.team_id is not None else []
        parts += [f"category={self.category_id}"] if self.category_id is not None else []
        parts += [f"region={self.region}"] if self.region else []
        text = ";".join(parts)
        if len(text) <= LONGEST_NAME:
            return text
        # A cut name could be that of two regions; a digest of the whole cannot.
        return f"{self.kind};{hashlib.sha256(text.encode()).hexdigest()}"

    def to_args(self) -> dict[str, Any]:
        """Plain values for a job's arguments."""
        return asdict(self)
