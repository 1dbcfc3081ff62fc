"""Comparisons line by line, each with its verdict."""

from streamlit.testing.v1 import AppTest

from kdmcse.i18n import LANGUAGES, Locale


def script():
    import streamlit as st

    from dashboard.widgets.verdicts import comparisons
    from kdmcse.i18n import Locale
    from kdmcse.stats import Comparison, Interval

    def score(estimate, reason=None):
        low, high = (None, None) if reason else (estimate - 0.1, estimate + 0.1)
        return Interval(estimate, low, high, 0.95, 300, 300, 3, rows_only=False, reason=reason)

    def compared(baseline, difference):
        return Comparison(score(0.5), baseline, difference, 0.001, rows_error=0.01, seeds_error=0.0, seeds_freedom=2)

    missing = score(None, "not_measured")
    known = {"simcse": compared(missing, missing), "mcse": compared(score(0.2), score(0.3))}
    comparisons(Locale(st.query_params["lang"]), known)


def test_what_was_not_measured_has_no_verdict_and_is_named():
    for language in LANGUAGES:
        app, t = AppTest.from_function(script), Locale(language)
        app.query_params["lang"] = language
        said = [one.value for one in (*app.run().markdown, *app.text)]
        assert sum(t("shared.verdict.better") in one for one in said) == 1
        assert not any(t("shared.verdict.not_decisive") in one for one in said)
        assert t("results.against.missing", methods="SimCSE") in said
