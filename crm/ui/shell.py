"""The script Streamlit runs. It sits here so that no folder named pages/ is its neighbour."""

import crm.areas  # noqa: F401 - hands in what the areas offer, also where app.py was not the start
from crm.ui.main import main

main()
