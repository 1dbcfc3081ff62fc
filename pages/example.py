"""How is this calculated? A cost of eight decisions and a return of one shop, every step shown. Invented numbers."""

import streamlit as st

from dashboard import page
from dashboard.widgets import layout, verdicts
from dashboard.widgets.text import plain
from kdmcse import cost, roi
from kdmcse.presentation import costs
from kdmcse.presentation import roi as telling

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


def steps(rows: list[tuple[str, str, str]]) -> None:
    names = [t(f"page_example.step.{name}") for name in ("step", "calculation", "result")]
    layout.table([dict(zip(names, row, strict=True)) for row in rows])


steps(list(costs.example_steps(t, example).itertuples(index=False, name=None)))
for sentence in costs.example_sentences(t, example):
    st.markdown(plain(sentence))
layout.section(t("page_example.returns.title"), t("page_example.returns.text"))
steps(list(telling.arithmetic_table(t, roi.worked_example()).itertuples(index=False, name=None)))
layout.next_step(context, "cost", t("page_example.next"))
