"""Contacts of a firm, made and named."""

from sqlalchemy import select

from crm.records.records import create_record
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Contact


def add(name):
    with unit_of_work(SYSTEM) as work:
        return create_record(work, "contact", {"name": name})


def names():
    with reading(SYSTEM) as found:
        return list(found.scalars(select(Contact.name).order_by(Contact.id)))
