"""How every page begins: its question as its title, and the way on where what it needs is not there yet."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard import navigation, state
from dashboard.context import PageContext, current_context
from dashboard.widgets.layout import empty
from dashboard.widgets.run_progress import progress
from dashboard.widgets.text import plain
from dashboard.widgets.verdicts import answer
from kdmcse.processes import launch


def enter(page: str, *, needs: str | None = None) -> PageContext:
    """The page's question as its title; where `needs` (dataset, evaluation) is missing, the way to it and no more."""
    context = current_context()
    navigation.tabs(context, page)
    st.title(context.t(f"page_{page}.question"), anchor=False)
    if context.workspace.is_frozen():
        st.caption(f":material/lock: {plain(context.t('shared.frozen'))}")
    if needs and context.dataset is None:
        empty(context, "shared.no_dataset", "data")
        st.stop()
    if needs == "evaluation":
        require_results(context)
        choose_recipe(context)
    return context


@dataclass(frozen=True)
class Missing:
    """What must come before results."""

    key: str
    """of the sentences that say so"""
    page: str
    """where to go for it"""


def missing_before_results(context: PageContext) -> Missing | None:
    """None where results may be seen."""
    if context.criteria is None:
        return Missing("page_criteria.needed", "criteria")
    return None if context.results.stage == "evaluated" else Missing("shared.no_evaluation", "training")


def require_results(context: PageContext) -> None:
    """Where results may not be seen or are not there, the way to them and no more."""
    missing = missing_before_results(context)
    if missing is None:
        if context.results.agreement_is_due:
            launch.start_agreement(context.workspace, context.dataset)
        return
    if context.criteria and context.active:
        answer(context.t, context.t("results.stage.running"))
    else:
        empty(context, missing.key, missing.page)
    if context.active:
        progress(context)
    st.stop()


def choose_recipe(context: PageContext) -> None:
    """Which settings are compared, where there are several."""
    t, recipes = context.t, {one.id: one for one in context.results.recipes}
    if len(recipes) < 2:
        return
    now = context.results.recipe.id

    def name(key: str) -> str:
        one = recipes[key]
        return t(
            "shared.recipe_name",
            student=Path(one.student).name,
            teacher=Path(one.teacher).name if one.teacher else t("shared.no_teacher"),
            evaluated=t.number(one.evaluated),
            runs=t.number(one.runs),
        )

    chosen = st.selectbox(
        t("shared.recipe"), list(recipes), index=list(recipes).index(now), format_func=name, key=f"recipe_{now}"
    )
    if chosen != now:
        state.choose("recipe", chosen)
        st.rerun()
