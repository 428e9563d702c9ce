"""All mapped classes in one place, so that Alembic and the registry see every table."""

from db.models.base import Base
from db.models.catalogue import Category, Product, Rate
from db.models.deals import Deal, DealLine, StageChange
from db.models.interactions import Interaction, Task
from db.models.parties import Contact, Organisation
from db.models.people import Credential, Grant, LoginSession, Membership, Role, SignInFailure, Team, User
from db.models.pipeline import Lead, LossReason, Pipeline, Stage, Target
from db.models.reach import Address, Channel, ContactRole
from db.models.system import (
    Change,
    ChangeBatch,
    ForecastRun,
    Import,
    ImportFailure,
    Job,
    Lease,
    Outbox,
    Setting,
)
from db.models.trade import Order, OrderLine

__all__ = [
    "Address",
    "Base",
    "Category",
    "Change",
    "ChangeBatch",
    "Channel",
    "Contact",
    "ContactRole",
    "Credential",
    "Deal",
    "DealLine",
    "ForecastRun",
    "Grant",
    "Import",
    "ImportFailure",
    "Interaction",
    "Job",
    "Lead",
    "Lease",
    "LoginSession",
    "LossReason",
    "Membership",
    "Order",
    "OrderLine",
    "Organisation",
    "Outbox",
    "Pipeline",
    "Product",
    "Rate",
    "Role",
    "Setting",
    "SignInFailure",
    "Stage",
    "StageChange",
    "Target",
    "Task",
    "Team",
    "User",
]
