"""What customers of the sample company write to service, and what they are answered."""

from __future__ import annotations

from typing import NamedTuple

from crm.sample.written import written


class Complaint(NamedTuple):
    """A case as the customer puts it: ``{unit}`` is the machine, ``{who}`` the first name of whoever asks."""

    kind: str
    subject: str
    text: str
    answer: str
    solution: str


#: By the part that failed, and without a failure behind it.
BY_PART = written("service", "by_part", dict[str, tuple[Complaint, ...]])
OTHERS = written("service", "others", tuple[Complaint, ...])
CUSTOMER_AGAIN = written("service", "customer_again", tuple[str, ...])
NOTES = written("service", "notes", tuple[str, ...])
#: Beside a good and a bad mark; empty where nothing was said.
PRAISE = written("service", "praise", tuple[str, ...])
BLAME = written("service", "blame", tuple[str, ...])
