"""The report's forms: what each is for, and the file that is built when it is asked for. No method here."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import state
from dashboard.widgets import errors, waiting
from dashboard.widgets.choices import bound
from kdmcse.documents.report import file_name, render
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.data import dataset_name

if TYPE_CHECKING:
    from dashboard.context import PageContext

FORMS = {
    "pptx": (":material/slideshow:", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    "pdf": (":material/picture_as_pdf:", "application/pdf"),
    "html": (":material/html:", "text/html"),
    "workbook": (":material/calculate:", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "xlsx": (":material/table_view:", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""Each with its mark and the type of its file: three forms of the report, cost and return as formulas, and the numbers behind its charts."""
_A_ROW = 3
"""Forms beside each other."""


def choose_language(t: Locale) -> str:
    """In which the report is written: at first that of the page."""
    asked = state.choice("written_in")
    given = bound("written_in", "report_language", asked if asked in LANGUAGES else t.language)
    return st.radio(t("page_report.language"), list(LANGUAGES), format_func=LANGUAGES.get, horizontal=True, **given)


def show_forms(context: "PageContext") -> str | None:
    """All forms that there are; the one that was asked for."""
    forms, asked = [form for form in FORMS if form != "workbook" or context.costs.comparison], None
    for first in range(0, len(forms), _A_ROW):
        for column, form in zip(st.columns(_A_ROW), forms[first : first + _A_ROW], strict=False):
            with column:
                asked = show_form(context.t, form) or asked
    return asked


def show_form(t: Locale, form: str) -> str | None:
    """A card with what the form holds and a button; the form, where that was pressed."""
    with st.container(border=True, height="stretch", key=f"form_{form}"):
        st.markdown(f"**{t(f'page_report.{form}.name')}**", anchors=False)
        st.text(t(f"page_report.{form}.text"))
        pressed = st.button(
            t(f"page_report.{form}.build"), type="primary", icon=FORMS[form][0], width="stretch", key=f"build_{form}"
        )
    return form if pressed else None


def build(context: "PageContext", form: str, language: str) -> None:
    """Builds the file, says how long that still takes, and offers it."""
    t, kind = context.t, FORMS[form][1]
    with errors.error_boundary(t):
        analysis, today = context.analysis, context.today
        stop = st.empty()
        stop.button(t("shared.waiting.stop"), type="tertiary", icon=":material/stop_circle:", key="stop_report")
        content = waiting.while_working(
            t, f"report_{form}", t("page_report.building"), lambda: render(analysis, language, form, today=today)
        )
        stop.empty()
        with st.container(border=True, key="ready", horizontal=True, vertical_alignment="center"):
            size = t.number(len(content) / 1024)
            st.text(t("page_report.ready", name=t(f"page_report.{form}.name"), kilobytes=size))
            st.download_button(
                t("page_report.download"),
                content,
                file_name(dataset_name(Locale(language), context.dataset), content, form),
                kind,
                type="primary",
                icon=":material/download:",
                on_click="ignore",
                key="download",
            )
