"""The table of the effort page: its heads begin as heads do, whatever score decides."""

from types import SimpleNamespace

import pandas as pd
import pytest

from dashboard.views import effort
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.results.learning_curve import Growth, LearningCurve


@pytest.mark.parametrize("t", [Locale(language) for language in LANGUAGES], ids=LANGUAGES)
def test_every_head_of_the_table_begins_with_a_capital(t, monkeypatch):
    shown = []
    monkeypatch.setattr(effort.layout, "table", shown.extend)
    points = pd.DataFrame(
        {
            "run": ["a"],
            "share": [1.0],
            "seed": [0],
            "pairs": [90],
            "score": [0.5],
            "monthly_cost": [1.0],
            "seconds": [2],
        }
    )
    unknown = Growth(None, "few_sizes")
    curve = LearningCurve(points, 90, "caption_to_caption_ndcg_at_10", "JPY", None, score=unknown, saving=unknown)
    effort._table(SimpleNamespace(t=t), curve)
    [row] = shown
    assert len(row) == 5 and all(head[0] == head[0].upper() for head in row), list(row)
