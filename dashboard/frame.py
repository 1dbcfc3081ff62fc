"""What stands around every page: the look, and the sidebar with dataset, pages and languages."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import cache, state
from dashboard.context import PageContext, current_context
from dashboard.widgets.text import plain
from kdmcse.i18n import LANGUAGES
from kdmcse.presentation.data import dataset_name
from kdmcse.presentation.results import notice


def style(language: str) -> None:
    """The look; in Japanese also the words that Streamlit's own widgets have in English only."""
    st.html(Path(__file__).with_name("style.css"))
    if language == "ja":
        st.html(Path(__file__).with_name("style.ja.css"))


def sidebar(pages: Mapping[str, Any], page: str) -> None:
    """Dataset, pages and languages; above the page, which is now `page`, a note where the address is wrong or the data is made up."""
    context = current_context()
    t = context.t
    _correct_address(context, page)
    with st.sidebar:
        with st.container(key="brand", gap=None):
            st.markdown(f"**{t('shared.brand')}**")
            st.caption(t("shared.product"))
        if context.dataset is not None:
            _choose_dataset(context)
        with st.container(key="pages", gap=None):
            for one in pages.values():
                st.page_link(one, query_params=context.address, width="stretch")
        with st.container(key="languages", horizontal=True, gap="small"):
            for code, name in LANGUAGES.items():
                now = code == t.language
                st.button(
                    name, type="tertiary", disabled=now, on_click=state.choose, args=("lang", code), key=f"lang_{code}"
                )
    if context.dataset is not None and context.dataset.synthetic:
        with st.container(key="sample_notice"):
            st.markdown(f":material/science: {notice(t, context.results)}")


def _correct_address(context: PageContext, page: str) -> None:
    """Say once that the address named a dataset that is not here, and name there the one that is shown."""
    asked, shown = state.choice("dataset"), context.dataset and context.dataset.fingerprint
    if asked and asked != shown:
        state.leave_dataset()
        state.choose("dataset", shown)
        state.remember("unknown_dataset", json.dumps([page, shown, asked]))
    *seen, unknown = json.loads(state.recall("unknown_dataset") or "[null]")
    if seen != [page, shown]:
        state.take("unknown_dataset")
        return
    name = dataset_name(context.t, context.dataset) if shown else None
    sentence = context.t(f"shared.unknown_dataset.{'instead' if shown else 'none'}", asked=unknown, name=name)
    st.warning(plain(sentence), icon=":material/link_off:")


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
