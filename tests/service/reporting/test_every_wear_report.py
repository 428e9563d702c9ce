"""Failures by part, repeats, rates and units at risk, counted a second time in plain Python from the stored rows."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from crm.analytics.spells import MONTH_DAYS
from crm.clock import now, zone
from crm.reporting.catalogue import run_report
from crm.reporting.report import SalesFilter
from crm.service.visits.proposals import PUT_OFF
from crm.service.wear.data import load
from crm.service.wear.job import compute
from crm.service.wear.next import next_to_fail
from crm.work import reading
from tests.service.reporting.sample_firm import NOW, person, sees, stored

pytestmark = pytest.mark.usefixtures("firm")

PEOPLE = ["Helene Brandt", "Minh Nguyen", "Jonas Petersen"]
DAYS = [(None, None), (date(2025, 1, 1), date(2025, 12, 31)), (date(2026, 7, 10), None)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value):
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)


def midnight(day):
    return datetime.combine(day, time(), zone())


@pytest.fixture(
    params=[(who, *days) for who in PEOPLE for days in DAYS], ids=lambda one: f"{one[0]}-{one[1]}"
)
def walk(request, firm):
    """A person with days: the filter, their units by id, and the failures of these as (unit, part, when)."""
    name, start, end = request.param
    who = person(name)
    units = {
        u["id"]: u for u in stored("SELECT * FROM equipment") if u["archived_at"] is None and sees(who, u)
    }
    every = [
        (f["equipment_id"], " ".join((f["part"] or "").split()).casefold(), moment(f["failed_at"]))
        for f in stored("SELECT * FROM failures")
        if f["equipment_id"] in units and moment(f["failed_at"]) <= NOW
    ]
    inside = [
        one for one in every
        if (start is None or one[2] >= midnight(start)) and (end is None or one[2] < midnight(end + timedelta(days=1)))
    ]  # fmt: skip
    return who, SalesFilter(start=start, end=end), units, every, inside


def asked(who, name, chosen):
    with reading(who) as session:
        return run_report(session, name, chosen)


def test_failures_by_part_and_their_running_share(walk):
    who, chosen, units, _every, failures = walk
    report = asked(who, "failures-by-part", chosen)

    counts = Counter(part for _unit, part, _at in failures)
    assert report.n == len(failures)
    assert report.summary["units"] == len(units)
    assert len(report.rows) == len(counts)
    sofar = 0
    for row in report.rows.to_dict("records"):
        part = (row["part"] or "").casefold()
        sofar += counts[part]
        assert row["failures"] == counts[part]
        assert row["units"] == len({unit for unit, failed, _at in failures if failed == part})
        assert row["share"] == pytest.approx(counts[part] / len(failures))
        assert row["running_share"] == pytest.approx(sofar / len(failures))
    assert sofar == len(failures)


def test_repeats_within_thirty_days(walk):
    who, chosen, _units, _every, failures = walk
    report = asked(who, "failure-repeats", chosen)

    moments = defaultdict(list)
    for unit, part, at in failures:
        moments[part, unit].append(at)
    repeated = Counter()
    for (part, _unit), times in moments.items():
        repeated[part] += sum(b - a <= timedelta(days=30) for a, b in pairwise(sorted(times)))
    for row in report.rows.to_dict("records"):
        assert row["repeated"] == repeated[(row["part"] or "").casefold()]
    assert report.summary["repeated"] == sum(repeated.values())
    if failures:
        assert report.summary["share"] == pytest.approx(sum(repeated.values()) / len(failures))


@pytest.mark.parametrize("by", ["part", "product"])
def test_rates_divide_by_the_months_of_all_units_that_have_the_part(walk, by):
    who, chosen, units, every, _inside = walk
    report = asked(who, "failure-rate" if by == "part" else "failure-rate-by-model", chosen)

    with reading(who) as session:
        records = load(session, now=now())  # only how far its records reach; that has tests of its own
    named = stored("SELECT id, name FROM products")
    products = {p["id"]: p["name"] for p in named}
    changed = [
        (c["equipment_id"], " ".join((c["part"] or "").split()).casefold())
        for c in stored("SELECT * FROM part_changes")
        if c["equipment_id"] in units and moment(c["at"]) <= NOW
    ]
    months, watched = {}, {}
    for one in records.units.to_dict("records"):
        begin = EPOCH + timedelta(days=max(v for v in (one["origin"], one["since"]) if v == v))
        ended = EPOCH + timedelta(days=one["end"])
        begin = max([begin, *([midnight(chosen.start)] if chosen.start else [])])
        ended = min([ended, *([midnight(chosen.end + timedelta(days=1))] if chosen.end else [])])
        months[one["unit"]] = max(0.0, (ended - begin) / timedelta(days=1)) / MONTH_DAYS
        watched[one["unit"]] = begin, ended
    failures = [f for f in every if watched[f[0]][0] <= f[2] <= watched[f[0]][1]]

    assert set(months) == set(units)
    assert report.n == len(failures)
    assert report.summary["unit_months"] == pytest.approx(sum(months.values()), rel=1e-3)
    for row in report.rows.to_dict("records"):
        if by == "part":
            part = row["part"].casefold()
            models = {
                units[u]["product_id"] for u, p in [*((u, p) for u, p, _at in every), *changed] if p == part
            }
            having = {u for u in units if units[u]["product_id"] in models}
            hits = [f for f in failures if f[1] == part]
        else:
            having = {u for u in units if products.get(units[u]["product_id"]) == row["product"]}
            hits = [f for f in failures if f[0] in having]
        assert (row["failures"], row["units"]) == (len(hits), len(having))
        assert row["unit_months"] == pytest.approx(
            sum(months[u] for u in having), rel=1e-3
        )  # an hour of summer time
        if row["unit_months"]:
            assert row["rate"] == pytest.approx(len(hits) / row["unit_months"])


@pytest.fixture(scope="module")
def computed(firm):
    compute(NOW)


@pytest.mark.parametrize("name", PEOPLE)
def test_units_at_risk_are_those_in_use_that_a_person_sees(computed, name):
    who = person(name)
    report = asked(who, "units-at-risk", SalesFilter())
    with reading(who) as session:
        parts, whole = next_to_fail(session, limit=5_000), next_to_fail(session, part="", limit=5_000)

    units = {
        u["id"] for u in stored("SELECT * FROM equipment")
        if u["archived_at"] is None and u["status"] == "in_use" and sees(who, u)
    }  # fmt: skip
    risks = [r for r in stored("SELECT * FROM unit_risks") if r["equipment_id"] in units]
    by_part = sorted(r["risk_90"] for r in risks if r["part"] not in ("", PUT_OFF))
    assert report.n == parts.total + whole.total
    assert sorted(u.risk_90 for u in parts.units) == by_part
    assert whole.total == sum(r["part"] == "" for r in risks)
    highest = sorted((u.risk_90 for u in [*parts.units, *whole.units]), reverse=True)
    assert report.rows["risk_90"].tolist() == pytest.approx(highest[: len(report.rows)])
