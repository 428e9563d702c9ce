"""Leads, pipelines, stages, deals and targets."""
