"""Places for figures that are computed anew: no figure of before stands beside an input that says it is saved."""

import html
from types import TracebackType

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import RerunException

from kdmcse.i18n import Locale


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
