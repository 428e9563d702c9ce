"""What the screens, the command line and the jobs call: import by profile, undo, look back."""

from __future__ import annotations

from pathlib import Path

from crm.errors import Problem, Refused
from crm.exchange.asking.profile import read_profile
from crm.exchange.storing.engine import Progress, run_import
from crm.exchange.storing.plan import Plan
from crm.exchange.storing.report import ImportReport
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Entity
from crm.work import Actor


def load_profile(text: str) -> Plan:
    """The plan of a profile, checked against the registry.

    Raises
    ------
    Refused
        Every mistake of the profile at once.
    """
    return read_profile(text, find_entity=_entity, linked=registry.is_known)


def _entity(name: str) -> Entity | None:
    return registry.entity(name) if name in registry.names() else None


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
    return run_import(actor, plan, find_files(plan, data), dry_run=dry_run, resume=resume, progress=progress)


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
