"""A form that saves itself: on disk at every change, shown in every tab, and nothing that was typed is lost."""

import json

import pytest
from streamlit.testing.v1 import AppTest


def script(file: str) -> None:
    import json
    from pathlib import Path

    import streamlit as st

    from dashboard.forms.draft import ErrorSlots, open_draft

    path, slots = Path(file), ErrorSlots()

    def write(content):
        path.write_text(json.dumps(content))
        return content

    content = json.loads(path.read_text()) if path.exists() else {}
    draft = open_draft("prices", content, write, basis="JPY")
    entered = {"a": draft.number("a", "A", content.get("a", 1.0), step=1.0)}
    slots.open("a")
    entered["b"] = draft.number("b", "B", content.get("b"), step=1.0)
    entered["c"] = st.selectbox("C", ["x", "y"], key=draft.key("c", content.get("c", "x")))
    if entered != {"a": 1.0, "b": None, "c": "x"} | content:
        draft = draft.keep(entered)
    slots.at("a").text(f"below a: {draft.content}")
    if st.button("redraw", key="redraw"):
        draft.redraw()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "draft.json"


def tab(file) -> AppTest:
    return AppTest.from_function(script, args=(str(file),)).run()


def field(app: AppTest, name: str, kind: str = "number_input"):
    return next(one for one in getattr(app, kind) if one.key.startswith(f"{name}_"))


def test_nothing_is_written_until_something_is_typed(file):
    tab(file)
    assert not file.exists()


def test_what_is_typed_is_on_disk_at_once_and_shown_by_a_tab_opened_later(file):
    app = tab(file)
    key = field(app, "a").key
    field(app, "a").set_value(2.5).run()
    assert json.loads(file.read_text()) == {"a": 2.5, "b": None, "c": "x"}
    assert field(app, "a").key == key, "one's own saving leaves the inputs as they are"
    assert field(tab(file), "a").value == 2.5


def test_a_number_can_be_emptied_again_whether_it_was_saved_or_is_a_default(file):
    file.write_text('{"b": 7}')
    app = tab(file)
    assert [one.value for one in app.number_input] == [1, 7]
    assert not any(one.proto.HasField("default") for one in app.number_input)
    for name in ("a", "b"):
        field(app, name).set_value(None).run()
    assert json.loads(file.read_text()) == {"a": None, "b": None, "c": "x"}
    assert [one.value for one in tab(file).number_input] == [None, None]


def test_another_tab_shows_what_was_saved_in_this_one(file):
    one, other = tab(file), tab(file)
    field(one, "c", "selectbox").set_value("y").run()
    other.run()
    assert field(other, "c", "selectbox").value == "y"


def test_what_is_typed_while_another_tab_saves_is_kept_beside_it(file):
    one, other = tab(file), tab(file)
    field(one, "a").set_value(2.0).run()
    field(other, "b").set_value(5.0).run()
    assert json.loads(file.read_text()) == {"a": 2.0, "b": 5.0, "c": "x"}
    assert (field(other, "a").value, field(other, "b").value) == (2, 5)


def test_a_number_that_is_emptied_while_another_tab_saves_is_empty(file):
    file.write_text('{"a": 3, "b": 4, "c": "x"}')
    one, other = tab(file), tab(file)
    field(one, "c", "selectbox").set_value("y").run()
    field(other, "b").set_value(None).run()
    assert json.loads(file.read_text()) == {"a": 3, "b": None, "c": "y"}


def test_what_is_wrong_with_a_field_stands_below_its_input(file):
    app = tab(file)
    assert [one.type for one in app.main if one.type in ("number_input", "text")] == [
        "number_input",
        "text",
        "number_input",
    ]
    assert app.text[0].value == "below a: {}"


def test_inputs_are_drawn_anew_on_request(file):
    app = tab(file)
    field(app, "a").set_value(2.0).run()
    key = field(app, "a").key
    app.button(key="redraw").click().run()
    assert field(app.run(), "a").key != key and field(app, "a").value == 2


def test_an_input_shows_all_the_decimals_that_are_kept(file):
    assert field(tab(file), "a").proto.format == "%g"
