"""The effort page: the heads of its table begin as heads do, whatever score decides; where the time was spent is said once it is known."""

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


@pytest.mark.parametrize("t", [Locale(language) for language in LANGUAGES], ids=LANGUAGES)
def test_the_computing_time_is_told_once_something_was_measured_and_with_where(t, monkeypatch):
    shown = []
    monkeypatch.setattr(effort, "show_cards", lambda t, cards: shown.append(cards[-1].note))
    dataset = SimpleNamespace(counts={"pairs": 36, "train": 24, "texts": 0}, judged_rows=9)
    for evaluated in ((), (SimpleNamespace(device=None),)):
        spent = {"run_seconds": (12.0,), "computing_seconds": 12.0, "any_training_seconds": None, "trained": []}
        results = SimpleNamespace(evaluated=evaluated, **spent)
        effort.brought(SimpleNamespace(t=t, dataset=dataset, results=results))
    told = {"count": 1, "total": t.duration(12.0), "device": t("page_effort.device.cpu")}
    assert shown == [t("page_effort.computing.none"), t("page_effort.computing.note", **told)]
