"""A firm at work on a server that is killed: who writes through which door.

People write by the API and by web forms and have a screen open, a customer's mail lies in a mailbox, letters go out, files are
imported. What was confirmed to whom is noted in ``Told``; ``killed_truth`` compares it with what is stored.
"""

import asyncio
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import update

from crm.access.actors import find_actor
from crm.access.cli import issue_session
from crm.campaigns.forms import forms
from crm.clock import now
from crm.jobs import active_jobs, enqueue, recent_jobs
from crm.jobs.queue import resume_job
from crm.mail.sending.outbox import queue_mail
from crm.work import SYSTEM, unit_of_work
from db.models import Job, Outbox
from db.session import engine
from tests.factories import make, make_people
from tests.load.visitor import Visitor
from tests.nursery import ROOT, Child, Nursery, answers, streamlit_words
from tests.service.keeping.killed_neighbours import import_plan, write_files
from tests.service.mail import mail_letters as letters
from tests.service.mail.mail_scene import Inbox, mail_settings, smtp_server

START_SECONDS = 60
#: On a quiet machine all is done in a few.
REST_SECONDS = 200
CUSTOMER = "ana@kavarna.example"


@dataclass
class Told:
    """What a client was told is stored, by id or by a name that stands once."""

    contacts: set[str] = field(default_factory=set)
    phones: dict[int, str] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    deals: dict[int, int] = field(default_factory=dict)  # with how many lines
    cases: dict[int, int] = field(default_factory=dict)  # with how many replies
    leads: set[str] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)
    mails: set[str] = field(default_factory=set)
    imports: dict[int, str] = field(default_factory=dict)  # by job, the mark of its rows
    screens: int = 0

    def copied(self) -> "Told":
        """As it is now, while others go on."""
        return Told(**{name: copy(value) for name, value in vars(self).items()})

    def count(self) -> int:
        """How many confirmations the server gave."""
        kinds = (self.contacts, self.phones, self.groups, self.deals, self.cases, self.leads)
        return sum(map(len, kinds))


class House:
    """The server, those who use it, and its neighbours; made by ``house``."""

    def __init__(
        self, url: str, folder: Path, nursery: Nursery, mailbox: Any, inbox: Inbox, env: dict[str, str]
    ) -> None:
        self.url, self.folder, self.nursery, self.mailbox, self.inbox = url, folder, nursery, mailbox, inbox
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "server.log"
        self.log.touch()
        self.env = {**os.environ, **env, "CRM_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
        self.told = Told()
        self.refused: list[str] = []
        self.kills = 0
        self.server: Child | None = None
        self.ada = find_actor(make_people()["ada"])
        assert self.ada
        self.customer = make(self.ada, "contact", email=CUSTOMER)["id"]
        self.case = make(self.ada, "case", contact_id=self.customer)
        make(SYSTEM, "web_form", title="Ask us")
        self.form = forms.public_form("ask-us")
        self.cookie = issue_session("ada@example.com")
        self._over, self._is_open = threading.Event(), threading.Event()
        self._number = 0
        self._lock = threading.Lock()
        doors: list[Callable[[], None]] = [
            self._by_api,
            self._by_form,
            self._by_mail,
            self._by_letter,
            self._by_file,
        ]
        self._clients = [threading.Thread(target=self._use, args=(door,)) for door in doors]
        self._clients.append(threading.Thread(target=lambda: asyncio.run(self._look())))

    def start(self) -> None:
        """Start the server as people do, on the same port as before."""
        words = streamlit_words(ROOT / "app.py", self.port)
        self.server = self.nursery.start(*words, env=self.env, output=self.log, own_group=True)

    def wait_until_up(self) -> None:
        """Nobody helps: it has to come up by itself. Then whoever waited goes on."""
        self._wait(lambda: answers(self.port), START_SECONDS, "The server did not come up")
        self._is_open.set()
        for one in self._clients:
            if one.ident is None:
                one.start()

    def work(self, chance: random.Random) -> None:
        """Let all work until a moment of chance: a few times while the server starts, else after confirmations."""
        if chance.random() < 0.2:
            time.sleep(chance.random() * 1.5)
            return
        self.wait_until_up()
        aim = self.told.count() + chance.randint(2, 12)
        self._wait(lambda: self.told.count() >= aim, START_SECONDS, "Nobody was told anything")
        time.sleep(chance.random() * 0.1)

    def kill(self) -> None:
        """Everything of the server ends where it is."""
        assert self.server
        self._is_open.clear()
        self.server.kill_all()
        self.server.wait(20)
        self.kills += 1
        self._a_minute_passes()

    def terminate(self) -> int:
        """End the server in order; gives its exit code."""
        assert self.server
        self._is_open.clear()
        self.server.terminate()
        return self.server.wait(30)

    def rest(self) -> None:
        """Nobody begins anything new; the server finishes what it has, and what failed with its process is tried again."""
        self._over.set()
        for one in self._clients:
            one.join(60)
        self.wait_until_up()
        self.told.mails |= self.mailbox.messages().keys()
        for job in recent_jobs(SYSTEM, limit=1000):
            if job.state in ("failed", "cancelled"):
                resume_job(SYSTEM, job.id)
        enqueue(SYSTEM, "mailbox", {})
        self._wait(self._is_calm, REST_SECONDS, "Work is left")

    def _is_calm(self) -> bool:
        if active_jobs(SYSTEM):
            return False
        with engine().connect().execution_options(system=True, reading=True) as connection:
            waiting = connection.exec_driver_sql(
                "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')"
            )
            return not waiting.scalar()

    def _wait(self, what: Callable[[], bool], seconds: float, why: str) -> None:
        until = time.monotonic() + seconds
        while not what():
            if time.monotonic() > until or (self.server and self.server.poll() is not None):
                raise AssertionError(f"{why}:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.02)

    def _a_minute_passes(self) -> None:
        """What lay with the killed server is free again after a minute; nobody waits for it here."""
        ago = now() - timedelta(minutes=2)
        with engine().execution_options(system=True).begin() as connection:
            connection.execute(update(Job).where(Job.state == "running").values(beat_at=ago))
            connection.execute(update(Outbox).where(Outbox.state == "sending").values(due_at=ago))

    def _use(self, door: Callable[[], None]) -> None:
        while not self._over.is_set():
            # Unheard is not confirmed: it may be stored or not, but never twice. An answer that says no is not expected.
            if self._is_open.wait(0.1):
                try:
                    door()
                except httpx2.HTTPStatusError as error:
                    self.refused.append(
                        f"{error.request.url.path}: {error.response.status_code} {error.response.text[:300]}"
                    )
                except httpx2.TransportError:
                    pass
            self._over.wait(0.02)

    def _next(self) -> int:
        with self._lock:
            self._number += 1
            return self._number

    def _ask(self, method: str, path: str, sender: str = "10.0.0.1", **more: Any) -> Any:
        headers = {"Cookie": f"rapport_session={self.cookie}", "X-Forwarded-For": sender}
        found = httpx2.request(
            method, f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=20, **more
        )
        found.raise_for_status()
        return found

    def _by_api(self) -> None:
        n = self._next()
        made = self._ask("POST", "/api/contact", json={"name": f"Api {n}"}).json()
        self.told.contacts.add(f"Api {n}")
        phone = f"+4930{100000 + n}"
        change = {"values": {"phone": phone}, "version": made["version"]}
        self.told.phones[made["id"]] = self._ask("PATCH", f"/api/contact/{made['id']}", json=change).json()[
            "phone"
        ]
        rows = [{"name": f"Group {n} {one}"} for one in "abc"]
        self._ask("POST", "/api/contact/bulk", json={"rows": rows})
        self.told.groups.add(f"Group {n}")
        deal = self._ask("POST", "/api/deal", json={"title": f"Deal {n}", "currency": "EUR"}).json()
        self.told.deals[deal["id"]] = 0
        for quantity in (1, 2):
            line = {"deal_id": deal["id"], "description": f"Line {quantity}", "quantity": quantity,
                    "unit_price_minor": 1000 + n, "currency": "EUR"}  # fmt: skip
            self._ask("POST", "/api/deal_line", json=line)
            self.told.deals[deal["id"]] += 1
        case = self._ask(
            "POST", "/api/case", json={"subject": f"Case {n}", "contact_id": self.customer}
        ).json()
        self.told.cases[case["id"]] = 0
        self._ask("POST", f"/api/case/{case['id']}/replies", json={"text": f"Reply {n}", "key": f"reply {n}"})
        self.told.cases[case["id"]] = 1

    def _by_form(self) -> None:
        """A stranger sends a form; told nothing, they send the same page again, and it counts once."""
        n = self._next()
        name, sender = f"Form {n}", f"10.1.{n // 250}.{n % 250}"
        token = forms.new_token(self.form, now() - timedelta(seconds=30))
        sent = {"token": token, "f_name": name, "f_email": f"{name.replace(' ', '.').lower()}@example.com"}
        while not self._over.is_set():
            with suppress(httpx2.TransportError):
                # Each from an address of their own: the limit for one sender is another test's.
                self._ask("POST", "/forms/ask-us", sender, data=sent)
                self.told.leads.add(name)
                break
            self._over.wait(0.05)
        self._over.wait(1.2)

    def _by_mail(self) -> None:
        name = f"m{self._next()}"
        content = letters.answer(
            sender=CUSTOMER,
            subject=f"Re: [{self.case['number']}]",
            message_id=f"<{name}>",
            text=f"Words {name}",
        )
        self.mailbox.deliver(name, content)
        if not active_jobs(SYSTEM, kind="mailbox"):
            enqueue(SYSTEM, "mailbox", {})
        self._over.wait(0.5)

    def _by_letter(self) -> None:
        name = f"letter{self._next()}"
        with unit_of_work(SYSTEM) as work:
            queue_mail(work, key=name, to=f"{name}@example.com", subject="Hello", text="Hello")
        self.told.letters.add(name)
        self._over.wait(0.3)

    def _by_file(self) -> None:
        assert self.ada
        if not active_jobs(self.ada, kind="import"):
            mark = f"F{self._next()}"
            job_id = enqueue(
                self.ada,
                "import",
                {"plan": import_plan(mark).as_json(), "files": write_files(self.folder, mark)},
            )
            self.told.imports[job_id] = mark
        self._over.wait(0.1)

    async def _look(self) -> None:
        """A person with a screen open who looks at one after the other."""
        while not self._over.is_set():
            with suppress(Exception):
                async with Visitor(self.port, self.cookie) as visitor:
                    for page in ("my_day", "contacts", "pipeline", "cases"):
                        await visitor.open(page)
                        self.told.screens += 1
                        await asyncio.sleep(0.2)
            await asyncio.sleep(0.05)


@contextmanager
def house(url: str, folder: Path, nursery: Nursery, mailbox: Any, imap: dict[str, str]) -> Iterator[House]:
    """A firm on this database until the block ends; ``url`` is the database of this process too."""
    with ExitStack() as open_:
        inbox = open_.enter_context(smtp_server(Inbox()))
        env = {**mail_settings(inbox.port), **imap, "CRM_SCHEDULE": "true", "CRM_TRUST_PROXY": "true"}
        made = House(url, folder, nursery, mailbox, inbox, env)
        try:
            yield made
        finally:
            made._over.set()
            for one in made._clients:
                if one.is_alive():
                    one.join(60)
            if made.server and made.server.poll() is None:
                made.server.kill_all()
                made.server.wait(20)
