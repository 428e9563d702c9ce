"""The script Streamlit runs. It sits here so that no folder named pages/ is its neighbour."""

from crm.ui.main import main

main()
