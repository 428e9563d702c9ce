"""Rapport: a low-code internal dashboard CRM. Areas live in sub-packages; screens in ``crm.ui`` and ``pages``."""
