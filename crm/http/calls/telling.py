"""What the API says of itself: its description, and every problem in the form of RFC 9457."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from crm.errors import CrmError, Problem, Refused
from crm.http import problems
from crm.http.calls.who import COOKIE
from crm.i18n import _
from crm.records import registry

log = structlog.get_logger(__name__)


def tell_problems(app: FastAPI) -> None:
    """Let every refusal and every bug be told in one form."""
    app.add_exception_handler(CrmError, _told)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _other)
    app.add_exception_handler(Exception, _bug)


def known_parameters(request: Request) -> None:
    """Refuse what no call takes: a condition whose name is misspelt would bring every record.

    Raises
    ------
    Refused
        A parameter that this call does not know, or one that is given twice.
    """
    known = {one.alias for one in request.scope["route"].dependant.query_params}
    given = [name for name, _value in request.query_params.multi_items()]
    wrong = [name for name in given if name not in known or given.count(name) > 1]
    if wrong:
        names = ", ".join(sorted(known)) or "–"
        text = _("“{name}” is unknown here or given twice. Possible: {names}.")
        said = text.format(name=wrong[0][:80], names=names)
        raise Refused(said, problems=[Problem(wrong[0][:80], said)])


def describing(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """The description with the names of all kinds of record, which are known only when somebody asks."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        found = plain()
        found["security"] = [{"token": []}, {"session": []}]
        found.setdefault("components", {})["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "A token of a person."},
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": COOKIE,
                "description": "A browser's session.",
            },
        }
        for operations in found["paths"].values():
            for operation in operations.values():
                for parameter in operation.get("parameters", ()):
                    if parameter["name"] == "entity":
                        parameter["schema"] = {"type": "string", "enum": list(registry.names())}
        return found

    return described


def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CrmError)
    return problems.told(error)


def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [Problem(".".join(map(str, p["loc"])), str(p["msg"])) for p in error.errors()]
    named = ", ".join(dict.fromkeys(one.field for one in found))
    detail = _("The request is not as it should be. Look at: {names}.").format(names=named)
    return problems.problem(422, "Refused", detail, problems=found)


def _other(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problems.problem(404, "NotFound", _("There is nothing at this address."))
    if error.status_code != 405:
        answer = problems.problem(error.status_code, "Refused", str(error.detail))
        answer.headers.update(error.headers or {})
        return answer
    found = (r for r in request.app.routes if r.matches(request.scope)[0] is not Match.NONE)
    allowed = ", ".join(sorted({method for route in found for method in route.methods} | {"HEAD"}))
    text = _("Nothing here takes {method}. Possible: {names}.")
    answer = problems.problem(405, "Refused", text.format(method=request.method[:20], names=allowed))
    answer.headers["Allow"] = allowed
    return answer


def _bug(_request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(3).upper()
    log.error("API error", reference=reference, exc_info=error)
    text = _("Something went wrong on our side. Number {reference}.").format(reference=reference)
    return problems.problem(500, "Bug", text)
