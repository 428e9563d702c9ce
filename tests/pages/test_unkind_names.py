"""A company whose every text is Markdown and HTML: no screen makes a browser fetch, run or even embolden any of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import streamlit as st
from google.protobuf.descriptor import FieldDescriptor
from sqlalchemy import String, text
from streamlit.testing.v1 import AppTest

from crm.records import registry
from crm.ui.frame.routes import screens
from db.models import Base
from tests import stored
from tests.pages.conftest import ROOT, SECONDS, opened

EVIL = "![i](http://host.example/x) **V** <img src=x> :red[r] $a$"
#: What stays of it where Markdown was not taken from it, where an address became a link, and where HTML was not taken.
SIGNS = ("![i](http", "http://host.example", "**V**", ":red[r]")
#: Slots of widgets that show a text as it stands: typed values, choices of lists, names of files, addresses, keys.
LITERAL = {
    ("selectbox", "options"), ("selectbox", "raw_value"), ("selectbox", "placeholder"), ("multiselect", "options"),
    ("multiselect", "raw_values"), ("multiselect", "placeholder"), ("text_input", "default"), ("text_input", "value"),
    ("text_input", "placeholder"), ("text_area", "default"), ("text_area", "value"), ("text_area", "placeholder"),
    ("text", "body"), ("code", "code_text"), ("code_block", "code_text"), ("chat_message", "name"),
    ("bidi_component", "json"),  # our own scripts set it as text
}  # fmt: skip
#: Names of columns that people fill with words of their own.
WORDS = (
    "name",
    "title",
    "subject",
    "body",
    "notes",
    "description",
    "summary",
    "report",
    "label",
    "reason",
    "city",
    "text",
)


@pytest.fixture(scope="module")
def company(sqlite_template: Path):
    """The kept company of an earlier schema, upgraded, with the unkind text in every field that takes words."""
    from db import migrate, session
    from tests.conftest import _in_force

    with pytest.MonkeyPatch.context() as patch:
        place = sqlite_template.with_name("unkind.db")
        place.unlink(missing_ok=True)
        for _url in _in_force(f"sqlite:///{place}", patch):
            stored.load(session.engine(), stored.of_file(ROOT / "tests" / "data" / "company_0014.json"))
            migrate.upgrade(session.engine())
            with session.engine().connect().execution_options(system=True) as connection, connection.begin():
                columns = [c for table in Base.metadata.tables.values() for c in table.c if _takes_words(c)]
                for column in columns:
                    room = min((column.type.length or 4000) - len(EVIL) - 14, 20)
                    unkind = f"substr({column.name}, 1, {room}) || :e || ' ' || id"
                    sql = f"UPDATE {column.table.name} SET {column.name} = {unkind} WHERE {column.name} IS NOT NULL"
                    connection.execute(text(sql), {"e": EVIL})
                connection.execute(
                    text("UPDATE settings SET value = json_set(value, '$.name', :e) WHERE name = 'firm'"),
                    {"e": EVIL},
                )
            yield


def _takes_words(column) -> bool:
    if (
        not isinstance(column.type, String)
        or (column.type.length or 4000) < len(EVIL) + 20
        or column.foreign_keys
    ):
        return False
    kind = column.info.get("kind")
    return (kind in ("text", "longtext") and column.name != "slug") or (kind is None and column.name in WORDS)


def slots(message, path=()):
    """Every text of a proto with the names of the fields that lead to it."""
    for field, value in message.ListFields():
        many = list(value) if field.is_repeated else [value]
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if field.message_type.GetOptions().map_entry:
                many = [v for v in value.values() if hasattr(v, "ListFields")]
            for one in many:
                yield from slots(one, (*path, field.name))
        elif field.type == FieldDescriptor.TYPE_STRING:
            yield from (((*path, field.name), one) for one in many)


def protos(app: AppTest):
    """The proto of every element and block, whatever AppTest knows of it."""
    ahead = [app._tree]
    while ahead:
        node = ahead.pop()
        ahead.extend(getattr(node, "children", {}).values())
        proto = getattr(node, "proto", None)
        if proto is not None and hasattr(proto, "ListFields"):
            yield getattr(node, "type", ""), proto


def drawn(figure):
    """Every text that a chart draws or says: of what is behind its points only that which a template takes."""
    if isinstance(figure, str):
        yield figure
    elif isinstance(figure, list):
        for one in figure:
            yield from drawn(one)
    elif isinstance(figure, dict):
        asked = " ".join(str(figure.get(name, "")) for name in ("hovertemplate", "texttemplate"))
        for name, value in figure.items():
            if name == "customdata" and isinstance(value, list):
                rows = (row if isinstance(row, list) else [row] for row in value)
                yield from (
                    str(c) for row in rows for at, c in enumerate(row) if f"customdata[{at}]" in asked
                )
            else:
                yield from drawn(value)


def offences(app: AppTest):
    for kind, proto in protos(app):
        for path, value in slots(proto):
            if path[-1] in ("id", "form_id", "key", "alt") or (kind, path[-1]) in LITERAL:
                continue
            if path[-1] == "spec" or "figure" in path:
                yield from ((kind, path, one[:120]) for one in drawn(json.loads(value)) if "<img" in one)
            elif any(sign in value for sign in SIGNS):
                at = min(value.find(sign) for sign in SIGNS if sign in value)
                yield kind, path, value[max(0, at - 40) :][:120]


def administrator() -> int:
    from sqlalchemy import select

    from crm.work import SYSTEM, unit_of_work
    from db.models import Role, User

    with unit_of_work(SYSTEM) as work:
        role = work.session.scalar(select(Role.id).where(Role.key == "administrator"))
        user = work.session.scalars(
            select(User).where(User.is_active).order_by(User.role_id != role, User.id)
        ).first()
        user.role_id, user.email = role, user.email or "ada@example.com"
        return user.id


def records_of(screen: str) -> list[int]:
    """The newest records of the entity whose page a screen is."""
    from sqlalchemy import select

    from crm.work import SYSTEM, reading

    card = next((card for card in registry.cards() if card.page == screen and card.screen != screen), None)
    if card is None:
        return []
    with reading(SYSTEM) as session:
        statement = select(card.model.id).order_by(card.model.id.desc()).limit(1)
        if hasattr(card.model, "archived_at"):
            statement = statement.where(card.model.archived_at.is_(None))
        return list(session.scalars(statement))


@pytest.mark.parametrize("screen", sorted(screens()))
def test_no_slot_of_a_screen_takes_markdown_or_html_from_a_name(company, screen, monkeypatch):
    from crm.access import signing

    monkeypatch.setenv("RAPPORT_EDGE_KEY", "")
    signing.open_edge()
    st.cache_data.clear()
    user, found = administrator(), []
    for record in records_of(screen) or [None]:
        app = opened(screen, user, seconds=SECONDS * 3, **({} if record is None else {"id": record}))
        if app.exception:
            found.append(("exception", record, app.exception[0].value))
        found += offences(app)
        for at, switch in enumerate(app.get("button_group")):
            for choice in list(getattr(switch, "options", []))[:5]:
                again = opened(
                    screen, user, seconds=SECONDS * 3, **({} if record is None else {"id": record})
                )
                groups = again.get("button_group")
                if at < len(groups):
                    try:
                        groups[at].select(groups[at].options[list(switch.options).index(choice)]).run()
                    except Exception as error:
                        found.append(("switch", at, repr(error)[:100]))
                        continue
                    found += offences(again)
    st.cache_data.clear()
    assert not found, "\n".join(sorted({json.dumps(one, ensure_ascii=False, default=str) for one in found}))
