"""What a new PoC does otherwise than the published code stands on the page and in the README as the settings have it."""

import dataclasses
from pathlib import Path

import pytest

from kdmcse.config import RECOMMENDED, TrainingConfig
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation import settings
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
