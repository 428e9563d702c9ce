"""One timeline: talks, finished tasks and changes, newest first, within scope."""

from datetime import date, timedelta

import pytest

from crm.contacts import service
from crm.errors import NotFound, Refused
from crm.interactions.service import add_task, finish_task, log_talk
from crm.interactions.timeline import open_tasks, timeline
from crm.records import records
from crm.work import reading, unit_of_work
from tests.factories import change, make


def steps(actor, record, entity="contact", **options):
    with reading(actor) as session:
        return timeline(session, entity, record["id"], **options)


class TestLog:
    def test_a_call_with_a_follow_up_is_one_thing(self, people, at_noon):
        firm = make(people["stan"], "organisation")
        ana = make(people["stan"], "contact", organisation_id=firm["id"])

        with unit_of_work(people["stan"]) as work:
            log_talk(
                work,
                kind="call",
                subject="",
                body="Wants two machines\nand a grinder",
                contact_id=ana["id"],
                next_task="Send the offer",
                next_due_on=date(2026, 3, 12),
            )

        newest = steps(people["stan"], ana)[0]
        with reading(people["stan"]) as session:
            (task,) = open_tasks(session, "organisation", firm["id"])
        assert (newest.kind, newest.title, newest.who) == ("call", "Wants two machines", "Stan")
        assert (task["title"], task["due_on"], task["owner"]) == ("Send the offer", date(2026, 3, 12), "Stan")

    def test_it_stands_on_the_page_of_the_organisation_too(self, people):
        firm = make(people["stan"], "organisation")
        ana = make(people["stan"], "contact", organisation_id=firm["id"])

        with unit_of_work(people["stan"]) as work:
            log_talk(work, kind="note", subject="Met at the fair", contact_id=ana["id"])

        assert "Met at the fair" in [s.title for s in steps(people["stan"], firm, "organisation")]

    def test_nothing_written_is_refused_and_nothing_stored(self, people, dump):
        ana = make(people["stan"], "contact")
        before = dump()

        with pytest.raises(Refused), unit_of_work(people["stan"]) as work:
            log_talk(work, kind="call", subject=" ", body="\n", contact_id=ana["id"], next_task="Call back")

        assert dump() == before


class TestTimeline:
    def test_talks_tasks_and_changes_stand_newest_first(self, people, at_noon):
        ana = make(people["stan"], "contact", city="Porto")
        at_noon.shift(timedelta(hours=1))
        with unit_of_work(people["stan"]) as work:
            log_talk(work, kind="call", subject="First call", contact_id=ana["id"])
            task = add_task(work, title="Send the offer", contact_id=ana["id"])
        at_noon.shift(timedelta(hours=1))
        change(people["mona"], "contact", ana, city="Lisbon")
        at_noon.shift(timedelta(hours=1))
        with unit_of_work(people["stan"]) as work:
            finish_task(work, task_id=task, seen_version=1)

        found = steps(people["stan"], ana)

        assert [(s.kind, s.title, s.who) for s in found] == [
            ("task", "Send the offer", "Stan"),
            ("change", "Changed", "Mona"),
            ("call", "First call", "Stan"),
            ("change", "Created", "Stan"),
        ]
        assert [(c.label, c.old, c.new) for c in found[1].changes] == [("City", "Porto", "Lisbon")]

    def test_a_changed_link_reads_as_names(self, people):
        ana = make(people["mona"], "contact")
        change(people["mona"], "contact", ana, owner_id=people["stan"].user_id)

        newest = steps(people["mona"], ana)[0]

        assert ("Owner", "Mona", "Stan") in [(c.label, c.old, c.new) for c in newest.changes]

    def test_the_name_of_a_foreign_record_stays_hidden(self, people):
        secret = make(people["sue"], "organisation", name="Secret")
        ana = make(people["mona"], "contact", team_id=people["stan"].teams[0])
        change(people["mona"], "contact", ana, organisation_id=secret["id"])

        shown = [c.new for s in steps(people["stan"], ana) for c in s.changes]

        assert f"#{secret['id']}" in shown
        assert "Secret" not in shown

    def test_a_further_channel_stands_in_the_log_of_its_contact(self, people, at_noon):
        ana = make(people["stan"], "contact", email="ana@example.com")
        at_noon.shift(timedelta(hours=1))
        with unit_of_work(people["stan"]) as work:
            service.add_channel(work, entity="contact", record_id=ana["id"], kind="social", value="@ana")

        newest, first = steps(people["stan"], ana)

        assert [(c.label, c.old, c.new) for c in newest.changes] == [("Ways to reach", None, "@ana")]
        assert (first.title, first.changes) == ("Created", ())

    def test_the_log_is_as_guarded_as_the_record(self, people):
        ana = make(people["stan"], "contact")

        with pytest.raises(NotFound):
            steps(people["sue"], ana)

    def test_its_statements_do_not_grow_with_its_length(self, people, statements):
        ana = make(people["stan"], "contact", city="0")
        counts = []

        for upto in (3, 30):
            for n in range(upto):
                ana = change(people["stan"], "contact", ana, city=f"{upto}-{n}")
                with unit_of_work(people["stan"]) as work:
                    log_talk(work, kind="note", subject=f"{n}", contact_id=ana["id"])
            statements.clear()
            steps(people["stan"], ana)
            counts.append(len(statements))

        assert counts == [5, 5]

    def test_a_customers_cases_stand_among_the_talks(self, people):
        firm = make(people["stan"], "organisation")
        ana = make(people["stan"], "contact", organisation_id=firm["id"])
        case = make(people["stan"], "case", contact_id=ana["id"], resolution="Cleaned it")
        gone = make(people["stan"], "case", contact_id=ana["id"])
        with unit_of_work(people["stan"]) as work:
            records.archive_record(work, "case", gone["id"], seen_version=gone["version"])

        for entity, record in (("contact", ana), ("organisation", firm)):
            found = [s for s in steps(people["stan"], record, entity) if s.kind == "case"]
            assert [(s.title, s.text, s.who, s.record_id) for s in found] == [
                (f"{case['number']} Grinder stops mid-dose", "Cleaned it", "Stan", case["id"])
            ]

    def test_a_product_has_changes_only(self, people):
        duo = make(people["mona"], "product")
        change(people["mona"], "product", duo, list_price_minor=1)

        found = steps(people["stan"], duo, "product")

        assert [(s.kind, s.title) for s in found] == [("change", "Changed"), ("change", "Created")]
