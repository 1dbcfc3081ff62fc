"""One place for session and address, one for caches; nothing but primitives is kept."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
SOURCES = [*(ROOT / "dashboard").glob("*.py"), *(ROOT / "pages").glob("*.py")]


def holders(pattern: str) -> set[str]:
    return {path.name for path in SOURCES if re.search(pattern, path.read_text())}


def test_one_file_each_for_session_and_caches():
    assert holders(r"st\.(session_state|query_params)") == {"state.py"}
    assert holders(r"st\.cache_") == {"resources.py"}


def test_every_cache_is_bounded():
    text = (ROOT / "dashboard" / "resources.py").read_text()
    caches = re.findall(r"@st\.cache_\w+(\([^)]*\))?", text)
    assert caches and all("max_entries" in arguments for arguments in caches)


def test_pages_are_thin_and_import_nothing_heavy():
    for path in (ROOT / "pages").glob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) <= 80, path.name
        assert not re.search(r"^\s*(import|from) (torch|transformers|open_clip|mteb|plotly|subprocess)\b", text, re.M)


def test_charts_and_jobs_know_no_streamlit():
    for name in ("charts", "jobs", "i18n", "presets"):
        assert "streamlit" not in (ROOT / "dashboard" / f"{name}.py").read_text().replace("No Streamlit", "").lower()


def script() -> None:
    import streamlit as st

    from dashboard import state

    st.text(state.words().language)
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
