"""What was left out of every evaluation because it is learnt from: the sentence, both sides of each find, and a file of them."""

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets import layout
from kdmcse.presentation.data import leak_sentence, leak_table, left_out_sentences

WIDTHS = {
    "table": 120, "row": 110, "column": 100, "value": 230, "how": 90, "learnt_table": 120, "learnt_value": 230, "similarity": 80,
}  # fmt: skip
"""Pixels of the columns, so that both sides of a find are seen at once."""


def leaks(context: PageContext) -> None:
    """Which held-out rows were left out because the training holds them, or nearly the same."""
    t, data = context.t, context.dataset
    layout.section(t("page_data.leaks.title"), t("page_data.leaks.text"))
    if data.leakage == "everything":
        st.warning(leak_sentence(t, data), icon=":material/warning:")
    else:
        st.text(leak_sentence(t, data))
    if parts := left_out_sentences(t, data):
        st.text(t.join(parts))
    found = leak_table(t, data)
    if not len(found):
        return
    names = {name: t(f"page_data.leaks.{name}") for name in found.columns}
    widths = {names[name]: width for name, width in WIDTHS.items()}
    layout.table_with_download(t, found.rename(columns=names), f"leaks-{data.fingerprint}", widths=widths)
