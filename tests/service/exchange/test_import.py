"""Files become rows: found, checked, counted."""

from datetime import date

import pytest

from crm.errors import Refused
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.journal import failed_csv, failed_rows
from crm.exchange.storing.plan import CREATE, EMPTY, UPDATE, Lookup, Plan, Step
from db.models import Channel, Contact, Deal, OrderLine, Organisation, StageChange
from tests.factories import make
from tests.service.exchange.import_scene import BY_NUMBER, ORGANISATIONS, bring, counts, plan, stored


class TestStoring:
    def test_rows_are_made_once_and_then_passed_over(self, people):
        first = bring(people["ada"], BY_NUMBER, ORGANISATIONS)
        second = bring(people["ada"], BY_NUMBER, ORGANISATIONS)

        assert counts(first) == (3, 0, 0, 0)
        assert counts(second) == (0, 0, 3, 0)
        assert stored(people["ada"], Organisation, "name", "number", "city", "name_key", "version") == [
            ("Casa Olivares", "O1", "Porto", "casaolivares", 1),
            ("Atelier Nove", "O2", "Brno", "ateliernove", 1),
            ("Orla Coworking", "O3", "Izmir", "orlacoworking", 1),
        ]

    def test_only_what_differs_is_updated_and_empty_cells_keep_what_is_there(self, people):
        bring(people["ada"], BY_NUMBER, ORGANISATIONS)

        report = bring(people["ada"], BY_NUMBER, b"name,number,city\nCasa Olivares,O1,\nAtelier 9,O2,Brno\n")

        assert counts(report) == (0, 1, 1, 0)
        assert stored(people["ada"], Organisation, "name", "city", "name_key", "version")[:2] == [
            ("Casa Olivares", "Porto", "casaolivares", 1),
            ("Atelier 9", "Brno", "atelier9", 2),
        ]

    def test_an_update_may_fill_empty_fields_only(self, people):
        make(people["ada"], "organisation", name="Casa Olivares", number="O1", city="Lisboa")
        step = Step(
            "o.csv", "organisation", {**BY_NUMBER.columns, "sector": "name"}, key=("number",), overwrite=False
        )

        bring(people["ada"], step, ORGANISATIONS)

        assert stored(people["ada"], Organisation, "city", "sector")[0] == ("Lisboa", "Casa Olivares")

    def test_create_passes_over_what_is_there_and_update_refuses_what_is_not(self, people):
        make(people["ada"], "organisation", name="Casa Olivares", number="O1", city="Lisboa")

        created = bring(
            people["ada"],
            Step("o.csv", "organisation", BY_NUMBER.columns, CREATE, ("number",)),
            ORGANISATIONS,
        )
        updated = bring(
            people["ada"],
            Step("o.csv", "organisation", BY_NUMBER.columns, UPDATE, ("number",)),
            b"name,number,city\nX,O9,Y\n",
        )

        assert counts(created) == (2, 0, 1, 0)
        assert counts(updated) == (0, 0, 0, 1)
        assert stored(people["ada"], Organisation, "city")[0] == ("Lisboa",)

    def test_two_spellings_of_a_name_are_one_organisation(self, people):
        make(people["ada"], "organisation", name="GTX Pro")

        report = bring(
            people["ada"], Step("o.csv", "organisation", {"name": "n", "city": "c"}), b"n,c\nGTXPro,Porto\n"
        )

        assert counts(report) == (0, 1, 0, 0)
        assert stored(people["ada"], Organisation, "name", "city") == [("GTX Pro", "Porto")]

    def test_a_line_total_is_counted_where_the_file_gives_none(self, people):
        step = Step(
            "lines.csv",
            "order_line",
            {"sold_on": "InvoiceDate", "quantity": "Quantity"},
            formulas={"amount_minor": "{Quantity} * {UnitPrice}"},
        )
        data = b"InvoiceDate,Quantity,UnitPrice\n12/13/2010 8:26,6,2.55\n12/1/2010 8:28,-2,$1.25\n12/1/2010 9:00,x,1\n"

        report = bring(people["ada"], step, data)

        assert counts(report) == (2, 0, 0, 1)
        assert stored(people["ada"], OrderLine, "quantity", "amount_minor", "currency") == [
            (6, 1530, "EUR"),
            (-2, -250, "USD"),
        ]
        [failed] = failed_rows(people["ada"], report.id)
        assert (failed.row, failed.column, failed.value) == (4, "Quantity", "x")

    def test_a_name_that_all_rows_share_is_no_key(self, people):
        step = Step("mail.csv", "contact", {"segment": "arm"}, constants={"name": "Recipient"})

        report = bring(people["ada"], step, b"arm,visit\nMens,1\nWomens,0\nMens,1\n")

        assert counts(report) == (3, 0, 0, 0)

    def test_a_line_takes_over_what_its_order_knows(self, people):
        make(people["ada"], "contact", name="Rosa Lind", number="C1")
        orders = Step("orders.csv", "order", {"number": "id", "ordered_on": "day", "contact_id": "who"})
        lines = Step("lines.csv", "order_line", {"order_id": "id", "amount_minor": "sum", "sold_on": "day"})
        sources = {
            "orders.csv": b"id,day,who\nA1,2024-05-06,C1\n",
            "lines.csv": b"id,sum,day\nA1,5,\nA1,6,2024-06-01\n",
        }

        report = run_import(people["ada"], plan(orders, lines), sources)

        assert counts(report, 1) == (2, 0, 0, 0)
        [customer] = stored(people["ada"], Contact, "id")
        assert stored(people["ada"], OrderLine, "sold_on", "contact_id", "amount_minor") == [
            (date(2024, 5, 6), *customer, 500),
            (date(2024, 6, 1), *customer, 600),
        ]

    def test_doubles_in_a_file_are_told_apart_from_contradictions(self, people):
        data = b"name,number,city\nA,O1,Porto\nA,O1,Porto\nB,O1,Brno\nC,,Ry\nC,,Ry\n"

        report = bring(people["ada"], BY_NUMBER, data)

        assert counts(report) == (3, 0, 1, 1)
        (failed,) = failed_rows(people["ada"], report.id)
        assert (failed.row, failed.column, failed.value) == (4, "number", "O1")
        assert "Line 2" in failed.reason

    def test_a_dry_run_says_the_same_and_keeps_nothing(self, people, dump):
        before = dump()

        report = bring(people["ada"], BY_NUMBER, ORGANISATIONS, dry_run=True)

        assert counts(report) == (3, 0, 0, 0)
        assert report.id is None
        assert dump() == before

    def test_contacts_get_names_keys_and_channels(self, people):
        step = Step(
            "c.csv", "contact", {"first_name": "f", "last_name": "l", "email": "e", "phone": "p", "organisation_id": "o"},
            key=("email",), lookups={"organisation_id": Lookup(missing=CREATE)},
        )  # fmt: skip
        report = run_import(
            people["ada"],
            plan(step, region="CZ"),
            {"c.csv": "f,l,e,p,o\nJan,Novák,JAN@x.cz,541 555 018,Firma\n".encode()},
        )

        assert counts(report) == (1, 0, 0, 0)
        assert report.totals()["organisation"]["created"] == 1
        assert stored(people["ada"], Contact, "name", "name_key", "email", "phone") == [
            ("Jan Novák", "jannovak", "JAN@x.cz", "+420541555018")
        ]
        assert stored(people["ada"], Channel, "kind", "value", "is_primary") == [
            ("email", "JAN@x.cz", True), ("phone", "+420541555018", True),
        ]  # fmt: skip

    def test_deals_follow_their_stage(self, people):
        step = Step(
            "d.csv", "deal", {"number": "id", "title": "t", "stage_id": "s", "amount_minor": "a", "closed_on": "d"},
            values={"stage_id": {"Closed Won": "Won"}}, date_order="dmy",
        )  # fmt: skip
        report = bring(
            people["ada"], step, b"id;t;s;a;d\n1;One;Closed Won;1.234,50;31.12.2024\n2;Two;Qualification;;\n"
        )

        assert counts(report) == (2, 0, 0, 0)
        assert stored(people["ada"], Deal, "number", "status", "amount_minor", "currency") == [
            ("1", "won", 123450, "EUR"), ("2", "open", None, "EUR"),
        ]  # fmt: skip
        assert len(stored(people["ada"], StageChange, "id")) == 2

    def test_a_deal_without_an_amount_has_the_currency_of_the_import(self, people):
        step = Step("d.csv", "deal", {"title": "title", "amount_minor": "amount"})
        plan = Plan("Test", (step,), currency="USD")

        run_import(people["ada"], plan, {"d.csv": b"title,amount\nA,100\nB,\n"})

        assert stored(people["ada"], Deal, "amount_minor", "currency") == [(100_00, "USD"), (None, "USD")]

    def test_a_manager_named_in_the_same_file_is_linked(self, people):
        step = Step("u.csv", "user", {"name": "agent", "manager_id": "boss"}, key=("name",),
                    lookups={"manager_id": Lookup(by="name", missing=CREATE)})  # fmt: skip

        report = bring(people["ada"], step, b"agent,boss\nAnna,Berta\nBerta,Carla\n")

        from db.models import User

        assert report.totals()["user"]["created"] == 3
        named = dict(stored(people["ada"], User, "name", "manager_id"))
        ids = dict(stored(people["ada"], User, "name", "id"))
        assert (named["Anna"], named["Berta"], named["Carla"]) == (ids["Berta"], ids["Carla"], None)


class TestProblems:
    def test_every_bad_row_is_listed_with_line_column_value_and_reason(self, people):
        step = Step(
            "c.csv", "contact", {"name": "name", "email": "mail", "birth_date": "born"}, key=("email",)
        )
        data = b"name,mail,born\nAna,ana@x.org,1990-05-06\nBo,bo@@x,1990-05-07\n,cy@x.org,never\nDi,di@x.org,1990-01-01,extra\n"

        report = bring(people["ada"], step, data)

        assert counts(report) == (1, 0, 0, 3)
        found = [(row.row, row.column, row.value) for row in failed_rows(people["ada"], report.id)]
        assert (3, "mail", "bo@@x") in found
        assert (4, "born", "never") in found
        assert (5, "", "Di,di@x.org,1990-01-01,extra") in found

    def test_failed_rows_can_be_downloaded_and_hold_no_formula(self, people):
        step = Step("c.csv", "contact", {"name": "name", "email": "mail"}, key=("email",))
        report = bring(people["ada"], step, b'name,mail\n"=HYPERLINK(""x"")",bad\n')

        text = failed_csv(people["ada"], report.id)

        assert "'=HYPERLINK" in text
        assert ",=HYPERLINK" not in text

    def test_a_missing_parent_fails_the_row_and_a_near_name_is_offered(self, people):
        make(people["ada"], "organisation", name="Technology Partners")
        step = Step("c.csv", "contact", {"name": "n", "organisation_id": "o"})

        report = bring(people["ada"], step, b"n,o\nAna,Technolgy Partners\n")

        (failed,) = failed_rows(people["ada"], report.id)
        assert "Technology Partners" in failed.reason
        assert counts(report) == (0, 0, 0, 1)

    def test_other_programs_names_of_won_and_lost_are_understood_and_told(self, people):
        step = Step(
            "d.csv", "deal", {"number": "id", "stage_id": "stage"}, lookups={"stage_id": Lookup(by="name")}
        )

        report = bring(people["ada"], step, b"id,stage\n1,Closed Won\n2,closedlost\n3,Perception Analysis\n")

        assert stored(people["ada"], Deal, "number", "status") == [("1", "won"), ("2", "lost")]
        assert report.steps[0].taken_near == {"Closed Won": "Won", "closedlost": "Lost"}
        [failed] = failed_rows(people["ada"], report.id)
        assert "Perception Analysis" in failed.reason
        assert "Qualification" in failed.reason

    @pytest.mark.parametrize(
        ("lookup", "made"), [(Lookup(missing=EMPTY), 1), (Lookup(missing=CREATE), 2), (Lookup(near=True), 1)]
    )
    def test_a_missing_parent_is_left_empty_made_or_taken_near_as_chosen(self, people, lookup, made):
        make(people["ada"], "organisation", name="Technology Partners")
        step = Step(
            "c.csv", "contact", {"name": "n", "organisation_id": "o"}, lookups={"organisation_id": lookup}
        )

        report = bring(people["ada"], step, b"n,o\nAna,Technolgy Partners\n")

        assert counts(report) == (1, 0, 0, 0)
        assert len(stored(people["ada"], Organisation, "id")) == made

    def test_a_name_of_two_records_is_not_guessed(self, people):
        for number in ("1", "2"):
            make(people["ada"], "organisation", name="Casa", number=number)
        step = Step("c.csv", "contact", {"name": "n", "organisation_id": "o"})

        report = bring(people["ada"], step, b"n,o\nAna,Casa\n")

        assert "2 records" in failed_rows(people["ada"], report.id)[0].reason

    def test_a_row_may_be_stored_without_its_bad_cell(self, people):
        step = Step("c.csv", "contact", {"name": "n", "email": "e"})

        report = run_import(people["ada"], plan(step, on_problem="empty"), {"c.csv": b"n,e\nAna,bad\n"})

        assert counts(report) == (1, 0, 0, 0)
        assert report.steps[0].left_empty == {"e": 1}

    def test_a_column_that_is_not_there_stops_everything(self, people, dump):
        before = dump()

        with pytest.raises(Refused, match="town"):
            bring(
                people["ada"], Step("o.csv", "organisation", {"name": "name", "city": "town"}), ORGANISATIONS
            )

        assert dump() == before

    def test_the_report_counts_stored_values_by_column(self, people):
        report = bring(people["ada"], BY_NUMBER, b"name,number,city\nA,1,Porto\nB,2,\nC,2,Ry\n")

        counted = {column.field: (column.filled, column.stored) for column in report.steps[0].columns}
        assert counted == {"name": (3, 2), "number": (3, 2), "city": (2, 1)}
