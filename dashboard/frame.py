"""What stands around every page: the look, and the sidebar with dataset, pages and languages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import cache, state
from dashboard.context import PageContext, current_context
from kdmcse.i18n import LANGUAGES
from kdmcse.presentation.data import dataset_name
from kdmcse.presentation.results import notice


def style(language: str) -> None:
    """The look; in Japanese also the words that Streamlit's own widgets have in English only."""
    st.html(Path(__file__).with_name("style.css"))
    if language == "ja":
        st.html(Path(__file__).with_name("style.ja.css"))


def sidebar(pages: Mapping[str, Any]) -> None:
    """Dataset, pages and languages; above the page a note where the data is made up."""
    context = current_context()
    t = context.t
    with st.sidebar:
        with st.container(key="brand", gap=None):
            st.markdown(f"**{t('shared.brand')}**")
            st.caption(t("shared.product"))
        if context.dataset is not None:
            _choose_dataset(context)
        with st.container(key="pages", gap=None):
            for page in pages.values():
                st.page_link(page, query_params=context.address, width="stretch")
        with st.container(key="languages", horizontal=True, gap="small"):
            for code, name in LANGUAGES.items():
                now = code == t.language
                st.button(
                    name, type="tertiary", disabled=now, on_click=state.choose, args=("lang", code), key=f"lang_{code}"
                )
    if context.dataset is not None and context.dataset.synthetic:
        with st.container(key="sample_notice"):
            st.markdown(f":material/science: {notice(t, context.results)}")


def _choose_dataset(context: PageContext) -> None:
    found = cache.datasets(context.workspace)
    ids = [one.fingerprint for one in found]
    labels = {one.fingerprint: dataset_name(context.t, one) for one in found}
    twice = [name for name in labels.values() if list(labels.values()).count(name) > 1]
    chosen = st.selectbox(
        context.t("shared.dataset"),
        ids,
        index=ids.index(context.dataset.fingerprint),
        format_func=lambda one: f"{labels[one]} · {one[:6]}" if labels[one] in twice else labels[one],
        key=f"dataset_{context.dataset.fingerprint}",
    )
    if chosen != context.dataset.fingerprint:
        state.leave_dataset()
        state.choose("dataset", chosen)
        st.rerun()
