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


def walker():
    import streamlit as st

    from dashboard import state

    page = st.query_params.get("page", "a")
    state.show_again("en", page)
    if page == "a":
        state.preset("here", "from disk")
        st.text_input("Here", key="here")
    state.drawn(page)


def seen(app: AppTest, page: str) -> AppTest:
    app.query_params["page"] = page
    return app.run()


def test_inputs_of_a_page_that_was_left_are_forgotten_by_the_next():
    app = AppTest.from_function(walker).run()
    app.text_input(key="here").set_value("typed").run()
    seen(app, "b")
    assert "here" not in app.session_state
    assert seen(app, "a").text_input(key="here").value == "from disk"


def uploader():
    import streamlit as st

    from dashboard import state

    state.show_again(st.query_params.get("lang", "en"), "page")
    st.file_uploader("Images", accept_multiple_files=True, key=state.read_only("images"))
    state.drawn("page")


def test_a_place_for_files_stands_a_change_of_language():
    app = AppTest.from_function(uploader).run()
    app.query_params["lang"] = "ja"
    assert not app.run().exception
