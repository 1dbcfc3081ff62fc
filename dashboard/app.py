"""Entrypoint: page config, language, navigation, and the last net under every page. `kdmcse dashboard` starts it."""

from pathlib import Path

import streamlit as st

from dashboard import components, resources, state

# A file: an icon named by a word would be fetched from the internet.
ICON = str(Path(__file__).with_name("icon.svg"))
PAGES = {
    "overview": ":material/insights:",
    "contract": ":material/handshake:",
    "data": ":material/folder_open:",
    "label": ":material/rate_review:",
    "training": ":material/model_training:",
    "scores": ":material/leaderboard:",
    "disagreements": ":material/compare_arrows:",
    "yardsticks": ":material/straighten:",
    "cost": ":material/payments:",
    "returns": ":material/savings:",
    "scenarios": ":material/table_chart:",
    "effort": ":material/show_chart:",
    "map": ":material/scatter_plot:",
    "report": ":material/description:",
    "example": ":material/calculate:",
}


def main() -> None:
    t = state.words()
    st.set_page_config(page_title=t("shared.product"), page_icon=ICON, layout="wide")
    components.style(t.language)
    pages = {
        name: st.Page(components.page_path(name), title=t(f"page_{name}.title"), icon=icon, default=name == "overview")
        for name, icon in PAGES.items()
    }
    page = st.navigation(list(pages.values()), position="hidden")
    with components.net(t, resources.workspace):
        components.sidebar(t, pages)
        page.run()
    resources.warm_up()


main()
