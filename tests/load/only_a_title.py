"""A page with only a title."""

import streamlit as st

st.title("Only a title")
