"""``/forms/<slug>``: a web form, answered once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from crm.campaigns.forms import forms
from crm.campaigns.forms.questions import CONSENT_WORDS, LENGTHS
from crm.errors import Refused
from crm.http.edge import address_of
from crm.http.public import message, posted, shown, told
from crm.i18n import _

#: Thirty fields of which several are long, with room for letters that take several bytes.
MOST_BYTES = 200_000
_TYPES = {"email": "email", "phone": "tel"}
_AUTOCOMPLETE = {"name": "name", "email": "email", "phone": "tel", "company": "organization"}


async def _page(
    form: forms.PublicForm,
    *,
    sent: Mapping[str, str],
    token: str,
    error: str = "",
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    return await shown(
        "form.html",
        status=status,
        form=form,
        token=token,
        values=defaultdict(str, sent),
        error=error,
        problems=defaultdict(str, problems or {}),
        types=_TYPES,
        autocomplete=_AUTOCOMPLETE,
        lengths=LENGTHS,
        words=CONSENT_WORDS,
    )


async def _thanked(received: forms.Received) -> Response:
    text = received.thanks or (
        _("Your message has arrived.")
        if received.number_later
        else _("Your message has arrived. We will be in touch as soon as we can.")
    )
    if received.case_number:
        number = _("The number of your request is {number}.").format(number=received.case_number)
        text = f"{text}\n\n{number}"
    elif received.number_later:
        later = {
            "mail": _("Somebody reads it first. Then its number comes to the e-mail address that you gave."),
            "open": _("Somebody reads it first, so it has no number yet."),
        }[received.number_later]
        text = f"{text}\n\n{later}"
    return await message(_("Thank you"), text)


async def _answered(request: Request, form: forms.PublicForm) -> Response:
    sent = await posted(request, most_bytes=MOST_BYTES)
    token = sent.get("token", "")
    try:
        received = await run_in_threadpool(
            forms.receive,
            form,
            token=token,
            sent={name.removeprefix("f_"): text for name, text in sent.items() if name.startswith("f_")},
            ticked={name.removeprefix("consent_") for name in sent if name.startswith("consent_")},
            trap=sent.get("website", ""),
            address=address_of(request),
        )
    except forms.TooManyAnswers as many:
        answer = await message(_("Please wait a little"), many.message, status=many.status)
        answer.headers["Retry-After"] = str(many.retry_after)
        return answer
    except Refused as refused:
        problems = {problem.field: problem.message for problem in refused.problems}
        token = await run_in_threadpool(forms.token_for_next_try, form, token)
        return await _page(
            form, sent=sent, token=token, error=refused.message, problems=problems, status=refused.status
        )
    return await _thanked(received)


async def _form(request: Request) -> Response:
    form = await run_in_threadpool(forms.public_form, request.path_params["slug"])
    if request.method == "POST":
        return await _answered(request, form)
    return await _page(form, sent={}, token=await run_in_threadpool(forms.new_token, form))


def form_routes() -> list[BaseRoute]:
    """The addresses of web forms."""
    return [Route("/forms/{slug:path}", told(_form), methods=["GET", "POST"])]
