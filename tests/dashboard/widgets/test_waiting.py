"""Work that takes a while: what it comes to, what is told meanwhile, and that nobody waits for what they left."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.widgets import waiting
from kdmcse.i18n import LANGUAGES, Locale

languages = pytest.mark.parametrize("t", [Locale(language) for language in LANGUAGES], ids=LANGUAGES)


def working():
    import time

    import streamlit as st

    from dashboard.widgets.waiting import while_working
    from kdmcse.errors import UserError
    from kdmcse.i18n import Locale

    def work():
        time.sleep(0.5)
        if "broken" in st.query_params:
            raise UserError("pins_full", most=3)
        return 42

    try:
        st.text(str(while_working(Locale("en"), "a kind of work", "Counting …", work)))
    except UserError as error:
        st.text(error.code)


def test_what_was_worked_out_is_returned_and_what_went_wrong_is_raised():
    app = AppTest.from_function(working).run()
    assert [one.value for one in app.text] == ["42"] and not app.exception
    app.query_params["broken"] = "1"
    assert [one.value for one in app.run().text] == ["pins_full"] and not app.exception


@languages
def test_how_long_it_takes_is_told_after_two_seconds_by_how_long_it_took_before(t):
    told = [waiting._told(t, "…", elapsed, before) for elapsed, before in ((1, 30), (10, 30), (10, None), (31, 30))]
    assert told[0] == "…"
    assert t("shared.waiting.left", time=t.duration(20)) in told[1]
    assert t("shared.waiting.so_far", time=t.duration(10)) in told[2]
    assert t("shared.waiting.so_far", time=t.duration(31)) in told[3]


def test_the_time_that_is_left_follows_from_how_fast_the_share_grows(monkeypatch):
    kept, now = {}, [100.0]
    monkeypatch.setattr(waiting.state, "remember", kept.__setitem__)
    monkeypatch.setattr(waiting.state, "recall", kept.get)
    monkeypatch.setattr(waiting.time, "time", lambda: now[0])
    assert waiting._time_left("map", 0.2) is None, "nothing has moved yet"
    now[0] += 10
    assert waiting._time_left("map", 0.2) is None
    assert waiting._time_left("map", 0.4) == pytest.approx(30)
    assert waiting._time_left("map", 0.1) is None, "it was begun anew"
