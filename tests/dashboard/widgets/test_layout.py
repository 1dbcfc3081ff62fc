"""Parts that a visitor may open, and charts."""

from streamlit.testing.v1 import AppTest

from dashboard.charts import training
from dashboard.widgets import layout
from kdmcse.i18n import Locale


def script():
    import streamlit as st

    from dashboard.widgets import layout

    title = st.text_input("Title", value="Reviewing", key="title")
    if st.checkbox("Here", value=True, key="here"):
        with layout.folded(
            "part", title, icon=":material/add:", expanded=st.checkbox("Filled", key="filled")
        ) as opened:
            if opened:
                st.number_input("Price", key="price", value=None)


def part(app: AppTest):
    return app.expander[0]


def opened(app: AppTest, yes: bool) -> AppTest:
    app.session_state["folded_part"] = yes
    return app.run()


def test_what_nobody_opened_is_not_sent():
    app = AppTest.from_function(script).run()
    assert not part(app).proto.expanded and not part(app).children


def test_what_was_opened_stays_when_it_is_closed_and_keeps_what_was_typed():
    app = opened(AppTest.from_function(script).run(), True)
    app.number_input(key="price").set_value(3.0).run()
    app = opened(app, False)
    assert not part(app).proto.expanded and app.number_input(key="price").value == 3.0


def test_it_opens_when_it_has_something_to_show_and_is_the_same_part_to_the_browser():
    app = AppTest.from_function(script).run()
    before = part(app).proto.id
    app.checkbox(key="filled").check().run()
    assert part(app).proto.expanded and part(app).children
    app.checkbox(key="filled").uncheck().run()
    assert part(app).proto.expanded and part(app).proto.id == before
    assert not opened(app, False).expander[0].proto.expanded
    assert not app.run().expander[0].proto.expanded, "a visitor's choice stands"


def test_it_is_open_still_in_another_language_and_after_another_page():
    app = opened(AppTest.from_function(script).run(), True)
    app.text_input(key="title").set_value("確認").run()
    assert part(app).proto.expanded and part(app).label == "確認"
    app.checkbox(key="here").uncheck().run()
    app.checkbox(key="here").check().run()
    assert part(app).proto.expanded


def test_a_chart_without_traces_is_not_drawn():
    assert (
        layout.figure(Locale("en"), training.losses(Locale("en"), [], {"total": "Total"}, "x", "y"), "empty", alt="")
        is None
    )


def tables():
    from dashboard.widgets import layout

    first = {
        "Name": "1 a",
        "Words": "3 or more",
        "Source": "–",
        "Figure": "-\u2060¥2 (¥1\u00a0to\u00a0¥2)",
        "Share": "–",
        "Sure": "71%",
    }
    second = {"Name": "2 b", "Words": "not agreed", "Figure": "–", "Share": "–", "Sure": "more than 99%"}
    third = {"Name": "3 c", "Words": "2 in words that are longer", "Figure": "never", "Share": "–", "Sure": "5%"}
    fourth = {"Name": "4 d", "Words": "every time it was asked for", "Figure": "3 days", "Share": "–", "Sure": "5%"}
    layout.table([first, second, third, fourth], words=["Source"])


def test_columns_of_figures_stand_on_the_right_and_words_on_the_left():
    app = AppTest.from_function(tables).run()
    styles = app.table[0].proto.SerializeToString().decode(errors="replace")
    at = [place for place in range(6) if f"td.col{place}" in styles and f"th.col_heading.col{place}" in styles]
    heads = list(app.table[0].value.columns)
    assert [heads[place] for place in at] == ["Figure", "Share", "Sure"], "dashes stand where the figures will"
    assert "right !important" in styles and app.table[0].value.shape == (4, 6)
