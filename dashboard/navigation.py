"""The way through: which pages there are, in which group each stands, and how far each is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets.layout import page_path
from dashboard.widgets.text import plain
from kdmcse.i18n import Locale
from kdmcse.processes import audit
from kdmcse.results.journey import states


@dataclass(frozen=True)
class Entry:
    """A line of the sidebar: one page, or some that are tabs of each other, the first of them the one that it opens."""

    icon: str
    pages: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.pages[0]

    def title(self, t: Locale) -> str:
        """What the sidebar calls it."""
        return t(f"shared.navigation.tabs.{self.name}" if len(self.pages) > 1 else f"pages.{self.name}")


GROUPS = {
    "answer": (Entry(":material/insights:", ("overview",)),),
    "evidence": (
        Entry(":material/leaderboard:", ("scores", "compare", "benchmarks", "effort")),
        Entry(":material/compare_arrows:", ("disagreements",)),
        Entry(":material/scatter_plot:", ("map",)),
        Entry(":material/search:", ("live",)),
    ),
    "business": (
        Entry(":material/payments:", ("cost",)),
        Entry(":material/savings:", ("roi", "scenarios")),
    ),
    "prepare": (
        Entry(":material/folder_open:", ("data",)),
        Entry(":material/troubleshoot:", ("audit",)),
        Entry(":material/handshake:", ("criteria",)),
        Entry(":material/rate_review:", ("annotate",)),
        Entry(":material/model_training:", ("training",)),
    ),
    "share": (
        Entry(":material/description:", ("report",)),
        Entry(":material/slideshow:", ("meeting",)),
    ),
}
HELP = Entry(":material/menu_book:", ("definitions",))
"""Stands apart from the way."""
MOVED = {
    "overview": "overview", "contract": "criteria", "label": "annotate", "returns": "roi", "yardsticks": "benchmarks", "example": "cost",
}  # fmt: skip
"""Addresses of before, which may stand in a mail, and the pages that they lead to."""
_ENTRIES = tuple(entry for entries in GROUPS.values() for entry in entries)
PAGES = tuple(page for entry in (*_ENTRIES, HELP) for page in entry.pages)
_MARKS = {"done": ":green[✓]", "to_do": ":gray[○]", "running": ":blue[⋯]"}


def pages(t: Locale) -> dict[str, Any]:
    """Every page by its name, for `st.navigation`."""
    first = {"default": True, "url_path": "start"}  # a name that no address has, as the first page has none
    return {
        name: st.Page(page_path(name), title=t(f"pages.{name}"), icon=entry.icon, **first if name == "overview" else {})
        for entry in (*_ENTRIES, HELP)
        for name in entry.pages
    }


def links(context: PageContext, known: Mapping[str, Any]) -> None:
    """The five groups, each entry with its state, and the help below them."""
    t, state = context.t, _states(context)
    for group, entries in GROUPS.items():
        with st.container(key=f"group_{group}", gap=None):
            st.caption(t(f"shared.navigation.group.{group}"))
            for entry in entries:
                _link(context, known, entry, state.get(entry.name))
    with st.container(key="group_help", gap=None):
        _link(context, known, HELP, None)


def _states(context: PageContext) -> dict[str, str]:
    if context.dataset is None:
        return {"data": "to_do"}
    found = states(context.analysis)
    if context.dataset.counts["pairs"]:
        found["audit"] = audit.state(context.workspace, context.dataset)
    return found


def _link(context: PageContext, known: Mapping[str, Any], entry: Entry, state: str | None) -> None:
    t, title = context.t, entry.title(context.t)
    word = t(f"shared.navigation.state.{state}") if state else None
    st.page_link(
        known[entry.name],
        label=f"{plain(title)} {_MARKS[state]}" if state else plain(title),
        help=t("shared.navigation.stands", title=title, state=word) if state else title,
        icon=entry.icon,
        query_params=context.address,
        width="stretch",
    )


def tabs(context: PageContext, page: str) -> None:
    """Where an entry stands for several pages, links to each of them; the one that is shown is marked."""
    entry = next((one for one in _ENTRIES if page in one.pages), HELP)
    if len(entry.pages) == 1:
        return
    with st.container(key="tabs", horizontal=True, gap="small"):
        for name in entry.pages:
            with st.container(key=f"tab_{'shown' if name == page else name}", width="content"):
                st.page_link(
                    page_path(name),
                    label=plain(context.t(f"shared.navigation.tab.{name}")),
                    query_params=context.address,
                )
