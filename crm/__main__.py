"""``python -m crm``."""

from crm.commands import main

main()
