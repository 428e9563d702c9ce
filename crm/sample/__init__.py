"""A believable firm that sells and services coffee machines, for trying Rapport and for measuring it."""

from crm.sample.load import SampleReport, load_sample

__all__ = ["SampleReport", "load_sample"]
