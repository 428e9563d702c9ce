"""The cards of talks and tasks."""

from crm.i18n import N_
from crm.records.card import Card
from db.models import Interaction, Task

CARDS = (
    Card(
        model=Interaction,
        list="kind subject happened_at contact_id organisation_id owner_id",
        sort="-happened_at",
        form="contact_id kind direction happened_at duration_minutes body",
        more="organisation_id deal_id case_id campaign_id",
        later="subject owner_id team_id",
        page="contact",
    ),
    Card(
        model=Task,
        list="title due_on due_time priority organisation_id contact_id owner_id",
        pill="priority",
        sort="due_on",
        form="title due_on due_time priority owner_id contact_id",
        more="organisation_id deal_id case_id campaign_id team_id notes",
        screen="tasks",
        page="my_day",
        open_while_blank="done_at",
        due="due_on",
        empty=N_("What is to be done stands here. Add a task, or log a talk with a next step."),
    ),
)
