"""The import wizard and the list of past imports: shown, refused, not signed in, from file to undo."""

import pytest

from crm.exchange.asking import wizard
from crm.exchange.storing.journal import list_imports
from crm.jobs.worker import Worker
from crm.ui.imports.wizard import STATE

CONTACTS = (
    "Vorname;Nachname;Firma;E-Mail;Tel.;Ort;Bemerkung\n"
    "Ana;Olivares;Casa Olivares;ana@casa.example;+351 22 555 01 42;Porto;möchte Anruf\n"
    "Pavel;Novák;Atelier Nove;pavel@@brno;+420 541 555 018;Brno;\n"
).encode("cp1252", errors="replace")
TILL = b"InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n536365,85123A,6,2010-12-01 08:26,2.55,17850\n"
DEALS = b"id,title,deal stage,amount,close date\n1,One,Closed Won,1200.50,31/12/2024\n2,Two,Qualification,,\n"


@pytest.fixture
def drafted(open_page, actor_of):
    """``drafted({"a.csv": b"..."})``: the wizard at its second step, as if these files had been uploaded."""

    def open_(files, step="match"):
        ada = actor_of("ada")
        paths = wizard.keep_uploads(files)
        app = open_page("import_data")
        app.session_state[STATE] = {
            "step": step, "drafts": [wizard.draft_of(ada, n, p) for n, p in paths.items()], "on_problem": "fail",
        }  # fmt: skip
        return app.run()

    return open_


def run_jobs():
    while Worker().run_one():
        pass


def text_of(app):
    return " ".join(
        element.value for kind in ("markdown", "title", "caption", "info") for element in app.get(kind)
    )


def test_the_first_step_asks_for_files(open_page):
    app = open_page("import_data")

    assert not app.exception
    assert app.title[0].value == "Import"


def test_a_viewer_is_refused_and_a_stranger_asked_to_sign_in(open_page):
    assert "does not open" in open_page("import_data", as_="vic").error[0].value
    assert open_page("imports", as_=None).title[0].value == "You are signed out"


def test_columns_and_problems_are_shown(drafted):
    app = drafted({"messe.csv": CONTACTS})

    assert not app.exception
    assert "Import contacts" in app.title[0].value
    said = text_of(app)
    assert "Which column goes where?" in said
    assert "1 cell cannot be right" in said
    assert "separated by semicolons" in said


def test_words_of_the_file_are_offered_for_translation(drafted):
    app = drafted({"deals.csv": DEALS})

    assert not app.exception
    assert "What do the words of “Stage” mean?" in text_of(app)


def test_whether_a_price_is_of_one_unit_is_kept(drafted):
    app = drafted({"till.csv": TILL})

    app.toggle(key="import_unit_0").set_value(False).run()

    assert not app.exception
    assert app.session_state[STATE]["drafts"][0]["per_unit"] is False


def test_from_check_to_import_to_undo(drafted, open_page, actor_of):
    app = drafted({"messe.csv": CONTACTS})

    app.button(key="import_check").click().run()
    run_jobs()
    app.run()
    assert not app.error, app.error[0].value
    assert "Nothing is stored yet" in text_of(app)
    assert list_imports(actor_of("ada")) == []
    app.button(key="import_go").click().run()
    run_jobs()
    app.run()

    assert not app.exception
    assert "What happened" in text_of(app)
    (entry,) = list_imports(actor_of("ada"))
    assert entry.report.totals()["contact"] == {"created": 1, "updated": 0, "skipped": 0, "failed": 1}
    app.button(key=f"import_undo_{entry.id}").click().run()
    assert list_imports(actor_of("ada"))[0].state == "undone"
    assert "was undone" in text_of(app)


def test_past_imports_are_listed(drafted, open_page, actor_of):
    assert "No imports yet" in text_of(open_page("imports"))
    app = drafted({"messe.csv": CONTACTS}, step="import")
    run_jobs()

    app = open_page("imports")

    assert not app.exception
    assert "messe.csv" in text_of(app)


def test_a_file_of_orders_and_their_lines_is_matched_as_both(open_page, actor_of):
    ada = actor_of("ada")
    data = (
        b"Order No,Order Date,Product,Qty,Total\nA1,2026-03-01,Filter,2,17.00\nA2,2026-03-02,Brush,1,16.00\n"
    )
    [(name, path)] = wizard.keep_uploads({"sales.csv": data}).items()
    app = open_page("import_data")
    app.session_state[STATE] = {
        "step": "match",
        "drafts": wizard.drafts_of(ada, name, path),
        "on_problem": "fail",
    }

    app.run()
    app.button_group(key="import_file").set_value("1").run()
    app.button(key="import_check").click().run()
    run_jobs()
    app.run()

    assert not app.exception
    # Orders, their lines, and the products that these name.
    assert app.table[0].value.iloc[:, 1].tolist() == ["2", "2", "2"]
