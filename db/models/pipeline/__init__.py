"""Tables of leads, deals and pipelines."""
