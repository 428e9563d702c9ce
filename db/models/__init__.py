"""All mapped classes in one place, so that Alembic and the registry see every table."""

from db.models.base import Base
from db.models.campaigns.campaigns import Campaign, CampaignArm, CampaignMember
from db.models.campaigns.messages import (
    AddressProblem,
    FormAnswer,
    LinkClick,
    MessageTemplate,
    Secret,
    TrackedLink,
    WebForm,
)
from db.models.campaigns.segments import Consent, Segment, SegmentMember
from db.models.campaigns.social import SocialAccount, SocialPost
from db.models.catalogue import Category, Product, Rate
from db.models.interactions import Interaction, Task
from db.models.mail import FileContent, IncomingMessage, MailboxPlace, StoredFile
from db.models.parties import Contact, Organisation
from db.models.people import (
    ApiToken,
    Credential,
    Grant,
    LoginSession,
    Membership,
    PasswordLink,
    Role,
    SignInFailure,
    Team,
    User,
)
from db.models.pipeline.deals import Deal, DealLine, StageChange
from db.models.pipeline.pipeline import Lead, LossReason, Pipeline, Stage, Target
from db.models.reach import Address, Channel, ContactRole
from db.models.service.case_thread import (
    CannedReply,
    CaseMessage,
    CaseMove,
    CaseRead,
    CaseStep,
    CaseWriter,
    DraftFile,
    ReplyDraft,
)
from db.models.service.cases import Case
from db.models.service.equipment import Contract, Equipment
from db.models.service.levels import Queue, ServicePolicy, WorkCalendar
from db.models.service.unit_life import EquipmentEvent, Failure, MeterReading, PartChange, UnitRisk
from db.models.service.visits import MaintenancePlan, WorkOrder, WorkOrderPart
from db.models.system import (
    ApiAnswer,
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
from db.models.views import ListHabit, SavedView

__all__ = [
    "Address",
    "AddressProblem",
    "ApiAnswer",
    "ApiToken",
    "Base",
    "Campaign",
    "CampaignArm",
    "CampaignMember",
    "CannedReply",
    "Case",
    "CaseMessage",
    "CaseMove",
    "CaseRead",
    "CaseStep",
    "CaseWriter",
    "Category",
    "Change",
    "ChangeBatch",
    "Channel",
    "Consent",
    "Contact",
    "ContactRole",
    "Contract",
    "Credential",
    "Deal",
    "DealLine",
    "DraftFile",
    "Equipment",
    "EquipmentEvent",
    "Failure",
    "FileContent",
    "ForecastRun",
    "FormAnswer",
    "Grant",
    "Import",
    "ImportFailure",
    "IncomingMessage",
    "Interaction",
    "Job",
    "Lead",
    "Lease",
    "LinkClick",
    "ListHabit",
    "LoginSession",
    "LossReason",
    "MailboxPlace",
    "MaintenancePlan",
    "Membership",
    "MessageTemplate",
    "MeterReading",
    "Order",
    "OrderLine",
    "Organisation",
    "Outbox",
    "PartChange",
    "PasswordLink",
    "Pipeline",
    "Product",
    "Queue",
    "Rate",
    "ReplyDraft",
    "Role",
    "SavedView",
    "Secret",
    "Segment",
    "SegmentMember",
    "ServicePolicy",
    "Setting",
    "SignInFailure",
    "SocialAccount",
    "SocialPost",
    "Stage",
    "StageChange",
    "StoredFile",
    "Target",
    "Task",
    "Team",
    "TrackedLink",
    "UnitRisk",
    "User",
    "WebForm",
    "WorkCalendar",
    "WorkOrder",
    "WorkOrderPart",
]
