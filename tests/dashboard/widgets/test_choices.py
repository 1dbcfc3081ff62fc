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


def bound_inputs():
    import streamlit as st

    from dashboard import state
    from dashboard.widgets.choices import bound, typed_amount, typed_number, typed_text

    st.text(
        repr((typed_text("find", "Find"), typed_amount("least", "Least"), typed_number("n", "N", 1, 9, 5, key="n")))
    )
    given = bound("only", "switch", state.choice("only") != "all", lambda on: None if on else "all")
    st.caption(str(st.toggle("Only", **given)))


def test_what_is_typed_stands_in_the_address_and_outlives_a_reload():
    app = AppTest.from_function(bound_inputs).run()
    assert app.text[0].value == "('', None, 5)" and dict(app.query_params) == {}
    app.text_input[0].set_value("赤い 帽子").run()
    app.number_input(key="typed_least").set_value(1200).run()
    app.number_input(key="n").set_value(7).run()
    app.toggle[0].set_value(False).run()
    again = AppTest.from_function(bound_inputs)
    for name, value in app.query_params.items():
        again.query_params[name] = value
    assert again.run().text[0].value == app.text[0].value == "('赤い 帽子', 1200, 7)"
    assert again.caption[0].value == "False"
    again.text_input[0].set_value("").run()
    assert "find" not in again.query_params and again.query_params["least"] in ("1200", ["1200"])


def test_another_address_is_shown_whatever_was_typed_and_one_that_cannot_be_is_not_believed():
    app = AppTest.from_function(bound_inputs).run()
    app.text_input[0].set_value("cap").run()
    app.query_params["find"] = "mug"  # as by the back button
    assert app.run().text_input[0].value == "mug"
    for name, value in {"least": "-5", "n": "10", "only": "x"}.items():
        app.query_params[name] = value
    assert app.run().text[0].value == "('mug', None, 5)" and app.caption[0].value == "True"
