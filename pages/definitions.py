"""What does each term and each number mean? One sentence a term; one name, one definition, one value for every quantity."""

import streamlit as st

from dashboard import page
from dashboard.widgets import layout
from kdmcse.presentation import settings
from kdmcse.presentation.glossary import glossary
from kdmcse.quantities import QUANTITIES

context = page.enter("definitions")
t = context.t
st.text(t("page_definitions.text"))
layout.table([{t("page_definitions.term"): term, t("page_definitions.explained"): text} for term, text in glossary(t)])
layout.section(t("page_definitions.quantities"), t("page_definitions.quantities_text"))
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
