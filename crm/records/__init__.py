"""One record of any entity: fields, registry, checks, lists, search, numbers."""
