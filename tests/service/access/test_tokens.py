"""Tokens on both databases: made, narrowed, used, ended."""

from sqlalchemy import select

from crm.access import sessions
from crm.access.actors import find_actor
from crm.access.tokens import tokens
from crm.work import SYSTEM, reading, unit_of_work
from db.models import ApiToken
from tests.factories import make_people


def test_a_token_lives_from_its_making_to_its_end(database):
    stan = find_actor(make_people()["stan"])
    with unit_of_work(stan) as work:
        token_id, token = tokens.make_token(work, name="Sync", entities=["deal"], may_write=True)
    hashed = sessions.hash_of(token)

    caller = tokens.caller_of(hashed)

    assert tokens.is_live(hashed)
    assert (caller.token_id, caller.actor.user_id) == (token_id, stan.user_id)
    assert (caller.actor.reach("deal", "update"), caller.actor.reach("contact", "read")) == ("team", "none")
    with reading(SYSTEM) as session:
        assert session.scalar(select(ApiToken.used_at)) is not None
    with unit_of_work(SYSTEM) as work:
        tokens.end_tokens_of(work, user_id=stan.user_id)
    assert (tokens.is_live(hashed), tokens.caller_of(hashed)) == (False, None)
    with reading(stan) as session:
        assert [(row.state, row.entities) for row in tokens.list_tokens(session)] == [("ended", ("deal",))]
