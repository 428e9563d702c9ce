"""Whatever is sent to the API is answered by a sentence: never by a bug, and what is refused leaves nothing behind."""

import base64
import json
import time

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core import NotSet
from starlette.testclient import TestClient

from crm.access.actors import find_actor
from crm.access.setup import FirstPerson, start_empty
from crm.http.api import api
from crm.http.bodies import _unreadable
from crm.http.calls.once import asking
from crm.records import registry
from crm.records.fields import Kind
from crm.records.lists import further_filters
from tests.factories import make

BOUNDED = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
#: What JSON can hold, and much of what breaks programs that only know what they expect.
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12),
    st.sampled_from([
        "", " ", "\u0000", "a\nb", "a\r\nb", "\u2028", "1e400", "nan", "-", "2026-13-45", "0001-01-01", "9" * 400, 10**30, -1,
        2**63, 1e308, [], {}, [[]], {"from": None}, [None], ["(blank)"], "(blank)", {"from": "x"}, {"from": {}, "to": []},
        [1, "x", None], "𝔘𝔫𝔦", "é" * 300, True, "2026-02-30T25:61:00Z", "2026-02-03T10:00:00", "=1+1",
    ]),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=4)), max_size=3),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)  # fmt: skip


@pytest.fixture(scope="module")
def called(sqlite_template):
    """The API as an administrator reaches it, over a record of each kind that needs nothing else."""
    from tests.conftest import _copied, _in_force

    with pytest.MonkeyPatch.context() as patch:
        for _url in _in_force(_copied(sqlite_template), patch):
            start_empty(FirstPerson(name="Ana Kos", email="ana@example.com", password="blue teapot sings"))
            ana = find_actor(1)
            for entity in (
                "organisation",
                "contact",
                "product",
                "deal",
                "task",
                "lead",
                "case",
                "segment",
                "campaign",
            ):
                make(ana, entity)
            app = api()
            app.dependency_overrides[asking] = lambda: ana  # noqa: B023 - one turn
            with TestClient(app) as client:
                yield client


def answered(answer):
    """An answer with a body that can be read; a problem is one of RFC 9457 and has a sentence."""
    body = answer.json()
    assert answer.status_code < 500, body
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert body["status"] == answer.status_code
        assert all((body["detail"], body["error"])), body
        assert all(one["message"] for one in body.get("problems", ())), body
    return body


def sent(client, method, path, body):
    return answered(
        client.request(method, path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    )


@pytest.mark.parametrize("entity", registry.names())
def test_odd_values_of_every_field_end_in_a_sentence(called, entity):
    names = st.sampled_from(sorted(registry.entity(entity).by_name))

    @BOUNDED
    @given(st.dictionaries(names, ODD, max_size=4), st.one_of(st.integers(-1, 5), ODD))
    def run(values, version):
        sent(called, "POST", f"/{entity}", values)
        sent(called, "PATCH", f"/{entity}/1", {"values": values, "version": version})
        sent(
            called,
            "POST",
            f"/{entity}/bulk",
            {"rows": [values, {"id": version, "version": version, **values}]},
        )

    run()


@pytest.mark.parametrize("entity", registry.names())
def test_odd_filters_sorts_and_cursors_end_in_a_sentence(called, entity):
    about = registry.entity(entity)
    names = st.sampled_from(sorted({*about.by_name, *further_filters(entity), "id", "password", "custom"}))
    sorts = st.sampled_from(
        sorted({f.name for f in about.fields if f.sortable or f.kind is Kind.TAGS} | {"id", "x", ""})
    )
    cursors = st.builds(
        lambda kind, value, row: base64.urlsafe_b64encode(json.dumps([kind, value, row]).encode()).decode(),
        st.sampled_from(["v", "n", "t", "d", "x", 1]), ODD, ODD,
    )  # fmt: skip

    @BOUNDED
    @given(
        st.dictionaries(names, ODD, max_size=2), sorts, st.one_of(cursors, st.text(max_size=8)), st.booleans()
    )
    def run(filters, sort, after, descending):
        asked = {"sort": sort, "after": after, "descending": descending} if sort else {"after": after}
        answered(called.get(f"/{entity}", params={"filters": json.dumps(filters)}))
        answered(called.get(f"/{entity}", params=asked))

    run()


OPERATIONS = [
    found.ok() for found in schemathesis.openapi.from_asgi("/openapi.json", api()).get_all_operations()
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_what_the_description_allows_is_answered(called, operation):
    @BOUNDED
    @given(operation.as_strategy())
    def run(case):
        body = {} if isinstance(case.body, NotSet) else {"content": json.dumps(case.body)}
        headers = {
            "Content-Type": "application/json",
            **{k: v for k, v in (case.headers or {}).items() if v.isascii()},
        }
        answered(
            called.request(
                case.method, case.formatted_path, params=dict(case.query or {}), headers=headers, **body
            )
        )

    run()


@pytest.mark.parametrize(("body", "says"), [
    ('{"name": NaN}', "“NaN” is not a number"), ('{"name": "A", "name": "B"}', "“name” is given twice"),
    ('{"name": -Infinity}', "Infinity"), ("[" * 100_000, "not valid JSON"), ('{"name": ' + "9" * 5_000 + "}", "not valid JSON"),
    ("{", "not valid JSON"), ("\xff", "not valid JSON"),
])  # fmt: skip
def test_what_is_no_json_is_refused_by_a_sentence(called, body, says):
    answer = called.post(
        "/contact", content=body.encode("latin-1"), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert says in answered(answer)["detail"]


@pytest.mark.parametrize("field", ["name", "first_name", "source"])
@pytest.mark.parametrize("value", ["Ana\nKos", "Ana\u2028Kos", "a\u0007b", True, 1e400])
def test_a_line_stays_one_and_a_text_a_text(called, field, value):
    body = json.dumps({"name": "Ana", field: value}).replace("Infinity", "1e400")
    answer = called.post("/contact", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert [one["field"] for one in answered(answer)["problems"]] == [field]


def test_a_body_is_bounded_as_declared_and_as_sent(called):
    def endless():
        for _ in range(10_000):
            yield b" " * 10_000

    declared = called.post("/contact", content=b"{}", headers={"Content-Length": str(10**9)})
    real = called.post("/contact", content=endless(), headers={"Transfer-Encoding": "chunked"})

    assert (declared.status_code, real.status_code) == (413, 413)
    assert "at most 8 megabytes" in answered(real)["detail"]


def test_a_name_given_twice_among_many_is_found_in_one_look():
    body = json.dumps({f"a{n}": 1 for n in range(30_000)})[:-1] + ', "a29999": 2}'

    began = time.process_time()

    assert "“a29999” is given twice" in _unreadable(body.encode())
    assert time.process_time() - began < 2
