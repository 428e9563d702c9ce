"""The pages of a contact, an organisation and a product."""

from datetime import date, timedelta

import pytest

from crm.interactions.service import add_task, log_talk
from crm.work import unit_of_work
from tests.factories import change, make

PAGES = ["contact", "organisation", "product"]


def words(page):
    parts = [*page.title, *page.markdown, *page.caption, *page.expander]
    return "\n".join(getattr(p, "value", None) or getattr(p, "label", "") for p in parts)


@pytest.mark.parametrize("entity", PAGES)
def test_a_record_is_shown(open_page, actor_of, entity):
    made = make(actor_of("ada"), entity)

    page = open_page(entity, id=made["id"])

    assert not page.exception
    assert not page.error
    assert page.title[0].value.startswith(made["name"])
    assert page.metric


def test_telephone_mail_and_firm_stand_as_links_under_the_name(open_page, actor_of):
    firm = make(actor_of("sue"), "organisation", name="Casa [x](http://e.example)")
    own = make(actor_of("stan"), "organisation", name="Casa Verde")
    given = {"phone": "+436645871854", "email": "ana@casa.example"}
    ana = make(actor_of("ada"), "contact", name="Ana", organisation_id=own["id"], **given)
    eva = make(actor_of("ada"), "contact", name="Eva", organisation_id=firm["id"], owner_id=None)

    page = open_page("contact", id=ana["id"])
    said = [text.value for text in page.markdown][:4]
    assert any("](tel:+436645871854)" in text for text in said)
    assert any("](mailto:ana@casa.example)" in text for text in said)
    assert "Casa Verde" in [link.proto.label for link in page.get("page_link")]

    labels = [link.proto.label for link in open_page("contact", id=eva["id"]).get("page_link")]
    assert any(r"\[x\]" in label for label in labels)


@pytest.mark.parametrize("entity", PAGES)
@pytest.mark.parametrize("asked", [None, "", "999", "abc", "1; drop", "-1", "9" * 40])
def test_a_wrong_id_is_answered_with_a_sentence_and_nothing_else(open_page, entity, asked):
    page = open_page(entity, **({} if asked is None else {"id": asked}))

    assert not page.exception
    assert len(page.error) == 1
    assert not page.title
    assert not page.metric


@pytest.mark.parametrize("entity", ["contact", "organisation"])
def test_a_foreign_record_looks_like_none(open_page, actor_of, entity):
    made = make(actor_of("stan"), entity, name="Secret")

    page = open_page(entity, as_="sue", id=made["id"])

    assert f"There is no {entity} {made['id']}" in page.error[0].value
    assert "Secret" not in words(page)


@pytest.mark.parametrize("entity", PAGES)
def test_nobody_sees_anything_without_a_session(open_page, actor_of, entity):
    made = make(actor_of("ada"), entity)

    page = open_page(entity, as_=None, id=made["id"])

    assert [title.value for title in page.title] == ["You are signed out"]
    assert not page.metric


@pytest.mark.parametrize("tab", ["timeline", "deals", "others", "tasks", "details", "nonsense"])
def test_every_tab_works_for_a_full_and_for_an_empty_record(open_page, actor_of, tab):
    ada = actor_of("ada")
    firm = make(
        ada, "organisation", notes="Line one\nLine two", revenue_minor=1_000_00, currency="EUR", tags=["big"]
    )
    ana = make(
        ada, "contact", organisation_id=firm["id"], email="ana@example.com", birth_date=date(1990, 1, 2)
    )
    make(ada, "deal", organisation_id=firm["id"], contact_id=ana["id"])
    make(ada, "order_line", contact_id=ana["id"], sold_on=date(2025, 1, 1), amount_minor=100, currency="EUR")
    bare = make(ada, "organisation", name="Bare")

    for entity, record in (("contact", ana), ("organisation", firm), ("organisation", bare)):
        page = open_page(entity, id=record["id"], tab=tab)
        assert not page.exception, (entity, tab)
        assert not page.error


def test_a_viewer_sees_everything_and_finds_no_button_that_writes(open_page, actor_of):
    ana = make(actor_of("stan"), "contact", email="ana@example.com")
    with unit_of_work(actor_of("stan")) as work:
        add_task(work, title="Call back", contact_id=ana["id"])

    page = open_page("contact", as_="vic", id=ana["id"])

    assert not page.exception
    assert "Call back" in words(page)
    written = [b.key for b in page.button if not b.key.startswith(("frame_", "anywhere"))]
    assert [k for k in written if k.startswith(("record_", "FormSubmitter"))] == []


def test_a_talk_is_written_down_in_place_with_its_follow_up(open_page, actor_of):
    ana = make(actor_of("stan"), "contact")
    page = open_page("contact", as_="stan", id=ana["id"])
    key = f"contact_{ana['id']}_talk0"
    page.text_area(key=f"{key}_body").set_value("Wants two machines")
    page.text_input(key=f"{key}_step").set_value("Send the offer")

    next(b for b in page.button if b.key.startswith(f"FormSubmitter:{key}")).click().run()

    assert not page.exception
    assert "Wants two machines" in words(page)
    assert "Send the offer" in words(page)
    assert page.text_area(key=f"{key[:-1]}1_body").value == ""


def test_an_empty_talk_is_refused_and_the_next_step_stays_typed(open_page, actor_of):
    ana = make(actor_of("stan"), "contact")
    page = open_page("contact", as_="stan", id=ana["id"])
    key = f"contact_{ana['id']}_talk0"
    page.text_input(key=f"{key}_step").set_value("Send the offer")

    next(b for b in page.button if b.key.startswith(f"FormSubmitter:{key}")).click().run()

    assert "Say in a few words what it was about" in words(page)
    assert page.text_input(key=f"{key}_step").value == "Send the offer"


def test_a_talk_says_when_how_long_and_which_way_and_opens_to_be_corrected(open_page, actor_of):
    stan = actor_of("stan")
    ana = make(stan, "contact")
    with unit_of_work(stan) as work:
        talk = log_talk(
            work, body="Wants two", contact_id=ana["id"], direction="in", duration_minutes=20,
            happened_at=work.now - timedelta(days=1),
        )  # fmt: skip
    page = open_page("contact", as_="stan", id=ana["id"])
    assert "incoming · 20 min" in " ".join(e.label for e in page.expander)

    page.button(key=f"contact_{ana['id']}_talk_{talk}").click().run()

    assert not page.exception
    assert page.number_input(key=f"talk_{talk}_edit_duration_minutes").value == 20
    assert page.selectbox(key=f"talk_{talk}_edit_direction").value == "in"
    assert not [b for b in page.button if b.key == f"talk_{talk}_undo"]


def test_who_may_not_change_a_talk_sees_no_way_to(open_page, actor_of):
    ana = make(actor_of("stan"), "contact")
    with unit_of_work(actor_of("stan")) as work:
        log_talk(work, body="Wants two", contact_id=ana["id"])

    page = open_page("contact", as_="vic", id=ana["id"])

    assert "Wants two" in " ".join(e.label for e in page.expander)
    assert not [b for b in page.button if "_talk_" in b.key]


def test_the_next_step_is_ticked_off(open_page, actor_of):
    ana = make(actor_of("stan"), "contact")
    with unit_of_work(actor_of("stan")) as work:
        task = add_task(work, title="Call back", contact_id=ana["id"], due_on=date(2020, 1, 1))
    page = open_page("contact", as_="stan", id=ana["id"])
    assert "late" in words(page)

    page.button(key=f"record_next_done_{task}").click().run()

    assert not page.exception
    assert "Nothing is planned" in words(page)


def test_changes_read_as_old_and_new_by_whom(open_page, actor_of):
    ana = make(actor_of("stan"), "contact", city="Porto")
    change(actor_of("mona"), "contact", ana, city="Lisbon", lifecycle="customer")

    page = open_page("contact", as_="stan", id=ana["id"])

    assert "City: Porto → Lisbon" in words(page)
    assert "Lifecycle: Prospect → Customer" in words(page)
    assert "Mona" in words(page)


def test_hostile_text_stays_text(open_page, actor_of):
    firm = make(
        actor_of("stan"),
        "organisation",
        name="![x](https://evil.example/a.png) :red[x]",
        notes="<b>[a](https://x.example)</b>",
    )
    with unit_of_work(actor_of("stan")) as work:
        log_talk(
            work,
            kind="note",
            subject="[click](https://evil.example)",
            body="$x$ :smile:",
            organisation_id=firm["id"],
        )

    page = open_page("organisation", as_="stan", id=firm["id"])

    assert not page.exception
    assert "![x](" not in words(page)
    assert "[click](" not in words(page)


def test_the_page_costs_the_same_statements_for_ten_and_for_three_hundred(open_page, actor_of, statements):
    from db.models import Deal, Interaction, Task

    ana = make(actor_of("stan"), "contact")
    first = make(actor_of("stan"), "deal", contact_id=ana["id"])
    counts = []
    for more in (10, 300):
        with unit_of_work(actor_of("stan")) as work:
            mine = {"owner_id": work.actor.user_id, "team_id": work.actor.teams[0], "contact_id": ana["id"]}
            for n in range(more):
                where = {
                    "pipeline_id": first["pipeline_id"],
                    "stage_id": first["stage_id"],
                    "currency": "EUR",
                }
                work.session.add(Deal(title=f"D {n}", **where, **mine))
                work.session.add(Task(title=f"T {n}", **mine))
                work.session.add(Interaction(kind="call", subject=f"C {n}", **mine))
        page = open_page("contact", as_="stan", id=ana["id"])
        statements.clear()
        page.run()
        counts.append(len(statements))

    assert counts[0] == counts[1]
