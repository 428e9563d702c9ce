"""What lies beside a server that is killed: a mailbox, and files to import."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from crm.exchange.storing.plan import Plan, Step
from tests.service.inbox import dovecot
from tests.service.mail.imap_server import Mailbox, imap_server

#: Rows of each of the four files of one import.
ROWS = {"o.csv": 60, "c.csv": 120, "d.csv": 60, "l.csv": 120}


def import_plan(mark: str) -> Plan:
    """Customers, their people, deals and lines: each step a transaction of its own, each by its number."""
    by = {"key": ("number",)}
    return Plan(
        f"Files {mark}",
        (
            Step("o.csv", "organisation", {"name": "name", "number": "number"}, **by),
            Step("c.csv", "contact", {"name": "name", "number": "number", "organisation_id": "organisation"}, **by),
            Step("d.csv", "deal", {"title": "name", "number": "number", "organisation_id": "organisation"}, **by),
            Step("l.csv", "deal_line", {"deal_id": "deal", "description": "name", "amount_minor": "amount"},
                 key=("description", "deal_id")),
        ),
        currency="EUR",
    )  # fmt: skip


def write_files(folder: Path, mark: str) -> dict[str, str]:
    """The files of one import; everything in them bears the mark."""
    place = folder / mark
    place.mkdir()
    parents = ROWS["o.csv"]
    for name, rows in ROWS.items():
        lines = ["name,number,organisation,deal,amount"]
        lines += [
            f"{mark} {name[0]}{n},{mark}-{name[0]}{n},{mark}-o{n % parents},{mark}-d{n % parents},{n + 1}.50"
            for n in range(rows)
        ]
        (place / name).write_text("\n".join(lines))
    return {name: str(place / name) for name in ROWS}


class StandIn:
    """A mailbox where no Dovecot can be, with the same two hands."""

    def __init__(self, box: Mailbox) -> None:
        self._box, self._uids = box, {}

    def deliver(self, name: str, content: bytes) -> None:
        self._uids[name] = len(self._uids) + 1
        self._box.messages[self._uids[name]] = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def messages(self) -> dict[str, str]:
        return {name: "S" if uid in self._box.seen else "" for name, uid in self._uids.items()}


@contextmanager
def mailbox(folder: Path) -> Iterator[tuple[Any, dict[str, str]]]:
    """A Dovecot, or a server that speaks as much, and the settings of a program that reads it."""
    with ExitStack() as open_:
        if dovecot.can_run():
            box = open_.enter_context(dovecot.dovecot(folder))
            port = box.port
        else:
            served = open_.enter_context(imap_server())
            box, port = StandIn(served), served.server_address[1]
        told = {"HOST": "127.0.0.1", "PORT": str(port), "USER": "crm", "PASSWORD": "right"}
        yield box, {f"CRM_IMAP_{name}": value for name, value in told.items()}
