"""Forecasts of one series or many: cleaning, candidates, back-test, bands. No database, no screen."""
