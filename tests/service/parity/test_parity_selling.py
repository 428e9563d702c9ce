"""Customers, products, teams, leads, orders and their lines: the same values end alike by form, API and file."""

from datetime import date

from sqlalchemy import select

from crm.exchange.storing.plan import Step
from crm.firm.firm import set_firm
from crm.pipeline.defaults import ensure_defaults
from crm.records import records
from crm.work import unit_of_work
from db.models import Deal, DealLine, OrderLine, Team, User
from tests.factories import change, make
from tests.service.exchange.import_scene import bring, stored
from tests.service.parity.roads import At, EntityRoads


def selling(actor):
    """A firm in Czech crowns with people, a customer, a category, a product, a campaign and an order."""
    with unit_of_work(actor) as work:
        set_firm(work, name="Kavarna", currency="CZK")
        ensure_defaults(work)

        def make(entity, **values):
            return int(records.create_record(work, entity, values)["id"])

        def one(cls, name):
            return work.session.scalars(select(cls.id).where(cls.name == name)).one()

        firm = make("organisation", name="Casa Olivares", number="O1", email="hello@olivares.example")
        ana = make("contact", name="Ana Olivares", email="ana@olivares.example", organisation_id=firm)
        return {
            "firm": firm,
            "ana": ana,
            "machines": make("category", name="Machines"),
            "product": make("product", name="Volta 3", code="V3"),
            "campaign": make("campaign", name="Autumn", number="K1"),
            "sue": one(User, "Sue"),
            "south": one(Team, "South"),
            "order": make(
                "order", number="S1", ordered_on=date(2026, 5, 4), organisation_id=firm, contact_id=ana,
                channel="Shop", region="North", owner_id=one(User, "Stan"),
            ),
        }  # fmt: skip


class Selling(EntityRoads):
    """What all of these are about."""

    def scene(self, actor):
        return selling(actor)


class TestOrganisation(Selling):
    entity = "organisation"
    good = (
        {"name": "Atelier Nove"},
        {"name": "Atelier  Nove s.r.o.", "number": "O2", "website": "nove.example", "tags": ["new", "cafe"]},
        {"name": "Atelier Nove", "revenue_minor": 1_234_567_89},
        {"name": "Atelier Nove", "revenue_minor": 1_234_567, "currency": "JPY"},
        {"name": "Atelier Nove", "email": "Hello@Nove.example", "phone": "+420 222 333 444"},
        {"name": "Atelier Nove", "number": "O2", "parent_id": At("firm"), "lifecycle": "customer"},
        {"name": "Atelier Nove", "owner_id": At("sue")},
        {"name": "Atelier Nove", "team_id": At("south")},
    )
    bad = (
        ({"number": "O2", "city": "Brno"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "email": "nobody"}, "email"),
        ({"name": "x", "phone": "12"}, "phone"),
        ({"name": "x", "website": "not an address"}, "website"),
        ({"name": "x", "lifecycle": "friend"}, "lifecycle"),
        ({"name": "x", "currency": "ZZZ"}, "currency"),
        ({"name": "x", "employees": -4}, "employees"),
    )
    changes = (
        ({"name": "Nove", "number": "O2", "email": "a@nove.example"}, {"email": "b@nove.example"}),
        ({"name": "Nove", "number": "O2"}, {"name": "Atelier Nové", "city": "Brno"}),
        ({"name": "Nove", "number": "O2"}, {"owner_id": At("sue")}),
        ({"name": "Nove", "number": "O2"}, {"revenue_minor": 5_00}),
    )
    bad_changes = (({"name": "Nove", "number": "O2"}, {"email": "nobody"}, "email"),)


class TestContact(Selling):
    entity = "contact"
    good = (
        {"name": "Bo Lind"},
        {"first_name": "Bo", "last_name": "Lind"},
        {"last_name": "Lind", "email": "bo@nove.example"},
        {"email": "bo@nove.example"},
        {"name": "Dr. Bo M. Lind", "first_name": "Bo", "last_name": "Lind", "organisation_id": At("firm")},
        {"name": "Bo Lind", "phone": "+49 30 123456", "birth_date": date(1980, 2, 29), "gender": "male"},
    )
    bad = (
        ({"city": "Brno"}, "name"),
        ({"name": "x", "email": "nobody"}, "email"),
        ({"name": "x", "birth_date": "soon"}, "birth_date"),
        ({"name": "x", "birth_date": date(2499, 1, 1)}, "birth_date"),
        ({"name": "x", "gender": "neither"}, "gender"),
    )
    changes = (
        ({"first_name": "Bo", "last_name": "Lind", "number": "C1"}, {"last_name": "Lund"}),
        ({"name": "Bo", "number": "C1", "email": "a@nove.example"}, {"email": "b@nove.example"}),
        ({"name": "Bo", "number": "C1"}, {"name": "Bo Lind", "first_name": "Bo"}),
    )


class TestCategory(Selling):
    entity = "category"
    key = "name"
    good = ({"name": "Grinders"}, {"name": "Grinders", "parent_id": At("machines")})
    bad = (({"parent_id": At("machines")}, "name"), ({"name": "x" * 201}, "name"))
    changes = (({"name": "Grinders"}, {"parent_id": At("machines")}),)


class TestProduct(Selling):
    entity = "product"
    key = "code"
    good = (
        {"name": "Duo 3", "code": "D3", "list_price_minor": 4_900_00},
        {"name": "Duo 3", "code": "D3", "cost_minor": 1_000, "currency": "JPY", "category_id": At("machines")},
        {"name": "Duo 3", "is_active": False},
    )  # fmt: skip
    bad = (
        ({"code": "D3", "list_price_minor": 5}, "name"),
        ({"name": "x", "list_price_minor": -5}, "list_price_minor"),
        ({"name": "x", "currency": "ZZZ"}, "currency"),
    )
    changes = (
        ({"name": "Duo 3", "code": "D3"}, {"list_price_minor": 5_000_00}),
        ({"name": "Duo 3", "code": "D3", "list_price_minor": 5_000_00}, {"name": "Duo 4", "is_active": False}),
    )  # fmt: skip


class TestTeam(Selling):
    entity = "team"
    key = "name"
    good = ({"name": "East"},)
    bad = (({"name": "x" * 201}, "name"),)


class TestLead(Selling):
    entity = "lead"
    good = (
        {"name": "Nordlicht"},
        {"name": "Nordlicht", "email": "a@nordlicht.example", "phone": "+49 30 123456", "score": 40},
        {"name": "Nordlicht", "status": "working", "campaign_id": At("campaign"), "owner_id": At("sue")},
    )
    bad = (
        ({"company": "Nordlicht"}, "name"),
        ({"name": "x", "status": "sold"}, "status"),
        ({"name": "x", "email": "nobody"}, "email"),
    )
    changes = (({"name": "Nordlicht", "number": "L1"}, {"status": "dropped", "interest": "None"}),)
    history = (({"name": "x", "status": "converted"}, "status", "converted before it came in"),)


class TestOrder(Selling):
    entity = "order"
    good = (
        {"number": "S2", "ordered_on": date(2026, 6, 1), "organisation_id": At("firm")},
        {"number": "S2", "ordered_on": date(2026, 6, 1), "shipped_on": date(2026, 6, 3), "channel": "Shop"},
    )
    bad = (
        ({"ordered_on": date(2026, 6, 1), "channel": "Shop"}, "number"),
        ({"number": "S2", "channel": "Shop"}, "ordered_on"),
        ({"number": "S2", "ordered_on": "soon"}, "ordered_on"),
    )
    changes = (
        ({"number": "S2", "ordered_on": date(2026, 6, 1)}, {"shipped_on": date(2026, 6, 3), "city": "Brno"}),
    )


class TestOrderLine(Selling):
    entity = "order_line"
    good = (
        {"order_id": At("order"), "product_id": At("product"), "amount_minor": 99_00},
        {"order_id": At("order"), "sold_on": date(2026, 6, 1), "amount_minor": 99_00, "channel": "Web"},
        {"order_id": At("order"), "amount_minor": 99_00, "owner_id": At("sue"), "currency": "EUR"},
        {"sold_on": date(2026, 6, 1), "amount_minor": -5_00, "quantity": -1.0, "contact_id": At("ana")},
        {"sold_on": date(2026, 6, 1), "amount_minor": 1_000, "currency": "JPY", "discount": 0.1},
    )
    bad = (
        ({"amount_minor": 99_00, "product_id": At("product")}, "sold_on"),
        ({"order_id": At("order"), "product_id": At("product")}, "amount_minor"),
        ({"sold_on": date(2026, 6, 1), "amount_minor": 5, "currency": "ZZZ"}, "currency"),
    )
    changes = (({"order_id": At("order"), "amount_minor": 5_00, "number": "Z1"}, {"amount_minor": 7_00}),)


def test_figures_of_a_file_are_amounts_in_the_currency_of_the_deal(people):
    make(people["ada"], "deal", title="Tokyo", number="D1", currency="JPY", amount_minor=None)
    step = Step(
        "l.csv", "deal_line", {"deal_id": "deal", "quantity": "pieces", "unit_price_minor": "price"}, decimal="."
    )  # fmt: skip

    bring(people["ada"], step, b"deal,pieces,price\nD1,2,5000\n")

    assert stored(people["ada"], DealLine, "currency", "unit_price_minor", "amount_minor") == [
        ("JPY", 5000, 10_000)
    ]
    assert stored(people["ada"], Deal, "currency", "amount_minor") == [("JPY", 10_000)]


def test_lines_follow_their_order_where_they_say_nothing_else(people):
    ada, sue = people["ada"], people["sue"].user_id
    firm, other = (make(ada, "organisation", name=name) for name in ("Casa", "Nove"))
    order = make(
        ada, "order", number="S1", ordered_on=date(2026, 5, 4), organisation_id=firm["id"], region="North"
    )
    for day in (None, date(2026, 6, 1)):
        make(ada, "order_line", order_id=order["id"], amount_minor=5_00, sold_on=day)
    names = ("sold_on", "organisation_id", "region", "owner_id", "archived_at")

    values = {"ordered_on": date(2026, 5, 7), "organisation_id": other["id"], "region": None, "owner_id": sue}
    order = change(ada, "order", order, **values)

    assert sorted(stored(ada, OrderLine, *names)) == [
        (date(2026, 5, 7), other["id"], None, sue, None),
        (date(2026, 6, 1), other["id"], None, sue, None),
    ]
    with unit_of_work(ada) as work:
        put_away = records.archive_record(work, "order", order["id"], seen_version=order["version"])
    assert set(stored(ada, OrderLine, "archived_at")) == {(put_away["archived_at"],)}
    with unit_of_work(ada) as work:
        records.restore_record(work, "order", order["id"], seen_version=put_away["version"])
    assert set(stored(ada, OrderLine, "archived_at")) == {(None,)}
