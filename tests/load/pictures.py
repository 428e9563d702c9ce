"""``make pictures``: every screen of the small sample company, light, dark and on a phone, into ``docs/pictures``."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.load.server import ROOT, crm, serving

OUT = ROOT / "docs" / "pictures"
MODES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
MANAGER, ADMINISTRATOR = "helene.brandt@brewandberg.example", "ingrid.solheim@brewandberg.example"
SCREENS = {
    "sign_in": ("/sign-in", None), "my_day": ("/", MANAGER), "tasks": ("/tasks", MANAGER), "contacts": ("/contacts", MANAGER),
    "contact": ("/contact?id=5", MANAGER), "organisations": ("/organisations", MANAGER),
    "organisation": ("/organisation?id=5", MANAGER), "products": ("/products", MANAGER), "product": ("/product?id=5", MANAGER),
    "pipeline": ("/pipeline", MANAGER), "deal": ("/deal?id=590", MANAGER), "leads": ("/leads", MANAGER),
    "sales": ("/sales", MANAGER), "forecast": ("/forecast", MANAGER), "import_data": ("/import_data", ADMINISTRATOR),
    "imports": ("/imports", ADMINISTRATOR), "people": ("/people", ADMINISTRATOR), "settings": ("/settings", ADMINISTRATOR),
}  # fmt: skip
#: What a screen shows while it still works.
BUSY = "[data-testid=stStatusWidget], [data-testid=stSkeleton]"


def take(browser: Browser, base: str, cookie: str | None, name: str, mode: str) -> None:
    """One picture of one screen."""
    context = browser.new_context(**MODES[mode])
    if cookie:
        context.add_cookies([{"name": "rapport_session", "value": cookie, "url": base}])
    page = context.new_page()
    page.goto(base + SCREENS[name][0])
    page.wait_for_timeout(1500)
    page.wait_for_function(f"!document.querySelector('{BUSY}')", timeout=60_000)
    page.wait_for_timeout(1200)
    page.screenshot(path=OUT / f"{name}-{mode}.png")
    context.close()


def main() -> None:
    """Serve the sample with a forecast already computed, and look at the screens named, or at all."""
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or [n for n in SCREENS if n == "sign_in" or (ROOT / "pages" / f"{n}.py").exists()]
    with (
        tempfile.TemporaryDirectory() as folder,
        serving("small", Path(folder)) as server,
        sync_playwright() as play,
    ):
        crm(server.database, "forecast", "--series", "won", "--horizon", "12")
        cookies = {person: server.sign_in(person) for person in (MANAGER, ADMINISTRATOR)}
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
                )
        browser.close()


if __name__ == "__main__":
    main()
