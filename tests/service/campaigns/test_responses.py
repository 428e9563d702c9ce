"""What counts as a response to a campaign, for whom, and how long."""

from datetime import date

import pytest

from crm.campaigns.reports.result_members import result_members
from crm.campaigns.reports.results import campaign_result
from crm.campaigns.runs.responses import collect_responses
from crm.errors import NotFound
from crm.reporting.catalogue import run_report
from crm.reporting.report import SalesFilter
from crm.work import SYSTEM, reading, unit_of_work
from db.models import (
    Deal,
    DealLine,
    FormAnswer,
    LinkClick,
    Order,
    OrderLine,
    Product,
    Rate,
    Stage,
    TrackedLink,
    WebForm,
)
from tests.service.campaigns.campaign_scene import Scene, later

NOTHING = {
    "responded": False, "responded_at": None, "response_by": None, "converted": False, "revenue_minor": 0,
    "currency": None,
}  # fmt: skip


@pytest.fixture
def scene(stages):
    return Scene()


@pytest.fixture
def link(scene):
    return scene.add(TrackedLink(campaign_id=scene.campaign_id, url="https://example.com"))


def collect(scene, now=None):
    with unit_of_work(SYSTEM) as work:
        return collect_responses(work, scene.campaign_id, now or later(30))


def click(scene, link, member, at, *, by_machine=False):
    scene.add(
        LinkClick(
            campaign_id=scene.campaign_id, link_id=link.id, member_id=member.id, at=at, by_machine=by_machine
        )
    )


def deal(scene, opened_on, *, stage="won", **values):
    with reading(SYSTEM) as session:
        place = session.query(Stage).filter_by(kind=stage).first()
    given = {
        "title": "Deal", "pipeline_id": place.pipeline_id, "stage_id": place.id, "status": stage, "currency": "EUR",
        "opened_on": opened_on, "amount_minor": 500_00,
    } | values  # fmt: skip
    return scene.add(Deal(**given))


def order(scene, day, minor, **values):
    made = scene.add(Order(number=f"O-{day}-{minor}", ordered_on=day, **values))
    for part in (minor // 2, minor - minor // 2):
        scene.add(OrderLine(order_id=made.id, sold_on=day, amount_minor=part, currency="EUR"))
    return made


def test_the_first_link_followed_by_a_person_is_the_response(scene, link):
    member, other = scene.join(), scene.join()
    click(scene, link, member, later(0, minutes=1), by_machine=True)
    click(scene, link, member, later(3))
    click(scene, link, member, later(1))
    click(scene, link, other, later(0, minutes=1), by_machine=True)

    changed = collect(scene)

    assert changed == 1
    assert scene.member(member) == NOTHING | {
        "responded": True, "responded_at": later(1), "response_by": "link"
    }  # fmt: skip
    assert scene.member(other) == NOTHING


def test_counting_again_changes_nothing(scene, link):
    click(scene, link, scene.join(), later(1))

    assert (collect(scene), collect(scene)) == (1, 0)


@pytest.mark.parametrize(("days", "counts"), [(-0.1, False), (0.1, True), (10, True), (11, False)])
def test_only_the_days_after_the_message_count(scene, link, days, counts):
    member = scene.join(sent_at=later(5))
    click(scene, link, member, later(5 + days))

    collect(scene)

    assert scene.member(member)["responded"] is counts


def test_an_answer_to_the_campaigns_form_counts_and_another_form_does_not(scene):
    ours = scene.add(WebForm(name="Ask", slug="ask", campaign_id=scene.campaign_id))
    theirs = scene.add(WebForm(name="Other", slug="other"))
    member, other = scene.join("Control"), scene.join()
    scene.add(FormAnswer(form_id=ours.id, key="1", at=later(2), contact_id=member.contact_id))
    scene.add(FormAnswer(form_id=theirs.id, key="2", at=later(2), contact_id=other.contact_id))

    collect(scene)

    assert scene.member(member)["response_by"] == "form"
    assert scene.member(other) == NOTHING


def test_a_sale_counts_what_the_deal_is_worth_and_keeps_a_currency_without_a_rate(scene):
    listed, francs = scene.join(), scene.join()
    machine = scene.add(Product(name="Lumo", list_price_minor=5_000_00, currency="EUR"))
    days = {"closed_on": date(2026, 3, 5)}
    deal(
        scene,
        date(2026, 3, 4),
        contact_id=listed.contact_id,
        amount_minor=None,
        product_id=machine.id,
        **days,
    )
    deal(scene, date(2026, 3, 4), contact_id=francs.contact_id, currency="CHF", **days)
    deal(scene, date(2026, 3, 4), contact_id=francs.contact_id, **days)

    collect(scene)

    assert [scene.member(listed)[name] for name in ("revenue_minor", "currency")] == [5_000_00, "EUR"]
    assert [scene.member(francs)[name] for name in ("revenue_minor", "currency")] == [500_00, "CHF"]
    scene.add(Rate(currency="CHF", day=date(2026, 3, 1), rate=1.1))
    collect(scene)
    assert [scene.member(francs)[name] for name in ("revenue_minor", "currency")] == [1_050_00, "EUR"]


def test_each_currency_without_a_rate_in_which_somebody_bought_is_named(scene):
    lines, deals = scene.join(), scene.join()
    days = {"closed_on": date(2026, 3, 5)}
    quoted = deal(scene, date(2026, 3, 4), contact_id=lines.contact_id, amount_minor=None, **days)
    for code in ("CHF", "EUR", "USD"):
        scene.add(DealLine(deal_id=quoted.id, quantity=1, amount_minor=5_00, currency=code))
    for code in ("NOK", "CHF", "EUR"):
        deal(scene, date(2026, 3, 4), contact_id=deals.contact_id, currency=code, **days)

    collect(scene)

    assert [scene.member(lines)[name] for name in ("revenue_minor", "currency")] == [5_00, "CHF"]
    with reading(SYSTEM) as session:
        result = campaign_result(session, scene.campaign_id)
        report = run_report(session, "campaign-calendar", SalesFilter(campaigns=(scene.campaign_id,)))
        rows = result_members(session, scene.campaign_id).rows
    assert {(row.currency, row.beside) for row in rows.itertuples()} == {("CHF", "USD"), ("CHF", "NOK")}
    for notes in (result.book.notes, report.notes):
        assert any("CHF, NOK, USD" in note for note in notes)
    assert collect(scene) == 0
    for code in ("CHF", "NOK", "USD"):
        scene.add(Rate(currency=code, day=date(2026, 3, 1), rate=1.0))
    collect(scene)
    assert [scene.member(lines)[name] for name in ("revenue_minor", "currency")] == [15_00, "EUR"]


def test_a_deal_is_a_response_and_won_in_time_a_sale(scene):
    won, late, lost, before = scene.join(), scene.join(), scene.join("Control"), scene.join()
    deal(scene, date(2026, 3, 4), contact_id=won.contact_id, closed_on=date(2026, 3, 12))
    deal(scene, date(2026, 3, 4), contact_id=late.contact_id, closed_on=date(2026, 3, 13))
    deal(scene, date(2026, 3, 4), stage="lost", contact_id=lost.contact_id, closed_on=date(2026, 3, 5))
    deal(scene, date(2026, 3, 1), contact_id=before.contact_id, closed_on=date(2026, 3, 5))

    collect(scene)

    found = scene.member(won)
    assert (found["response_by"], found["converted"], found["revenue_minor"]) == ("deal", True, 500_00)
    assert found["currency"] == "EUR"
    assert (scene.member(late)["responded"], scene.member(late)["converted"]) == (True, False)
    assert (scene.member(lost)["responded"], scene.member(lost)["converted"]) == (True, False)
    assert scene.member(before) == NOTHING


def test_a_deal_of_the_firm_counts_for_its_only_member(scene):
    alone = scene.join(firm="Casa")
    with reading(SYSTEM) as session:
        from db.models import Contact

        casa = session.get(Contact, alone.contact_id).organisation_id
    deal(scene, date(2026, 3, 4), organisation_id=casa, closed_on=date(2026, 3, 5))

    collect(scene)
    assert scene.member(alone)["converted"] is True

    second = scene.join("Control", organisation_id=casa)
    collect(scene)
    assert (scene.member(alone)["converted"], scene.member(second)["converted"]) == (False, False)

    deal(
        scene, date(2026, 3, 4), organisation_id=casa, closed_on=date(2026, 3, 5),
        campaign_id=scene.campaign_id, amount_minor=7_00,
    )  # fmt: skip
    collect(scene)
    assert scene.member(alone)["revenue_minor"] == 7_00
    assert scene.member(second) == NOTHING


def test_orders_add_up_and_those_of_a_counted_deal_count_once(scene):
    buyer, dealer = scene.join("Control"), scene.join()
    order(scene, date(2026, 3, 3), 40_01, contact_id=buyer.contact_id)
    order(scene, date(2026, 3, 9), 10_00, contact_id=buyer.contact_id)
    order(scene, date(2026, 3, 30), 99_00, contact_id=buyer.contact_id)
    sold = deal(scene, date(2026, 3, 4), contact_id=dealer.contact_id, closed_on=date(2026, 3, 5))
    order(scene, date(2026, 3, 6), 500_00, contact_id=dealer.contact_id, deal_id=sold.id)

    collect(scene)

    assert scene.member(buyer)["revenue_minor"] == 50_01
    assert scene.member(buyer)["response_by"] == "order"
    assert scene.member(dealer)["revenue_minor"] == 500_00


def test_a_sale_without_an_order_counts(scene):
    buyer = scene.join()
    scene.add(
        OrderLine(sold_on=date(2026, 3, 3), amount_minor=12_00, currency="EUR", contact_id=buyer.contact_id)
    )

    collect(scene)

    assert scene.member(buyer)["revenue_minor"] == 12_00


def test_a_reply_stays_beside_a_later_sale_and_yields_to_an_earlier_click(scene, link):
    values = {"responded": True, "responded_at": later(3), "response_by": "reply"}
    early, late = scene.join(**values), scene.join(**values)
    click(scene, link, early, later(1))
    order(scene, date(2026, 3, 9), 10_00, contact_id=late.contact_id)

    collect(scene)

    assert scene.member(early)["response_by"] == "link"
    assert (scene.member(late)["response_by"], scene.member(late)["revenue_minor"]) == ("reply", 10_00)
    assert scene.member(late)["responded_at"] == later(3)


def test_what_a_file_told_stays(scene):
    member = scene.join(responded=True, response_by="file", converted=True, revenue_minor=5, currency="EUR")
    order(scene, date(2026, 3, 3), 40_00, contact_id=member.contact_id)

    collect(scene)

    assert scene.member(member)["revenue_minor"] == 5


def test_a_sale_taken_back_is_taken_back_here(scene):
    member = scene.join()
    sold = order(scene, date(2026, 3, 3), 40_00, contact_id=member.contact_id)
    collect(scene)
    with unit_of_work(SYSTEM) as work:
        work.session.get(Order, sold.id).archived_at = later(5)

    collect(scene)

    assert scene.member(member) == NOTHING


def test_who_may_not_change_the_campaign_counts_nothing(people, dump):
    scene = Scene()
    before = dump()

    with pytest.raises(NotFound), unit_of_work(people["vic"]) as work:
        collect_responses(work, scene.campaign_id, later(30))

    assert dump() == before


def test_the_job_counts_running_campaigns_and_those_whose_days_go_on(stages, monkeypatch):
    from crm.campaigns.runs import job

    monkeypatch.setattr(job, "this_moment", lambda: later(20))
    running = Scene()
    scenes = [
        running,
        Scene(status="closed", closed_at=later(5)),
        Scene(status="closed", closed_at=later(1)),
        Scene(status="draft", started_at=None),
    ]
    for scene in scenes:
        order(scene, date(2026, 3, 3), 40_00 + scene.campaign_id, contact_id=scene.join().contact_id)

    told = job.run_responses(SYSTEM, {}, lambda *_: None)

    assert told == {"campaigns": 2, "members": 2}
