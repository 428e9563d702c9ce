"""The only file that knows all areas: what each hands in to those who must not know it.

One block per area, from the ground up; an area may import those above it. By purpose:

``start``    what a firm starts with, by the entity whose records need it; also before an import of them
``job``      what a kind of job does
``every``    minutes from one run of a job to the next, by the clock
``rules``    the rules by which an entity's rows are stored
``beside``   what a file may feed of an entity that other tables hold
``remark``   what the page of a record says above everything else
``standin``  what a file may name instead of a record: a lead who became a contact
``find``     what is found in Find beside records
``filter``   filters of a list that are no fields, by ``entity.name``
``quick``    questions that a list is asked by one click, for all entities or by ``entity.name``
``column``   columns of a list that are no fields
``message``  who writes messages of a kind, and checks that they may go
``letter``   who puts a letter into the outbox
``reply``    who takes replies to our mail
``filing``   who takes a received message into records of a kind
``unfiling`` who puts back what filing changed beside what it made
``count``    how much waits on a screen, by its name
``notice``   what an administrator should know at once, in a sentence, by the part of the settings that says
             more
``living``   by which values of a field a record still has somebody to look after it; the rest is history
``reports``  modules that hold reports
``company``  what fills a database: with a firm to try, or with the own one in its place
``command``  commands of ``python -m crm``

Its cards say which entities there are.
"""

from __future__ import annotations

from crm.access.cards import CARDS as ACCESS_CARDS
from crm.campaigns.cards import CARDS as CAMPAIGN_CARDS
from crm.contacts.cards import CARDS as CONTACT_CARDS
from crm.i18n import N_
from crm.interactions.cards import CARDS as INTERACTION_CARDS
from crm.pipeline.cards import CARDS as PIPELINE_CARDS
from crm.records import registry
from crm.register import hand_in
from crm.service.cards import CARDS as SERVICE_CARDS

DAILY = 24 * 60

hand_in(
    "records",
    quick={name: f"crm.records.listing.quick:{name.upper()}" for name in ("mine", "nobodys", "overdue")},
)
hand_in(
    "access",
    start={"role": "crm.access.people:ensure_roles"},
    job={"answers": "crm.access.tokens.answers:run"},
    every={"answers": 60},
    rules={"user": "crm.access.rules:UserRules"},
    command={
        "session": "crm.access.cli:session",
        "user": "crm.access.cli:user",
        "token": "crm.access.tokens.cli:token",
    },
)
hand_in(
    "exchange",
    job={"import": "crm.exchange.storing.job:run", "undo_import": "crm.exchange.storing.job:run_undo"},
    command={
        "import": "crm.exchange.cli:import_files",
        "imports": "crm.exchange.cli:imports",
        "export": "crm.exchange.cli:export",
    },
)
hand_in(
    "keeping",
    job={"backup": "crm.keeping.keeping:run"},
    every={"backup": DAILY},
    notice={N_("Backups"): "crm.keeping.status:backup_notice"},
    command={
        "backup": "crm.keeping.cli:backup",
        "backups": "crm.keeping.cli:backups",
        "restore": "crm.keeping.cli:restore",
    },
)
hand_in(
    "mail",
    find={
        "file": "crm.mail.record_files:find_files",
        "inbox": "crm.mail.inbox.queries:find_waiting",
    },
    letter={"letter": "crm.mail.sending.outbox:queue_mail"},
    job={"mailbox": "crm.mail.receiving.mailbox:run"},
    every={"mailbox": 5},
    count={"inbox": "crm.mail.inbox.queries:count_waiting"},
    notice={N_("Mail"): "crm.mail.receiving.mailbox:mailbox_problem"},
    rules={"message_template": "crm.mail.templates.rules:TemplateRules"},
    command={"mail": "crm.mail.cli:mail"},
)
hand_in(
    "reporting",
    command={"report": "crm.reporting.cli:report"},
)
hand_in(
    "contacts",
    filing={"contact": "crm.contacts.incoming:file_with_contact"},
    rules={
        "organisation": "crm.contacts.rules:OrganisationRules",
        "contact": "crm.contacts.rules:ContactRules",
    },
    beside={"organisation": "crm.contacts.beside:PARTIES", "contact": "crm.contacts.beside:PARTIES"},
)
hand_in(
    "interactions",
    filing={
        "interaction": "crm.interactions.incoming:file_talk",
        "deal": "crm.interactions.incoming:file_with_deal",
    },
    find={"talk": "crm.interactions.find:find_talks"},
    quick={name: f"crm.interactions.touch:{name.upper()}" for name in ("no_step", "quiet_30", "quiet_90")},
    column={
        name: f"crm.interactions.touch:{name.upper()}" for name in ("last_touch", "next_step", "next_step_on")
    },
    reply={"copy": "crm.interactions.copies:take_copy"},
    living={"interaction": ("kind", ()), "task": ("done_at", (None,))},
    rules={
        "interaction": "crm.interactions.rules:TalkRules",
        "task": "crm.interactions.rules:TaskRules",
    },
    beside={"task": "crm.interactions.beside:TASKS"},
)
hand_in(
    "pipeline",
    reports={
        "deals": "crm.pipeline.reports.reports",
        "stages": "crm.pipeline.reports.report_stages",
        "targets": "crm.pipeline.reports.report_targets",
        "sales": "crm.pipeline.reports.report_sales",
    },
    filing={"lead": "crm.pipeline.leads.incoming:file_lead"},
    quick={"deal.no_step": "crm.pipeline.board:NO_STEP"},
    standin={"contact": "crm.pipeline.leads.standin:contacts_of_leads"},
    start={"deal": "crm.pipeline.defaults:ensure_defaults"},
    living={"deal": ("status", ("open",)), "lead": ("status", ("new", "working", "qualified"))},
    rules={
        "lead": "crm.pipeline.leads.rules:LeadRules",
        "deal": "crm.pipeline.deals.rules:DealRules",
        "deal_line": "crm.pipeline.deals.rules:DealLineRules",
    },
)
hand_in(
    "trade",
    living={"order": ("id", ()), "order_line": ("id", ())},
    rules={"order": "crm.trade.rules:OrderRules", "order_line": "crm.trade.rules:OrderLineRules"},
    remark={"order": "crm.trade.totals:remark"},
)
hand_in(
    "service",
    find={"message": "crm.service.cases.find:find_messages"},
    quick={"case.unread": "crm.service.cases.news:UNREAD"},
    living={
        "case": ("status", ("new", "open", "waiting")),
        "work_order": ("status", ("planned", "under_way")),
    },
    start={"service_policy": "crm.service.defaults:ensure_service_defaults"},
    job={
        "service_levels": "crm.service.levels.levels_job:run",
        "maintenance": "crm.service.visits.plans_job:run",
        "wear": "crm.service.wear.job:run",
    },
    rules={
        "case": "crm.service.cases.rules:CaseRules",
        "case_step": "crm.service.case_steps:CaseStepRules",
        "equipment": "crm.service.equipment.rules:UnitRules",
        "contract": "crm.service.contracts.rules:ContractRules",
        "maintenance_plan": "crm.service.visits.rules:PlanRules",
        "work_order": "crm.service.visits.rules:VisitRules",
        "failure": "crm.service.equipment.rules:FailureRules",
        "part_change": "crm.service.equipment.rules:HappeningRules",
        "meter_reading": "crm.service.meters.rules:ReadingRules",
        "equipment_event": "crm.service.equipment.rules:HappeningRules",
    },
    every={"service_levels": 1, "maintenance": DAILY, "wear": DAILY},
    reports={"cases": "crm.service.reports.service_reports", "wear": "crm.service.wear.reports"},
    filing={"case": "crm.service.cases.incoming:file_case"},
    reply={"case": "crm.service.cases.incoming:take_reply"},
    command={"life-file": "crm.service.wear.cli:life_file"},
)
hand_in(
    "campaigns",
    job={
        "plan_campaign": "crm.campaigns.runs.job:run_plan",
        "responses": "crm.campaigns.runs.job:run_responses",
    },
    every={"responses": 10},
    filter={"contact.in_segment": "crm.campaigns.segments.segments:IN_SEGMENT"},
    message={"campaign": "crm.campaigns.runs.message:write"},
    reports={
        "results": "crm.campaigns.reports.result_reports",
        "marketing": "crm.campaigns.reports.marketing_reports",
    },
    reply={"campaign": "crm.campaigns.runs.replies:take_reply"},
    filing={"answer": "crm.campaigns.forms.held:let_in"},
    unfiling={"answer": "crm.campaigns.forms.held:take_out"},
    rules={
        "campaign": "crm.campaigns.runs.rules:CampaignRules",
        "campaign_arm": "crm.campaigns.runs.rules:ArmRules",
        "campaign_member": "crm.campaigns.runs.rules:MemberRules",
        "consent": "crm.campaigns.runs.rules:ConsentRules",
        "web_form": "crm.campaigns.forms.rules:WebFormRules",
        "social_post": "crm.campaigns.social.rules:PostRules",
    },
)
hand_in(
    "forecasting",
    job={"forecast": "crm.forecasting.job:run"},
    command={
        "forecast": "crm.forecasting.cli:forecast",
        "forecast-file": "crm.forecasting.cli:forecast_file",
    },
)
hand_in(
    "sample",
    company={"sample": "crm.sample:load_sample", "real": "crm.sample.leave:start_for_real"},
    command={"sample": "crm.sample.cli:sample"},
)
for card in (
    *ACCESS_CARDS,
    *CONTACT_CARDS,
    *CAMPAIGN_CARDS,
    *PIPELINE_CARDS,
    *SERVICE_CARDS,
    *INTERACTION_CARDS,
):
    registry.register(card)
