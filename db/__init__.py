"""The database: sessions, types, scope, change log, models, migrations. Imports nothing of ours."""
