"""What the screens, the command line and the jobs call: import by profile, undo, look back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import select

from crm.errors import Bad, Problem, Refused
from crm.exchange import entities
from crm.exchange.asking.profile import read_profile
from crm.exchange.storing import plan as plans
from crm.exchange.storing.engine import Progress, run_import
from crm.exchange.storing.plan import Plan
from crm.exchange.storing.report import ImportReport
from crm.exchange.values.texts import choose
from crm.firm.defaults import ensure_defaults
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Entity, Field, Kind
from crm.records.matching import name_key
from crm.work import SYSTEM, Actor, reading, unit_of_work


def load_profile(text: str) -> Plan:
    """The plan of a profile, checked against the registry.

    Raises
    ------
    Refused
        Every mistake of the profile at once.
    """
    return read_profile(text, find_entity=_entity, linked=registry.is_known)


def _entity(name: str) -> Entity | None:
    return entities.entity(name) if name in registry.names() else None


def import_profile(
    actor: Actor,
    profile: Path,
    *,
    data: Path,
    dry_run: bool = False,
    resume: int | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the files that a profile names.

    Parameters
    ----------
    profile : Path
        The TOML file.
    data : Path
        The folder of the files; names in the profile are relative to it and may not leave it.

    Raises
    ------
    Refused
        Mistakes in the profile, files or columns missing; everything is said at once and nothing is stored.
    """
    try:
        # The Windows editor writes a mark in front of UTF-8.
        plan = load_profile(profile.read_text("utf-8-sig"))
    except OSError as error:
        raise Refused(_("There is no profile {name}.").format(name=profile)) from error
    except UnicodeError as error:
        raise Refused(_("The profile {name} is not UTF-8 text. Save it so.").format(name=profile)) from error
    demand_words(actor, plan)
    return run_import(actor, plan, find_files(plan, data), dry_run=dry_run, resume=resume, progress=progress)


def demand_words(actor: Actor, plan: Plan) -> None:
    """Refuse choices, stages and other rows of small tables that a plan means and that do not exist.

    Raises
    ------
    Refused
        All of them, before anything is read or stored.
    """
    problems: list[Problem] = []
    with unit_of_work(SYSTEM, cause="setup") as work:
        ensure_defaults(work, {step.entity for step in plan.steps})
    with reading(actor) as session:
        for at, step in enumerate(plan.steps, 1):
            for name, told in step.values.items():
                about = entities.entity(step.entity)[name]
                path, link = f"step {at}.values.{name}", about.link
                if about.kind is Kind.CHOICE:
                    problems += _no_choices(path, about, told.values())
                missing = step.lookups[name].missing if name in step.lookups else plan.on_missing_parent
                if not link or link in registry.names() or missing == plans.CREATE:
                    continue
                title = getattr(registry.model(link), registry.title_field(link))
                known = {name_key(str(text)): str(text) for text in session.scalars(select(title))}
                for text in dict.fromkeys(told.values()):
                    if name_key(text) not in known:
                        reason = _("There is no “{value}”. There are: {names}.")
                        listed = ", ".join(dict.fromkeys(known.values()))
                        problems.append(
                            Problem(f"step {at}.values.{name}", reason.format(value=text, names=listed))
                        )
    if problems:
        raise Refused(
            _("The profile has {n} mistakes: {all}").format(
                n=len(problems), all=" ".join(f"{p.field}: {p.message}" for p in problems)
            ),
            problems=problems,
        )


def _no_choices(path: str, about: Field, words: Iterable[str]) -> Iterator[Problem]:
    read = choose(about.choices, near=False)
    for word in dict.fromkeys(words):
        try:
            read(word)
        except Bad as bad:
            yield Problem(path, str(bad))


def find_files(plan: Plan, data: Path) -> dict[str, Path]:
    """The files of a plan in a folder.

    Raises
    ------
    Refused
        Files that are missing or lie outside the folder, each named.
    """
    folder = data.resolve()
    found: dict[str, Path] = {}
    problems = []
    for name in dict.fromkeys(step.file for step in plan.steps):
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            problems.append(Problem(name, _("The file lies outside the folder.")))
        elif not path.is_file():
            problems.append(Problem(name, _("There is no such file in {folder}.").format(folder=data)))
        found[name] = path
    if problems:
        named = ", ".join(problem.field for problem in problems)
        raise Refused(_("Files of the profile are missing: {files}.").format(files=named), problems=problems)
    return found
