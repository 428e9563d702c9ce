"""All mapped classes in one place, so that Alembic and the registry see every table."""

from db.models.base import Base
from db.models.catalogue import Category, Product, Rate
from db.models.interactions import Interaction, Task
from db.models.parties import Address, Channel, Contact, ContactRole, Organisation
from db.models.people import Credential, Grant, LoginSession, Membership, Role, SignInFailure, Team, User
from db.models.pipeline import Deal, DealLine, Lead, LossReason, Pipeline, Stage, StageChange, Target
from db.models.system import Change, ChangeBatch, ForecastRun, Import, ImportFailure, Job, Lease, Outbox, Setting
from db.models.trade import Order, OrderLine

__all__ = [
    "Address", "Base", "Category", "Change", "ChangeBatch", "Channel", "Contact", "ContactRole", "Credential", "Deal", "DealLine",
    "ForecastRun", "Grant", "Import", "ImportFailure", "Interaction", "Job", "Lead", "Lease", "LoginSession", "LossReason",
    "Membership", "Order", "OrderLine", "Organisation", "Outbox", "Pipeline", "Product", "Rate", "Role", "Setting", "SignInFailure",
    "Stage", "StageChange", "Target", "Task", "Team", "User",
]
