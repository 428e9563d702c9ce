"""What the tests of foreign files share: a file of another program, and bringing it in with every guess accepted."""

from pathlib import Path

from crm.exchange.asking import wizard
from crm.exchange.storing.engine import run_import

FOLDER = Path(__file__).parent


def drafts(actor, name, data=None, folder=None):
    path = FOLDER / "files" / name
    if data is not None:
        path = folder / name
        path.write_bytes(data)
    return wizard.drafts_of(actor, name, path)


def take(actor, *names, **given):
    """Bring files in with every guess accepted."""
    made = [draft for name in names for draft in drafts(actor, name)]
    for name, (data, folder) in given.items():
        made += drafts(actor, f"{name}.csv", data, folder)
    plan = wizard.plan_of(made, name="Files")
    return run_import(actor, plan, {draft["name"]: Path(draft["path"]) for draft in made})
