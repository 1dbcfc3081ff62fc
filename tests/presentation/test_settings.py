"""What a new PoC does otherwise than the published code stands on the page and in the README as the settings have it."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from kdmcse.config import RECOMMENDED, TrainingConfig
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation import settings
from kdmcse.results.choices import Choice, Effort, Option
from kdmcse.training.reproduction.settings import PUBLISHED, UNLIKE

README = Path(__file__).resolve().parents[2] / "kdmcse" / "training" / "README.md"


def row(cells) -> str:
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_that_differs_is_told_with_its_values_and_the_reason(language):
    t = Locale(language)
    told = {one.name: one for one in settings.differences(t)}
    for field in dataclasses.fields(TrainingConfig):
        published, default = getattr(PUBLISHED, field.name), getattr(RECOMMENDED, field.name)
        one = told.pop(settings.setting_name(t, field.name), None)
        assert (one is None) == (published == default), field.name
        if one:
            assert (one.published, one.default) == tuple(
                settings.setting_value(t, value) for value in (published, default)
            )
            assert one.why
    assert len(told) == len(UNLIKE)


def test_the_readme_has_the_same_table():
    rows = [row(dataclasses.astuple(one)) for one in settings.differences(Locale("en"))]
    stated = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    start = stated.index(row(("setting", "published", "reproduced", "a new PoC", "why"))) + 1
    assert stated[start : start + len(rows)] == rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_sentences_without_images_are_not_trained_on_is_told_where_there_are_pairs(language):
    t = Locale(language)

    def told(use: str, *, texts: int, pairs: int):
        dataset = SimpleNamespace(counts={"texts": texts, "train": pairs})
        return settings.texts_sentence(t, TrainingConfig(texts=use), dataset)

    assert all("1" in told(use, texts=1, pairs=9) for use in ("auto", "left_out"))
    assert settings.setting_name(t, "texts") in told("auto", texts=2, pairs=9)
    assert told("mixed", texts=2, pairs=9) is told("auto", texts=2, pairs=1) is told("auto", texts=0, pairs=9) is None


def option(change, score, taken=False):
    return Option(
        change, score, None if score is None else 0.012, taken, 10, 30, 4.0, None if score else "training_diverged"
    )


CHOICES = {
    "mcse": Choice(
        "choice-mcse-1", "mcse", 60, RECOMMENDED, (option({}, 0.700), option({"cross_modal_weight": 0.01}, 0.745, True))
    ),
    "simcse": Choice(
        "choice-simcse-1", "simcse", 60, RECOMMENDED, (option({}, 0.69, True), option({"temperature": 0.1}, None))
    ),
}


def judged(sentence):
    """Two test judgements, one of a cup, and a dev judgement of this sentence."""
    rows = [("a cup", "a mug", True), ("a bowl", "a plate", True), ("a spoon", sentence, False)]
    sts = pd.DataFrame(rows, columns=["sentence1", "sentence2", "held_out"])
    return SimpleNamespace(sts=sts.assign(dev=~sts["held_out"]), counts={"sts_usable": 2})


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_chosen_is_told_with_its_dev_scores_and_what_stayed_as_it_was_too(language):
    t = Locale(language)
    changed, kept = settings.choice_sentences(t, CHOICES, judged("another cup"))
    *same, shared = settings.choice_sentences(t, CHOICES, judged("A cup"))
    assert same == [changed, kept] and shared == t("data.shared_with_dev", count=1, usable=2)
    assert all(part in changed for part in ("MCSE", "0.01", "0.745", "0.700"))
    assert "SimCSE" in kept and "0.690" in kept and "0.1" not in kept
    rows = [list(row.values()) for row in settings.option_rows(t, CHOICES)]
    assert len(rows) == 4 and rows[1][2] == "0.745 ± 0.012" and rows[1][3] == t("choice.taken")
    assert rows[3][2] == t("choice.failed") and rows[3][3] == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_choosing_takes_is_told_with_a_range_or_without_any_time(language):
    t = Locale(language)
    known = settings.effort_text(t, Effort(32, 12, (60.0, 600.0)))
    assert all(part in known for part in ("32", "12", t.duration(60), t.duration(600)))
    by_size = settings.effort_text(t, Effort(32, 12, (60.0, 600.0), measured=False))
    assert all(part in by_size for part in ("32", "12", t.duration(60), t.duration(600))) and by_size != known
    assert t.duration(60) not in settings.effort_text(t, Effort(32, 12))
