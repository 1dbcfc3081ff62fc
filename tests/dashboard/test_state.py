"""What a visitor looks at is in the address; nothing but primitives is kept, and every cache is bounded."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def test_every_cache_is_bounded():
    text = (ROOT / "dashboard" / "cache.py").read_text()
    caches = re.findall(r"@st\.cache_\w+(\([^)]*\))?", text)
    assert caches and all("max_entries" in arguments for arguments in caches)


def script() -> None:
    import streamlit as st

    from dashboard import state

    st.text(state.locale().language)
    st.text(str(state.address(run="r")))
    state.remember("n", 3)
    st.text(str((state.recall("n"), state.take("n"), state.recall("n"))))
    state.choose("dataset", "d")
    state.choose("recipe", None)
    st.text(state.choice("dataset"))


def test_the_address_keeps_dataset_and_language():
    app = AppTest.from_function(script)
    app.query_params["lang"] = "ja"
    app.query_params["recipe"] = "r1"
    app.run()
    assert [text.value for text in app.text] == [
        "ja", "{'lang': 'ja', 'recipe': 'r1', 'run': 'r'}", "(3, 3, None)", "d",
    ]  # fmt: skip


def test_an_unknown_language_is_not_believed():
    app = AppTest.from_function(script)
    app.query_params["lang"] = "<script>"
    app.run()
    assert app.text[0].value == "en"


def chooser():
    import streamlit as st

    from dashboard import state

    t = state.locale()
    state.show_again(t.language, "page", entered=state.enters_page())
    names = {"en": {"": "Something else", "match": "Matching"}, "ja": {"": "その他", "match": "照合"}}[t.language]
    state.preset("one", "match")
    st.selectbox("One", list(names), format_func=names.get, key="one")
    st.multiselect("Several", list(names), format_func=names.get, key="several", default=["match"])
    st.radio("Radio", list(names), format_func=names.get, key="radio", index=1)
    st.button("Button", key="button")


def test_what_was_chosen_in_one_language_is_chosen_in_the_other():
    app = AppTest.from_function(chooser)
    app.query_params["lang"] = "ja"
    app.run()
    app.selectbox(key="one").select("").run()
    app.query_params["lang"] = "en"
    app.run()
    for _ in range(2):
        assert app.selectbox(key="one").value == ""
        assert app.multiselect(key="several").value == ["match"] and app.radio(key="radio").value == "match"
        app.button(key="button").click().run()
    assert not app.exception


def walker():
    import streamlit as st

    from dashboard import state

    page = st.query_params.get("page", "a")
    state.show_again("en", page, entered=st.query_params.get("entered") == "yes")
    if page == "a":
        state.preset("here", "from disk")
        st.text_input("Here", key="here")
    if st.query_params.get("cut") == "yes":
        st.stop()
    state.drawn(page)


def seen(app: AppTest, **address: str) -> AppTest:
    for name, value in {"entered": "no", "cut": "no", **address}.items():
        app.query_params[name] = value
    return app.run()


def test_inputs_of_a_page_that_was_left_are_forgotten_by_the_next():
    app = AppTest.from_function(walker).run()
    app.text_input(key="here").set_value("typed").run()
    seen(app, page="b", entered="yes")
    assert "here" not in app.session_state
    seen(app, page="b")
    assert seen(app, page="a", entered="yes").text_input(key="here").value == "from disk"
