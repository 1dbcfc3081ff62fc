"""What stands around every page: the look, and the sidebar with dataset, pages, languages, light and dark."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import cache, navigation, state
from dashboard.context import PageContext, current_context
from dashboard.widgets import components, layout
from dashboard.widgets.text import plain
from kdmcse.i18n import LANGUAGES
from kdmcse.presentation.data import dataset_name
from kdmcse.presentation.results import notice


def style(language: str) -> None:
    """The look; in Japanese also the words that Streamlit's own widgets have in English only; and what a menu on a phone lacks."""
    st.html(Path(__file__).with_name("style.css"))
    if language == "ja":
        st.html(Path(__file__).with_name("style.ja.css"))
    components.frame(language)


def sidebar(context: PageContext, pages: Mapping[str, Any]) -> None:
    """Dataset, pages, languages, light and dark."""
    t = context.t
    with st.sidebar:
        with st.container(key="brand", gap=None):
            st.markdown(f"**{t('shared.brand')}**")
            st.caption(t("shared.product"))
        if context.dataset is not None:
            _choose_dataset(context)
        with st.container(key="pages", gap=None):
            navigation.links(context, pages)
        with st.container(key="languages", horizontal=True, gap="small"):
            for code, name in LANGUAGES.items():
                now = code == t.language
                st.button(
                    name, type="tertiary", disabled=now, on_click=state.choose, args=("lang", code), key=f"lang_{code}"
                )
        with st.container(key="look"):
            components.appearance(t, [*navigation.PAGES, *navigation.MOVED])


def above(context: PageContext, page: str) -> None:
    """What a page calls itself in the browser, and a note where its data is made up."""
    if context.dataset is None:
        return
    st.set_page_config(page_title=f"{page} · {dataset_name(context.t, context.dataset)}")
    if context.dataset.synthetic:
        with st.container(key="sample_notice"):
            st.markdown(f":material/science: {notice(context.t, context.results)}")


def no_such_dataset(context: PageContext) -> None:
    """A link to a dataset that is not here: said, with those that are, and nothing else in its place."""
    t = context.t
    st.title(t("shared.unknown_dataset.title"), anchor=False)
    st.text(t("shared.unknown_dataset.text", asked=context.unknown))
    known = cache.datasets(context.workspace)
    if known:
        layout.section(t("shared.unknown_dataset.here"))
    for one in reversed(known):
        st.page_link(
            layout.page_path("overview"),
            label=plain(dataset_name(t, one)),
            icon=":material/folder_open:",
            query_params={"dataset": one.fingerprint, "lang": t.language},
        )
    if not known:
        layout.link(context, "data")


def no_such_page() -> None:
    """A link to a page that there is not: said, with the way to the first one."""
    context = current_context()
    st.title(context.t("shared.unknown_page.title"), anchor=False)
    st.text(context.t("shared.unknown_page.text"))
    layout.link(context, "overview")


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
