"""Frames in, frames out: estimates with their intervals. No database, no Streamlit, no HTTP."""
