"""Agreement of a teacher with people, and beside it the untouched student's on the same rows."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from kdmcse.audit.agreement import Agreement

GOLD = np.linspace(0, 5, 80)
NOISE = np.random.default_rng(0).standard_normal((2, 80))
GOOD, POOR = GOLD + NOISE[0], GOLD + 6 * NOISE[1]


def test_scores_are_spearmans_with_their_intervals():
    found = Agreement.of("image_caption", GOLD, {"teacher": GOOD, "centred": POOR}, list(range(80)), 100)
    for name, cosines in (("teacher", GOOD), ("centred", POOR)):
        score = found.scores[name]
        assert score.estimate == pytest.approx(spearmanr(GOLD, cosines).statistic)
        assert score.low < score.estimate < score.high
    assert (found.judged, found.rows, found.difference) == (100, 80, None)


def test_teacher_and_student_are_compared_on_the_same_rows():
    for teacher, student, verdict in ((GOOD, POOR, "better"), (POOR, GOOD, "worse"), (GOOD, GOOD, "not_decisive")):
        found = Agreement.of("caption_caption", GOLD, {"teacher": teacher, "student": student}, list(range(80)), 80)
        assert found.difference.verdict == verdict


def test_without_a_row_that_can_be_measured_there_is_no_score():
    found = Agreement.of("caption_caption", np.zeros(0), {"teacher": np.zeros(0)}, [], 12)
    assert (found.judged, found.rows, found.scores) == (12, 0, {})
