"""Students between today's and the trained one, a line each as the shell prints them."""

import pytest

from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.interpolation import stop_lines
from kdmcse.results.interpolation import Stop
from kdmcse.stats import Comparison, Interval

SCORE = Interval(0.5, 0.4, 0.6, 0.95, 300, 300, 3, rows_only=False, reason=None)
COMPARED = Comparison(SCORE, SCORE, SCORE, p_value=0.5, rows_error=0.1, seeds_error=0.0, seeds_freedom=2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_line_holds_is_set_apart_as_the_language_does(language):
    t, [line] = (
        Locale(language),
        stop_lines(Locale(language), [Stop(0.5, COMPARED, {"public_STS12": COMPARED})], "sts_spearman"),
    )
    assert line.startswith(f"{t('interpolation.share')} {t.percent(0.5)}{t('interpolation.separator')}")
    assert line.count(t("interpolation.separator")) >= 4 and (";" in line) == (language == "en")
