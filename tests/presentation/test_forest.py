"""Differences a row each: whom they are to, in which order, and what is said to those who see no chart."""

import pytest
from example_poc import analysed, complete, import_example

from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.forest import forest_described, forest_table, rows_by_method
from kdmcse.store.workspace import Workspace


@pytest.fixture
def found(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset)
    return analysed(workspace, dataset)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_what_was_trained_has_a_row_and_the_baseline_comes_first(found, language):
    rows = rows_by_method(found.verdicts(), found.results.asked, Locale(language))
    assert [row.method for row in rows] == ["baseline", "mcse", "simcse"]
    assert "simcse_margin" not in found.results.asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_and_words_say_what_the_plot_shows(found, language):
    t = Locale(language)
    rows = rows_by_method(found.verdicts(), found.results.asked, t)
    table, told = forest_table(t, rows, "name", "score"), forest_described(t, rows, "title")
    for row, line in zip(rows, table, strict=True):
        assert row.name in told and line["name"] == row.name
        assert t.signed(row.difference.estimate, 3) in line[t("forest.difference")]
        assert t(f"shared.verdict.{row.verdict}") in line[t("forest.verdict")]
