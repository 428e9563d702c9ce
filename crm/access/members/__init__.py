"""Who comes and who goes: invitations, forgotten passwords, second factors, and what a leaver hands over."""
