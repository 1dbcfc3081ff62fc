"""What does each number mean? One name, one definition, one value for every quantity that pages, report and shell show."""

import streamlit as st

from dashboard import page
from dashboard.widgets import layout
from kdmcse.presentation import settings
from kdmcse.quantities import QUANTITIES

context = page.enter("definitions")
t = context.t
st.text(t("page_definitions.text"))
layout.table(
    [
        {
            t("page_definitions.name"): t(f"quantities.name.{one.name}"),
            t("page_definitions.unit"): t(f"quantities.unit.{one.unit}"),
            t("page_definitions.meaning"): t(f"quantities.meaning.{one.name}"),
        }
        for one in QUANTITIES
    ]
)
layout.section(t("page_definitions.published"))
st.caption(t("page_definitions.published_text"))
layout.table(
    [
        {t(f"page_definitions.column.{name}"): text for name, text in vars(one).items()}
        for one in settings.differences(t)
    ]
)
