"""Entrypoint: page config, language, navigation, and the last net under every page. `kdmcse dashboard` starts it."""

from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import frame, navigation, state
from dashboard.context import current_context
from dashboard.widgets import errors

# A file: an icon named by a word would be fetched from the internet.
ICON = str(Path(__file__).with_name("icon.svg"))


def main() -> None:
    """Draw the frame and the page that the address names."""
    t = state.locale()
    st.set_page_config(page_title=t("shared.product"), page_icon=ICON, layout="wide")
    frame.style(t.language)
    pages = navigation.pages(t)
    moved = [
        st.Page(partial(_lead_on, pages[new]), url_path=old, title=t(f"pages.{new}"))
        for old, new in navigation.MOVED.items()
    ]
    page = st.navigation([*pages.values(), *moved, *_unknown(t)], position="hidden")
    state.show_again(t.language, page.url_path)
    with errors.error_boundary(t):
        context = current_context()
        frame.sidebar(context, pages)
        if context.unknown:
            frame.no_such_dataset(context)
        else:
            frame.above(context, page.title)
            page.run()
    state.drawn(page.url_path)


def _unknown(t) -> list[st.Page]:
    """A page for an address that names none."""
    asked = state.asked_page()
    if asked is None or asked in (*navigation.PAGES, *navigation.MOVED):
        return []
    return [st.Page(frame.no_such_page, url_path=asked, title=t("shared.unknown_page.title"))]


def _lead_on(page: st.Page) -> None:
    st.switch_page(page, query_params=state.address())


if __name__ == "__main__":  # not in a process that is spawned
    main()
