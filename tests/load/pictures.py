"""``make pictures``: every screen of the small sample company, light, dark and on a phone, into ``docs/pictures``."""

import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from crm.clock import today
from crm.service.wear import job as wear_job
from crm.work import SYSTEM
from db.session import configure
from tests.load.server import ROOT, crm, serving

OUT = ROOT / "docs" / "pictures"
MODES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
MANAGER, ADMINISTRATOR = "helene.brandt@brewandberg.example", "ingrid.solheim@brewandberg.example"
AGENT, TECHNICIAN = "amira.haddad@brewandberg.example", "minh.nguyen@brewandberg.example"
MARKETER = "lucas.moreau@brewandberg.example"
SCREENS = {
    "sign_in": ("/sign-in", None), "my_day": ("/", MANAGER), "tasks": ("/tasks", MANAGER), "inbox": ("/inbox", MANAGER),
    "contacts": ("/contacts", MANAGER),
    "contact": ("/contact?id=5", MANAGER), "organisations": ("/organisations", MANAGER),
    "organisation": ("/organisation?id=5", MANAGER), "products": ("/products", MANAGER), "product": ("/product?id=5", MANAGER),
    "categories": ("/categories", MANAGER), "category": ("/category?id=2", MANAGER),
    "orders": ("/orders", MANAGER), "order": ("/order?id=5", MANAGER),
    "pipeline": ("/pipeline", MANAGER), "deal": ("/deal?id=590", MANAGER), "leads": ("/leads", MANAGER),
    "sales": ("/sales", MANAGER), "forecast": ("/forecast", MANAGER), "import_data": ("/import_data", ADMINISTRATOR),
    "cases": ("/cases", AGENT), "case": ("/case?id=170", AGENT),
    "queue": ("/cases?cases_view=My+queue&cases_queue_case=177", AGENT), "equipment_list": ("/equipment_list", AGENT),
    "equipment": ("/equipment?id=20", AGENT), "work_orders": ("/work_orders", TECHNICIAN),
    "work_order": ("/work_order?id=205", TECHNICIAN),
    "technicians": (f"/work_orders?work_orders_view=By+technician&work_orders_day={today() + timedelta(days=1)}", AGENT),
    "contracts": ("/contracts", AGENT), "maintenance_plans": ("/maintenance_plans", AGENT), "wear": ("/wear", MANAGER),
    "service": ("/service", MANAGER), "campaigns": ("/campaigns", MARKETER), "campaign": ("/campaign?id=1&tab=result", MARKETER),
    "segments": ("/segments", MARKETER), "segment": ("/segment?id=1", MARKETER), "templates": ("/templates", MARKETER),
    "template": ("/template?id=1", MARKETER), "web_forms": ("/web_forms", MARKETER), "web_form": ("/web_form?id=1", MARKETER),
    "form": ("/forms/service", None), "social": ("/social", MARKETER), "marketing": ("/marketing", MANAGER),
    "imports": ("/imports", ADMINISTRATOR), "people": ("/people", ADMINISTRATOR), "settings": ("/settings", ADMINISTRATOR),
    "tokens": ("/tokens", ADMINISTRATOR),
}  # fmt: skip
#: What a screen shows while it still works.
BUSY = "[data-testid=stStatusWidget], [data-testid=stSkeleton]"


PROFILE = """
[import]
name = "Customers of the fair"
[[step]]
file = "fair.csv"
entity = "contact"
key = "email"
columns = { "Full name" = "name", "E-mail" = "email", Company = "organisation_id", Town = "city" }
lookup.organisation_id = { missing = "create" }
"""
ROWS = """Full name;E-mail;Company;Town;Since
Maja Zupan;maja.zupan@kavarna.example;Kavarna Zupan;Ljubljana;12.03.2026
Petr Novák;petr.novak@dilna.example;Dílna Novák s.r.o.;Brno;02.11.2025
Liza Cruz;liza.cruz@kape.example;Kape Cruz;Cebu;21.06.2026
Søren Holm;not an address;Holm & Søn ApS;Aarhus;30.01.2026
"""

LETTERS = (
    ("Petr Novák <petr.novak@dilna.example>", "A grinder for our workshop", "Good morning,\n\nwe roast for three shops and need "
     "a grinder that does 20 kg an hour. Could you call me this week? The room is on the picture.\n\nPetr Novák\nDílna Novák"),
    ("{known}", "Descaling", "Hello, how often should we descale now that the water has changed?\n\n"
     "On Mon, 2 Mar 2026 at 09:12, Brew & Berg <hello@brewandberg.example> wrote:\n> Your filter was replaced.\n> See you soon"),
    ("newsletter-desk@fair.example", "Stand 14", "Your stand is confirmed. Shall we print your logo on the badge?"),
)  # fmt: skip


def write_letters(folder: Path, known: str) -> Path:
    """Messages that wait in the inbox, one with a picture."""
    letters = folder / "letters"
    letters.mkdir()
    for number, (sender, subject, text) in enumerate(LETTERS):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = (
            sender.format(known=known),
            "hello@brewandberg.example",
            subject,
        )
        message["Message-ID"] = f"<{number}@letters.example>"
        message.set_content(text)
        if not number:
            picture = (ROOT / "static" / "favicon.svg").read_bytes()
            message.add_attachment(picture, maintype="image", subtype="svg+xml", filename="room.svg")
        (letters / f"{number}.eml").write_bytes(bytes(message))
    return letters


def prepare(database: Path, folder: Path) -> Path:
    """A forecast and what fails next to show, and one import in the journal; gives the file for the wizard."""
    file = folder / "fair.csv"
    file.write_text(ROWS, encoding="utf-8")
    (folder / "fair.toml").write_text(PROFILE, encoding="utf-8")
    crm(database, "forecast", "--series", "won", "--horizon", "12")
    # The clock's own jobs are off while the server is looked at.
    configure(f"sqlite:///{database}")
    wear_job.run(SYSTEM, {"job_id": 0}, lambda *_: None)
    configure(None)
    # One of its rows cannot be stored, on purpose: 3 says so.
    crm(database, "import", str(folder / "fair.toml"), "--data", str(folder), fine=(0, 3))
    with closing(sqlite3.connect(database)) as connection:
        known = connection.execute("SELECT email FROM contacts WHERE id = 5").fetchone()[0]
    crm(database, "mail", "read", str(write_letters(folder, known)))
    for name, more in (
        ("Web shop", ["--write", "--only", "order,contact"]),
        ("Monthly figures", ["--days", "10"]),
    ):
        crm(database, "token", "make", "--email", ADMINISTRATOR, "--name", name, *more)
    return file


def take(browser: Browser, base: str, cookie: str | None, name: str, mode: str, file: Path) -> None:
    """One picture of one screen; the wizard is shown with a file in it."""
    # The policy of the app's page forbids what Playwright waits by.
    context = browser.new_context(**MODES[mode], bypass_csp=True)
    if cookie:
        context.add_cookies([{"name": "rapport_session", "value": cookie, "url": base}])
    page = context.new_page()
    page.goto(base + SCREENS[name][0])
    page.wait_for_timeout(1500)
    if name == "import_data":
        page.set_input_files("input[type=file]", file)
        page.get_by_role("button", name="Read the file").click()
        page.get_by_text("Which column goes where?").wait_for()
    page.wait_for_function(f"!document.querySelector('{BUSY}')", timeout=60_000)
    page.wait_for_timeout(1200)
    page.screenshot(path=OUT / f"{name}-{mode}.png")
    context.close()


def main() -> None:
    """Serve the sample with a forecast already computed, and look at the screens named, or at all."""
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or list(SCREENS)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving("small", Path(folder)) as server,
        sync_playwright() as play,
    ):
        file = prepare(server.database, Path(folder))
        cookies = {
            person: server.sign_in(person) for person in (MANAGER, ADMINISTRATOR, AGENT, TECHNICIAN, MARKETER)
        }
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for name in wanted:
            person = SCREENS[name][1]
            for mode in MODES:
                take(
                    browser,
                    f"http://127.0.0.1:{server.port}",
                    cookies[person] if person else None,
                    name,
                    mode,
                    file,
                )
        browser.close()


if __name__ == "__main__":
    main()
