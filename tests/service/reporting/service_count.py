"""Cases, visits and failures of the sample company counted by hand, for one person and one choice of days and filters."""

import math
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from typing import Any

from crm.clock import zone
from crm.service.reports.service_dashboard import ServiceQuestion
from tests.service.reporting.sample_firm import NOW, TODAY, sees, stored

OPEN, ENDED = ("new", "open", "waiting"), ("resolved", "closed")


@cache
def rows(table):
    """All rows of a table; nobody writes in this module."""
    return stored(f"SELECT * FROM {table}")


@cache
def moves_of(case_id):
    """The moves of a case as (when, id, to which status)."""
    return [(moment(m["at"]), m["id"], m["to_status"]) for m in rows("case_moves") if m["case_id"] == case_id]


@cache
def moment(value):
    """A stored time as UTC."""
    return None if value is None else datetime.fromisoformat(str(value)).replace(tzinfo=NOW.tzinfo)


def half_up(value, places):
    """Rounded as people round."""
    return math.floor(value * 10**places + 0.5) / 10**places


def midnight(day):
    return datetime.combine(day, time(), zone())


class Count:
    """The cases, visits and failures of one choice, for one person, by hand."""

    def __init__(self, who: Any, asked: ServiceQuestion):
        self.asked, self.chosen = asked, asked.chosen
        self.start, self.end = self.days()
        self.at = NOW if self.end is None or self.end >= TODAY else midnight(self.end + timedelta(days=1))
        mine = partial(sees, who)
        every = [c for c in rows("cases") if mine(c) and c["archived_at"] is None and c["status"] != "merged"]
        self.every = {int(c["id"]): c for c in every}
        self.cases = [c for c in every if self.fits(c)]
        self.replies: dict[int, int] = {}
        for message in rows("case_messages"):
            if message["kind"] == "reply":
                self.replies[message["case_id"]] = self.replies.get(message["case_id"], 0) + 1
        self.visits = [
            v for v in rows("work_orders")
            if mine(v) and v["archived_at"] is None and v["status"] in ("planned", "under_way") and self.visit_fits(v)
        ]  # fmt: skip
        units = {int(u["id"]) for u in rows("equipment") if mine(u) and u["archived_at"] is None}
        self.failures = [
            f for f in rows("failures") if f["equipment_id"] in units and self.within(f["failed_at"])
        ]

    def days(self):
        asked = self.asked
        if asked.kind == "custom":
            return asked.start, asked.end
        if asked.kind == "quarter":
            return date(2026, 10, 1), TODAY
        return (date(2026, 1, 1), TODAY) if asked.kind == "year" else (None, None)

    def fits(self, case):
        chosen = self.chosen
        return (not chosen.queues or case["queue_id"] in chosen.queues) and (
            not chosen.priorities or case["priority"] in chosen.priorities
        )

    def visit_fits(self, visit):
        if not (self.chosen.queues or self.chosen.priorities):
            return True
        case = self.every.get(int(visit["case_id"])) if visit["case_id"] else None
        return case is not None and self.fits(case)

    def within(self, value, start=None, end=None):
        start, end = start or self.start, end or self.end
        at = moment(value)
        if at is None:
            return False
        day = at.astimezone(zone()).date()
        return (start is None or day >= start) and (end is None or day <= end)

    def solved(self, case):
        return (case["resolved_at"] or case["closed_at"]) if case["status"] in ENDED else None

    def is_open(self, case, at=None):
        """By the last move up to the moment: the status that the case then had."""
        at = at or self.at
        if at == NOW:
            return case["status"] in OPEN
        last = max((move for move in moves_of(case["id"]) if move[0] < at), default=None)
        return last is not None and last[2] in OPEN

    def is_late(self, case):
        stopped = moment(case["waiting_since"]) if case["status"] == "waiting" else None
        as_of = stopped if stopped is not None and stopped < self.at else self.at
        answered = moment(case["first_response_at"])
        unanswered = answered is None or answered >= self.at
        dues = [case["resolution_due_at"], case["response_due_at"] if unanswered else None]
        return self.is_open(case) and any(due is not None and moment(due) < as_of for due in dues)

    def outcome(self, case, promise):
        """``True`` kept, ``False`` broken, None undecided, with the moment from which that is known."""
        due = moment(case[f"{promise}_due_at"])
        if due is None:
            return None, None
        solved = self.solved(case)
        done = moment(solved if promise == "resolution" else case["first_response_at"] or solved)
        if done is not None:
            return (True, done) if done <= due else (False, due)
        stopped = moment(case["waiting_since"]) if case["status"] == "waiting" else None
        return (False, due) if due < (stopped or NOW) else (None, None)

    def decided(self, promise, priority=None):
        found = {}
        for case in self.cases:
            kept, at = self.outcome(case, promise)
            if (
                kept is not None
                and self.within(str(at.replace(tzinfo=None)))
                and priority in (None, case["priority"])
            ):
                found[case["id"]] = kept
        return found

    def ids(self, test):
        return {int(case["id"]) for case in self.cases if test(case)}

    def by_number(self):
        """What each number of the page opens, and how it is written."""
        standing, late = self.ids(self.is_open), self.ids(self.is_late)
        kept = {promise: self.decided(promise) for promise in ("response", "resolution")}
        solved = self.ids(lambda c: self.within(self.solved(c)))
        first = {i for i in solved if self.replies.get(i, 0) <= 1 and not self.every[i]["reopened"]}
        once = self.ids(lambda c: self.within(c["opened_at"]) and (self.solved(c) or c["reopened"]))
        back = {i for i in once if self.every[i]["reopened"]}
        rated = self.ids(
            lambda c: (
                c["satisfaction"] and self.within(c["satisfaction_at"] or self.solved(c) or c["opened_at"])
            )
        )
        stars = [self.every[i]["satisfaction"] for i in rated]
        return {
            "open": (standing, f"{len(standing)}"),
            "late": (late, f"{len(late)}"),
            "response": (set(kept["response"]), self.share(kept["response"])),
            "resolution": (set(kept["resolution"]), self.share(kept["resolution"])),
            "first_contact": (solved, self.written(len(first), len(solved))),
            "once": (once, self.written(len(back), len(once))),
            "rated": (rated, f"{half_up(sum(stars) / len(stars), 1):.1f}" if stars else "–"),
        }

    def share(self, kept):
        return self.written(sum(kept.values()), len(kept))

    @staticmethod
    def written(hits, n):
        return f"{half_up(hits / n, 2):.0%}" if n else "–"

    def due(self):
        last = TODAY + timedelta(days=7)
        return {
            int(v["id"])
            for v in self.visits
            if v["planned_on"] and date.fromisoformat(v["planned_on"]) <= last
        }
