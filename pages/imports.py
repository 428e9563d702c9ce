"""Past imports: what came in, what failed, and the way back."""

import streamlit as st

from crm.clock import now, zone
from crm.exchange.storing.journal import list_imports
from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.frame.routes import page
from crm.ui.imports import run as import_run
from crm.ui.kit import look
from crm.ui.kit.formats import moment

actor = current_actor()

entries = list_imports(actor)
with look.page(_("Past imports"), _("Newest first. Each can be undone as one.")):
    st.page_link(page("import_data"), label=_("New import"), icon=":material/upload_file:")

states = {
    "running": _("running"), "done": _("done"), "cancelled": _("cancelled"), "failed": _("broken off"), "undone": _("undone"),
}  # fmt: skip
tones = {"done": look.GOOD, "failed": look.BAD, "cancelled": look.WATCH}
if not entries:
    look.empty(
        _("No imports yet"), _("Files that you bring in are listed here, with what failed and a way back.")
    )
for entry in entries:
    with look.card(key=f"imports_{entry.id}"):
        with look.row():
            look.two_lines(
                entry.name,
                why=_("Import {id} · {when} · {who} · {n:,} rows").format(
                    id=entry.id,
                    when=moment(entry.started_at, now=now(), zone=zone()),
                    who=entry.who,
                    n=entry.report.rows,
                ),
            )
            st.markdown(
                look.tag(states.get(entry.state, entry.state), tone=tones.get(entry.state, look.QUIET))
            )
        import_run.show_kept(entry.id)
        with st.expander(_("Details"), key=f"imports_details_{entry.id}", on_change="rerun") as details:
            if details.open:
                import_run.show_result(actor, entry.report)
