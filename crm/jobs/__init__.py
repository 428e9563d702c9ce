"""Long work in the background: queued with the rights of whoever caused it, with progress, cancel and resume."""

from crm.jobs.queue import JobView, Stopped, active_jobs, cancel_job, end_with, enqueue, get_job, recent_jobs
from crm.jobs.worker import Worker

__all__ = [
    "JobView",
    "Stopped",
    "Worker",
    "active_jobs",
    "cancel_job",
    "end_with",
    "enqueue",
    "get_job",
    "recent_jobs",
]
