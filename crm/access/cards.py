"""The cards of people and teams. Users are kept on the screen People, with role and password."""

from crm.records.card import Card
from db.models import Role, Team, User

CARDS = (
    Card(model=Team, list="name", form="name", page="people"),
    Card(model=User, list="name email team_id manager_id is_active", page="people"),
    Card(model=Role, is_small=True),
)
