"""Whatever stands in the headers of a call ends in an answer."""

from hypothesis import given
from hypothesis import strategies as st

from crm.access.setup import FirstPerson, start_empty
from tests.http.conftest import client as edge_client
from tests.http.test_api_fuzz import BOUNDED, answered


def test_odd_tokens_and_keys_end_in_a_sentence(sqlite_database):
    """Through the edge: whatever stands in the headers, and nobody without a right token gets further than 401."""
    with edge_client() as web:
        token = start_empty(
            FirstPerson(name="Ana Kos", email="ana@example.com", password="blue teapot sings")
        )
        visible = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)

        @BOUNDED
        @given(
            st.one_of(visible, visible.map("Bearer {}".format), visible.map("bearer rapport_{}".format)),
            visible,
        )
        def run(authorization, key):
            web.cookies.clear()
            asked = {
                "Authorization": authorization.encode("latin-1"),
                "Idempotency-Key": key.encode("latin-1"),
            }
            answer = web.post("/api/contact", json={"name": "Ana"}, headers=asked)
            assert answer.status_code in (401, 429)
            answered(answer)
            web.cookies.set("rapport_session", token)
            answered(web.post("/api/contact", json={"name": "Ana"}, headers=asked))

        run()
