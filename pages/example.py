"""How is this calculated? A cost of eight decisions and a return of one shop, every step shown. Invented numbers."""

import pandas as pd
import streamlit as st

from dashboard import page
from dashboard.widgets import layout, verdicts
from dashboard.widgets.text import plain
from kdmcse import cost, roi
from kdmcse.i18n import Locale
from kdmcse.presentation import costs
from kdmcse.presentation import roi as returns


def show_steps(t: Locale, steps: pd.DataFrame) -> None:
    """The steps of a calculation as a table."""
    names = [t(f"page_example.step.{name}") for name in ("step", "calculation", "result")]
    layout.table([dict(zip(names, row, strict=True)) for row in steps.itertuples(index=False, name=None)])


context = page.enter("example")
t = context.t
verdicts.answer(t, t("page_example.answer"))
example = cost.worked_example()
layout.section(t("page_example.decisions.title"), t("page_example.decisions.text"))
layout.table(
    [
        {
            t("page_example.decisions.part"): t(f"page_example.decisions.{row.part}"),
            t("page_example.decisions.truth"): t(f"page_example.decisions.{'match' if row.match else 'other'}"),
            t("page_example.decisions.cosine"): t.number(row.cosine, 2),
        }
        for row in example.decisions.itertuples()
    ]
)
layout.section(t("page_example.cost.title"), t("page_example.cost.text"))
show_steps(t, costs.example_steps(t, example))
for sentence in costs.example_sentences(t, example):
    st.markdown(plain(sentence))
layout.section(t("page_example.roi.title"), t("page_example.roi.text"))
show_steps(t, returns.arithmetic_table(t, roi.worked_example()))
layout.next_step(context, "cost", t("page_example.next"))
