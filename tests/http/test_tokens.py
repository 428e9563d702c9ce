"""A program by its token: as its person or narrower, never further, and out at once when either ends."""

import json
import logging
import zipfile
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from typer.testing import CliRunner

from crm.access import users
from crm.access.cli import issue_session
from crm.access.people import save_grants
from crm.access.tokens import tokens
from crm.clock import now
from crm.commands import app
from crm.errors import CrmError, NotAllowed, NotFound, Refused
from crm.exchange.export import export_csv
from crm.keeping.keeping import back_up, restore
from crm.records import registry
from crm.work import SYSTEM, reading, unit_of_work
from db.models import ApiToken, Role
from db.session import database_url
from tests.factories import make, make_people


@pytest.fixture
def people(web):
    return make_people()


@pytest.fixture
def acting(people):
    from crm.access.actors import find_actor

    return lambda name: find_actor(people[name])


@pytest.fixture
def made(people, acting):
    """``made("stan", may_write=True)``: a token of somebody."""

    def make_one(who, **more):
        with unit_of_work(acting(who)) as work:
            return tokens.make_token(work, **{"name": "Nightly sync", **more})[1]

    return make_one


def call(web, token, path="/api/contact", method="GET", **more):
    return web.request(
        method, path, headers={"Authorization": f"Bearer {token}", **more.pop("headers", {})}, **more
    )


def refused(answer, status=401):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["detail"]
    return True


class TestReach:
    def test_a_token_reads_what_its_person_reads_and_writes_only_when_said(self, web, made, acting):
        mine, other = make(acting("stan"), "contact"), make(acting("sue"), "contact")
        reads, writes = made("stan"), made("stan", may_write=True)

        assert call(web, reads).json()["total"] == 1
        assert call(web, reads, f"/api/contact/{other['id']}").status_code == 404
        change = {"json": {"values": {"city": "Bled"}, "version": 1}, "method": "PATCH"}
        assert refused(call(web, reads, f"/api/contact/{mine['id']}", **change), 403)
        assert refused(call(web, reads, "/api/contact", "POST", json={"name": "New"}), 403)
        assert refused(call(web, reads, "/api/contact/bulk", "POST", json={"rows": [{"name": "New"}]}), 403)
        assert refused(call(web, reads, f"/api/contact/{mine['id']}?version=1", "DELETE"), 403)
        assert call(web, writes, f"/api/contact/{mine['id']}", **change).json()["city"] == "Bled"
        assert refused(call(web, writes, f"/api/contact/{other['id']}", **change), 404)

    def test_only_the_kinds_of_record_that_were_chosen(self, web, made, acting):
        firm = make(acting("mona"), "organisation")
        token = made("mona", may_write=True, entities=["contact"])

        assert call(web, token, "/api/contact", "POST", json={"name": "Ana"}).status_code == 201
        assert refused(call(web, token, "/api/organisation"), 403)
        assert refused(call(web, token, f"/api/organisation/{firm['id']}"), 403)
        assert refused(call(web, token, f"/api/organisation/{firm['id']}/files"), 404)
        linked = call(web, token, "/api/contact", "POST", json={"name": "Bo", "organisation_id": firm["id"]})
        assert refused(linked, 422) or linked.status_code == 403
        assert call(web, token).json()["total"] == 1

    @pytest.mark.parametrize("entity", registry.names())
    def test_a_token_that_reads_writes_nothing_of_any_kind(self, web, made, entity):
        token = made("ada")

        assert call(web, token, f"/api/{entity}").status_code == 200
        assert refused(call(web, token, f"/api/{entity}", "POST", json={}), 403)
        assert refused(call(web, token, f"/api/{entity}/bulk", "POST", json={"rows": [{}]}), 403)

    def test_nothing_beyond_the_person_at_that_moment(self, web, made, people, acting):
        make(acting("sue"), "contact")
        token = made("mona", may_write=True)
        assert call(web, token).json()["total"] == 1
        with unit_of_work(acting("ada")) as work:
            role = work.session.scalars(select(Role).where(Role.key == "manager")).one()
            save_grants(work, role_id=role.id, cells={("contact", "read"): "own"}, seen_version=role.version)

        assert call(web, token).json()["total"] == 0

    def test_an_administrators_token_for_some_kinds_has_no_door_of_the_role(self, acting):
        ada = acting("ada")
        half = tokens.narrowed(ada, may_write=True, entities=["deal"])

        assert (half.role, half.reach("deal", "update"), half.reach("contact", "read")) == ("", "all", "none")
        assert (ada.reach("contact", "update"), half.reach("user", "read")) == ("all", "none")

    def test_screens_and_sockets_do_not_take_tokens(self, web, made):
        token = made("ada")

        for path in ("/people", "/auth/me", "/media/x.csv", "/_stcore/host-config"):
            assert call(web, token, path).status_code in (401, 307)

    def test_a_wrong_token_is_not_mended_by_a_session(self, web, made, people):
        web.cookies.set("rapport_session", issue_session("ada@example.com"))

        assert web.get("/api/contact").status_code == 200
        assert refused(call(web, "rapport_nonsense"))

    def test_its_files_come_by_the_token_too(self, web, made, acting):
        firm = make(acting("stan"), "organisation")
        token = made("stan", may_write=True)
        place = f"/api/organisation/{firm['id']}/files"
        file = call(web, token, place, "POST", json={"name": "plan.txt", "content": "aGVsbG8="}).json()["id"]

        assert call(web, token, f"/files/{file}").content == b"hello"
        assert refused(call(web, made("sue"), f"/files/{file}"), 404)
        assert refused(call(web, "rapport_nonsense", f"/files/{file}"))


class TestEnd:
    def test_revoked_expired_or_unknown_is_out_at_once(self, web, made, acting, at_noon):
        token, short = made("stan"), made("stan", days=1)
        assert call(web, token).status_code == 200
        with unit_of_work(acting("stan")) as work:
            row = next(r for r in tokens.list_tokens(work.session) if token.startswith(r.prefix))
            tokens.revoke_token(work, row.id)

        answer = call(web, token)

        assert refused(answer)
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert web.get("/api/contact").headers["www-authenticate"] == 'Bearer realm="Rapport"'
        assert call(web, short).status_code == 200
        with time_machine.travel(now() + timedelta(days=1, seconds=1), tick=False):
            assert refused(call(web, short))

    def test_whoever_is_switched_off_is_out_and_a_new_password_ends_tokens(self, web, made, people, acting):
        first, second = made("stan"), made("vic")
        with unit_of_work(acting("ada")) as work:
            stan = work.session.get(users.User, people["stan"])
            users.change_user(
                work, user_id=stan.id, values={"is_active": False}, role_id=stan.role_id, teams=(), seen_version=stan.version
            )  # fmt: skip
            users.set_password(work, user_id=people["vic"], password="grey lantern walks")

        assert refused(call(web, first))
        assert refused(call(web, second))
        with unit_of_work(SYSTEM) as work:
            work.session.get(users.User, people["stan"]).is_active = True
        assert refused(call(web, first))

    def test_another_process_ends_it_here(self, web, made, acting, nursery, tmp_path):
        token = made("stan")
        assert call(web, token).status_code == 200
        with reading(acting("stan")) as session:
            (row,) = tokens.list_tokens(session)
        said, env = tmp_path / "said", {"CRM_DATABASE_URL": database_url(), "PATH": "/usr/bin:/bin"}
        said.touch()

        done = nursery.start("crm", "token", "revoke", str(row.id), "--json", env=env, output=said)

        assert done.wait(60) == 0, said.read_text()
        assert json.loads(said.read_text())["state"] == "ended"
        assert refused(call(web, token))

    def test_only_its_person_and_who_keeps_users_revokes_it(self, made, acting):
        made("mona")
        with reading(acting("mona")) as session:
            (row,) = tokens.list_tokens(session)
        with pytest.raises(NotFound), unit_of_work(acting("stan")) as work:
            tokens.revoke_token(work, row.id)
        with pytest.raises(NotAllowed), reading(acting("stan")) as session:
            tokens.list_tokens(session, everybody=True)
        with unit_of_work(acting("ada")) as work:
            assert tokens.revoke_token(work, row.id) == "Nightly sync"
        with reading(acting("ada")) as session:
            assert [(r.who, r.state) for r in tokens.list_tokens(session, everybody=True)] == [
                ("Mona", "ended")
            ]

    def test_wrong_ones_are_limited_and_right_ones_pass(self, web, made, at_noon):
        token = made("stan")
        answers = [call(web, f"rapport_{n}") for n in range(12)]

        assert [a.status_code for a in answers] == [401] * 10 + [429] * 2
        assert refused(answers[-1], 429)
        assert 0 < int(answers[-1].headers["retry-after"]) <= 61
        assert call(web, token).status_code == 200


class TestMaking:
    @pytest.mark.parametrize(
        ("values", "field"),
        [({"name": " "}, "name"), ({"name": "a\nb"}, "name"), ({"name": "x" * 81}, "name"), ({"days": 0}, "days"),
         ({"days": 366}, "days"), ({"days": 4_000, "longer_than_a_year": True}, "days"), ({"entities": []}, "entities"),
         ({"entities": ["credential"]}, "entities")],
    )  # fmt: skip
    def test_what_is_wrong_is_named(self, made, values, field):
        with pytest.raises(Refused) as error:
            made("stan", **values)
        assert [p.field for p in error.value.problems] == [field]

    def test_only_what_one_sees_oneself_can_be_chosen(self, acting, people):
        with unit_of_work(SYSTEM) as work:
            role = work.session.scalars(select(Role).where(Role.key == "staff")).one()
            save_grants(work, role_id=role.id, cells={("deal", "read"): "none"}, seen_version=role.version)

        assert "deal" in tokens.kinds(acting("mona"))
        assert "deal" not in tokens.kinds(acting("stan"))

    def test_a_year_is_passed_only_by_saying_so_and_ninety_days_are_usual(self, made, acting, at_noon):
        made("stan", days=400, longer_than_a_year=True)
        made("stan")
        with reading(acting("stan")) as session:
            lives = [(row.expires_at - row.made_at).days for row in tokens.list_tokens(session)]
        assert lives == [90, 400]

    def test_there_are_at_most_so_many(self, made, monkeypatch):
        monkeypatch.setattr(tokens, "MOST_TOKENS", 1)
        made("stan")
        with pytest.raises(Refused, match="Revoke one"):
            made("stan")

    def test_the_last_use_is_written_once_a_minute(self, web, made, acting, at_noon):
        token = made("stan")

        def used():
            with reading(SYSTEM) as session:
                return session.scalar(select(ApiToken.used_at))

        begun = now()
        assert used() is None
        for seconds, expected in ((0, 0), (59, 0), (60, 60)):
            with time_machine.travel(begun + timedelta(seconds=seconds), tick=False):
                call(web, token)
                assert used() == begun + timedelta(seconds=expected)


class TestSecret:
    def test_it_stands_in_no_table_backup_export_or_log(self, web, made, acting, tmp_path, caplog, capfd):
        caplog.set_level(logging.DEBUG)
        token = made("ada", may_write=True)
        call(web, token)
        call(web, token, "/api/contact", "POST", content="{")
        call(web, token + "x")
        back_up(tmp_path / "b.zip")

        secret = token.removeprefix("rapport_")[tokens.SHOWN :]
        with zipfile.ZipFile(tmp_path / "b.zip") as packed:
            assert not any(secret.encode() in packed.read(name) for name in packed.namelist())
        with reading(acting("ada")) as session:
            assert secret not in b"".join(export_csv(session, "user", columns=["name"])).decode()
        said = "".join(capfd.readouterr())
        assert secret not in caplog.text + said
        for entity in ("api_token", "ApiToken", "api_tokens"):
            assert refused(call(web, token, f"/api/{entity}"), 404)

    def test_a_token_of_a_backup_does_not_come_back_to_life(self, web, made, acting, tmp_path):
        token = made("ada")
        back_up(tmp_path / "b.zip")

        restore(tmp_path / "b.zip", overwrite=True)

        assert refused(call(web, token))


class TestCommands:
    def test_made_listed_and_revoked(self, web, people):
        run = CliRunner().invoke
        made = run(
            app,
            [
                "token",
                "make",
                "--email",
                "stan@example.com",
                "--name",
                "Sync",
                "--only",
                "contact,deal",
                "--json",
            ],
        )
        token = json.loads(made.stdout)["token"]
        assert call(web, token).status_code == 200
        listed = run(app, ["token", "list"]).stdout
        assert token not in listed
        assert all(part in listed for part in (token[:14], "live", "read contact,deal", "Sync (Stan)"))
        (row,) = json.loads(run(app, ["token", "list", "--email", "stan@example.com", "--json"]).stdout)
        assert (row["entities"], row["may_write"], "token_hash" in row) == (["contact", "deal"], False, False)

        assert run(app, ["token", "revoke", str(row["id"])]).exit_code == 0
        assert refused(call(web, token))

    @pytest.mark.parametrize(
        ("more", "told"),
        [(["make", "--email", "no@example.com", "--name", "x"], "no@example.com"), (["revoke", "77"], "77"),
         (["make", "--email", "stan@example.com", "--name", "x", "--days", "400"], "say that you mean it"),
         (["make", "--email", "stan@example.com", "--name", "x", "--only", "deals"], "“deals”")],
    )  # fmt: skip
    def test_what_is_wrong_is_said(self, people, more, told):
        done = CliRunner().invoke(app, ["token", *more])

        assert done.exit_code == 1
        assert told in done.stderr


def test_the_scope_is_asked_before_a_token_is(acting, made):
    """Nobody's own session reads or writes the table."""
    made("stan")
    with pytest.raises(CrmError), unit_of_work(acting("ada")) as work:
        work.session.add(ApiToken(token_hash="x", user_id=1, name="x", prefix="x", expires_at=work.now))
    with reading(acting("ada")) as session:
        assert session.scalars(select(ApiToken)).all() == []
