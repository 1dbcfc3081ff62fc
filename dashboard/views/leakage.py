"""What the import left out: rows with problems, and what would be evaluated although it is learnt from; each with a file of it."""

import streamlit as st

from dashboard.forms import upload
from dashboard.widgets import layout
from kdmcse.presentation.data import leak_sentence, leak_table, problem_table


def leaks(place: layout.Place) -> None:
    t, data = place.t, place.dataset
    layout.section(t("page_data.leaks.title"), t("page_data.leaks.text"))
    if data.leakage == "everything":
        st.warning(leak_sentence(t, data), icon=":material/warning:")
    else:
        st.text(leak_sentence(t, data))
    found = leak_table(t, data)
    if not len(found):
        return
    found.columns = [t(f"page_data.leaks.{name}") for name in found.columns]
    st.dataframe(found, hide_index=True)
    st.download_button(
        t("page_data.leaks.download"),
        upload.csv_for_spreadsheets(found),
        file_name=f"leaks-{data.fingerprint}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="leaks_csv",
    )


def problems(place: layout.Place) -> None:
    """What is wrong with single rows, whether they were kept, and a file of it."""
    t, data = place.t, place.dataset
    found = problem_table(t, data)
    layout.section(t("page_data.problems.title"))
    if not len(found):
        st.text(t("page_data.problems.none"))
        return
    st.text(t("page_data.problems.text", n=t.number(len(found)), left_out=t.number(int((~found["kept"]).sum()))))
    words = {True: t("page_data.problems.kept"), False: t("page_data.problems.left_out")}
    found = found.assign(result=found["kept"].map(words))[["file", "row", "column", "message", "result"]]
    found.columns = [t(f"page_data.problems.{name}") for name in found.columns]
    st.dataframe(found, hide_index=True)
    st.download_button(
        t("page_data.problems.download"),
        upload.csv_for_spreadsheets(found),
        file_name=f"problems-{data.fingerprint}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
