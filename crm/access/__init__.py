"""Who may do what: users, teams, roles and scopes, passwords, sign-in and its sessions, the first administrator."""
