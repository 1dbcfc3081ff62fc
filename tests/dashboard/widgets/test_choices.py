"""What was picked is in the address, and what the address names is picked."""

from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from dashboard.widgets.choices import pick

    st.text(pick("filter", "Filter", ["median", "null"], "median", str.upper))


def test_a_choice_stands_in_the_address_and_outlives_a_reload():
    app = AppTest.from_function(script).run()
    assert app.text[0].value == "median" and "filter" not in app.query_params
    app.selectbox[0].set_value("null").run()
    assert app.text[0].value == "null" and app.query_params["filter"] in ("null", ["null"])
    again = AppTest.from_function(script)
    again.query_params["filter"] = "null"
    assert again.run().text[0].value == again.selectbox[0].value == "null"


def test_what_the_address_names_and_nobody_may_choose_is_not_believed():
    app = AppTest.from_function(script)
    app.query_params["filter"] = "../x"
    assert app.run().text[0].value == "median"
