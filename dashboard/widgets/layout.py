"""What pages are put together from: headings, tables, figures, and links from page to page.

Text of the user's reaches the browser by st.text, st.dataframe or `plain`; never as Markdown or HTML.
"""

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import RerunException

from dashboard import state
from dashboard.charts import theme
from dashboard.context import PageContext
from dashboard.widgets.text import plain
from kdmcse.data.csv_export import csv_for_spreadsheets
from kdmcse.i18n import Locale

if TYPE_CHECKING:
    import pandas as pd

    from kdmcse.data import PairDataset


def page_path(name: str) -> Path:
    return Path(__file__).parents[2] / "pages" / f"{name}.py"


def dataset_name(t: Locale, dataset: "PairDataset") -> str:
    return t("shared.sample_dataset") if dataset.synthetic else dataset.name


def section(title: str, explanation: str | None = None) -> None:
    st.subheader(plain(title), anchor=False)
    if explanation:
        st.caption(plain(explanation))


@contextmanager
def folded(name: str, title: str, *, icon: str, expanded: bool = False) -> Iterator[bool]:
    """A part that a visitor may open; False until then, and what it would hold is neither computed nor sent.

    Once opened it stays there, closed or not: inputs that leave a page forget what was typed. `name`: unique on its page.
    """
    part = st.expander(title, expanded=expanded, icon=icon, key=f"folded_{name}", on_change="rerun")
    if part.open:
        state.remember(f"opened_{name}", True)
    with part:
        yield bool(state.recall(f"opened_{name}"))


def download_csv(
    t: Locale, content: bytes, name: str, *, label: str | None = None, explanation: str | None = None
) -> None:
    """A button for a CSV file of that name."""
    st.download_button(
        label or t("shared.download_csv"),
        content,
        file_name=f"{name}.csv",
        mime="text/csv",
        help=explanation,
        icon=":material/download:",
        on_click="ignore",
        key=f"csv_{name}",
    )


def table_with_download(t: Locale, table: "pd.DataFrame", name: str) -> None:
    """A table that may hold text of the user's, and the same as a CSV file of that name."""
    st.dataframe(table, hide_index=True)
    download_csv(t, csv_for_spreadsheets(table), name)


def table(rows: Sequence[Mapping[str, str]]) -> None:
    """A designed table of our own words and numbers: first column the name, the rest right-aligned."""
    st.table([{plain(k): plain(v) for k, v in row.items()} for row in rows], border="horizontal", hide_index=True)


def figure(drawing: theme.Chart, key: str, *, alt: str, on_select: str | Callable = "ignore") -> Any:
    return st.plotly_chart(
        drawing, theme=None, key=key, config=theme.CONFIG, alt=alt, on_select=on_select, selection_mode="points"
    )


class Slots:
    """The places of the figures of a page, opened above and below the inputs before these are asked for.

    Where figures are about to be computed every place says so at once, over those that stood there; none goes on saying so where that fails.
    """

    def __init__(self, t: Locale, *, outdated: bool) -> None:
        self._words, self._outdated = t("shared.recalculating"), outdated
        self._opened: list[Slot] = []

    def open(self, height: int = 60) -> "Slot":
        """height: about that of the figures in pixels, so that the page does not jump."""
        self._opened.append(Slot(self._words, outdated=self._outdated, height=height))
        return self._opened[-1]

    def __enter__(self) -> "Slots":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, RerunException):
            return  # the run that follows at once covers them anew or fills them
        for slot in self._opened:
            slot.close()


class Slot:
    """One of `Slots`."""

    def __init__(self, words: str, *, outdated: bool, height: int) -> None:
        # Only where something is outdated: what lies in an empty slot is taken off the page and put there anew.
        self._place, self._covered = (st.empty() if outdated else st.container()), outdated
        if outdated:
            # One element: a container in its place would leave the figures in it until the page is done.
            words = html.escape(words)
            self._place.html(f'<div class="recalculating" role="status" style="height: {height}px">{words}</div>')

    def fill(self) -> DeltaGenerator:
        """Where the figures are drawn, now that they are known; nothing is drawn where there are none."""
        place = self._place.container() if self._covered else self._place
        self._covered = False
        return place

    def close(self) -> None:
        """Take the cover off a place that got no figures."""
        if self._covered:
            self._place.empty()
            self._covered = False


def next_step(context: PageContext, page: str, text: str) -> None:
    """One clear way on, at the bottom of the page."""
    with st.container(key="next_step", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(text)
        link(context, page)


def link(context: PageContext, page: str) -> None:
    """A link to another page that looks like a button."""
    with st.container(key=f"go_{page}", width="content"):
        st.page_link(
            page_path(page),
            label=context.t("shared.go", title=context.t(f"pages.{page}")),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params=context.address,
        )


def empty(context: PageContext, key: str, page: str) -> None:
    """Nothing to show yet: why, and where to go."""
    with st.container(border=True, key="empty", horizontal_alignment="center"):
        st.markdown(f"#### {plain(context.t(f'{key}.title'))}", anchors=False, text_alignment="center")
        st.text(context.t(f"{key}.text"))
        link(context, page)
