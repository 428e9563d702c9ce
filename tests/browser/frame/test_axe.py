"""axe finds nothing serious on the screens of a day, light, dark and on a phone."""

from axe_playwright_python.sync_playwright import Axe

from tests.browser.hands import settled

MANAGER = "helene.brandt@brewandberg.example"
SCREENS = (
    "", "contacts", "contact?id=5", "pipeline", "deal?id=7", "cases?cases_view=My+queue", "case?id=5", "sales", "settings",
)  # fmt: skip


def is_streamlits(rule: str, mode: str, html: str) -> bool:
    """What Streamlit draws itself: the small line in a metric, the chosen one of a few in the dark (3.7 to 1)."""
    return (rule == "svg-img-alt" and "metric_chart" in html) or (
        rule == "color-contrast" and mode == "dark" and html.startswith("<p>")
    )


def test_nothing_serious_is_found(sample, window):
    page, axe, found = window(sample, MANAGER), Axe(), []

    def look(screen, mode):
        settled(page)
        for violation in axe.run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found.extend(
                    (screen, mode, violation["id"], node["html"][:200])
                    for node in violation["nodes"]
                    if not is_streamlits(violation["id"], mode, node["html"])
                )

    for screen in SCREENS:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(f"{sample.url}/{screen}")
        page.get_by_role("heading").first.wait_for()
        look(screen, "light")
        page.emulate_media(color_scheme="dark")
        look(screen, "dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 390, "height": 844})
        look(screen, "phone")

    assert not found
