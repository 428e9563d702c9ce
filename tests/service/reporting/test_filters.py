"""Each report is narrowed by the filters that it says it takes, and by no other."""

from typing import Any

import pytest

from crm.reporting.catalogue import kinds, run_report, to_json
from crm.reporting.report import SalesFilter
from crm.work import reading
from tests.service.reporting.sample_firm import person

pytestmark = pytest.mark.usefixtures("firm")

#: Values that nothing in the company has.
NOWHERE: dict[str, dict[str, Any]] = {
    "team": {"teams": (99_999,)},
    "owner": {"owners": (99_999,)},
    "product": {"products": (99_999,)},
    "pipeline": {"pipelines": (99_999,)},
    "source": {"sources": ("Nowhere",)},
    "campaign": {"campaigns": (99_999,)},
}
#: They read all failures each time, and share one filter.
SLOW = ("failure-", "failures-", "maintenance-", "life-", "parts-")


@pytest.mark.parametrize("name", [name for name in kinds() if not name.startswith(SLOW)])
def test_a_report_is_narrowed_by_what_it_takes_and_names_what_it_does_not(name):
    takes = kinds()[name].takes
    other = {
        key: value
        for one, key_value in NOWHERE.items()
        if one not in takes
        for key, value in key_value.items()
    }

    with reading(person("Helene Brandt")) as session:
        whole = to_json(run_report(session, name))
        narrowed = [
            run_report(session, name, SalesFilter(**NOWHERE[one])).n for one in takes if one in NOWHERE
        ]
        same = to_json(run_report(session, name, SalesFilter(**other)))

    assert set(narrowed) <= {0}
    assert {**same, "as_of": 0, "notes": 0} == {**whole, "as_of": 0, "notes": 0}
    left = ", ".join(one.capitalize() for one in NOWHERE if one not in takes)
    assert not other or f"This report cannot be narrowed by {left}; it counts all." in same["notes"]
