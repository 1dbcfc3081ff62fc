"""The face: knows Streamlit and Plotly, contains no method. `python -m dashboard` from the project root."""

from pathlib import Path

from kdmcse import i18n

i18n.add_folder(Path(__file__).with_name("locales"))
