"""Entrypoint: page config, language, navigation, and the last net under every page. `kdmcse dashboard` starts it."""

from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import frame, state
from dashboard.widgets import errors, layout

# A file: an icon named by a word would be fetched from the internet.
ICON = str(Path(__file__).with_name("icon.svg"))
PAGES = {
    "overview": ":material/insights:",
    "criteria": ":material/handshake:",
    "data": ":material/folder_open:",
    "audit": ":material/troubleshoot:",
    "annotate": ":material/rate_review:",
    "training": ":material/model_training:",
    "scores": ":material/leaderboard:",
    "disagreements": ":material/compare_arrows:",
    "benchmarks": ":material/straighten:",
    "cost": ":material/payments:",
    "roi": ":material/savings:",
    "scenarios": ":material/table_chart:",
    "effort": ":material/show_chart:",
    "map": ":material/scatter_plot:",
    "live": ":material/search:",
    "report": ":material/description:",
    "example": ":material/calculate:",
    "definitions": ":material/menu_book:",
}
MOVED = {"contract": "criteria", "label": "annotate", "returns": "roi", "yardsticks": "benchmarks"}
"""Addresses of before, which may stand in a mail, and the pages that they lead to."""


def main() -> None:
    """Draw the frame and the page that the address names."""
    t = state.locale()
    st.set_page_config(page_title=t("shared.product"), page_icon=ICON, layout="wide")
    frame.style(t.language)
    pages = {
        name: st.Page(layout.page_path(name), title=t(f"pages.{name}"), icon=icon, default=name == "overview")
        for name, icon in PAGES.items()
    }
    moved = [
        st.Page(partial(_lead_on, pages[new]), url_path=old, title=t(f"pages.{new}")) for old, new in MOVED.items()
    ]
    page = st.navigation([*pages.values(), *moved], position="hidden")
    state.show_again(t.language, page.url_path)
    with errors.error_boundary(t):
        frame.sidebar(pages, MOVED.get(page.url_path, page.url_path))
        page.run()
    state.drawn(page.url_path)


def _lead_on(page: st.Page) -> None:
    st.switch_page(page, query_params=state.address())


if __name__ == "__main__":  # not in a process that is spawned
    main()
