"""The file of disagreements: which columns it has, and what they are called."""

import dataclasses
import math

import pandas as pd
import pytest

from dashboard.views.disagreements import explained, spreadsheet
from kdmcse.data.csv_export import csv_for_spreadsheets
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.costs import name_of_test_threshold
from kdmcse.presentation.methods import method_name
from kdmcse.results.disagreements import Disagreements

languages = pytest.mark.parametrize("t", [Locale(language) for language in LANGUAGES], ids=LANGUAGES)


def flips(*, lower: float, parts: tuple[int, int]) -> Disagreements:
    """Two decisions that flipped between the baseline, which has one threshold, and KDMCSE."""
    both = {
        "gained": [True, False],
        "price": [1200.0, 300.0],
        "moved": [0.3, 0.2],
        "seeds": [3, 2],
        "truth": [1.0, 0.0],
    }
    texts = {"text_a": ["a", "b"], "text_b": ["c", "d"], "segment": ["", "mug"], "before": [0.4, 0.5]}
    judged = {"outcome_before": [0, 0], "lower_before": [0.6] * 2, "upper_before": [0.6] * 2, "part_before": parts}
    judged |= {"outcome_after": [2, 2], "lower_after": [lower] * 2, "upper_after": [0.7] * 2, "part_after": [0, 0]}
    table = pd.DataFrame({"row": [7, 9], **both, **texts, "after": [0.8, 0.9], **judged})
    reviewed = bool((table["lower_after"] < table["upper_after"]).any())
    return Disagreements(
        "decisions", "kdmcse", "baseline", 40, 3, seed=0, against_seed=0, currency="JPY", reviewed=reviewed, table=table
    )


@languages
def test_thresholds_are_called_lower_and_upper_where_people_review(t):
    table = spreadsheet(t, flips(lower=0.5, parts=(1, 2)))
    ours, theirs = method_name(t, "kdmcse"), method_name(t, "baseline")
    heads = {
        end: t("page_disagreements.csv.threshold", method=ours, name=name_of_test_threshold(t, end))
        for end in ("lower", "upper")
    }
    assert list(table[heads["lower"]]) == [0.5, 0.5] and list(table[heads["upper"]]) == [0.7, 0.7]
    one = t("page_disagreements.csv.threshold", method=theirs, name=name_of_test_threshold(t))
    assert list(table[one]) == [0.6, 0.6] and len(table.columns) == len(set(table.columns))


@languages
def test_a_threshold_that_is_infinite_is_a_word_in_the_file(t):
    table = spreadsheet(t, flips(lower=-math.inf, parts=(0, 0)))
    name = name_of_test_threshold(t, "lower")
    lower = t("page_disagreements.csv.threshold", method=method_name(t, "kdmcse"), name=name)
    assert set(table[lower]) == {t("cost.thresholds.rejects_none")} and b"inf" not in csv_for_spreadsheets(table)


@languages
def test_a_decision_has_no_part_where_there_are_none(t):
    ours, theirs = (
        t("page_disagreements.csv.part", method=method_name(t, method)) for method in ("kdmcse", "baseline")
    )
    table = spreadsheet(t, flips(lower=0.7, parts=(0, 2)))
    assert list(table[theirs]) == ["", 2] and ours not in table


@languages
def test_what_all_rows_add_up_to_is_said_of_all_rows_alone(t):
    found = dataclasses.replace(flips(lower=0.6, parts=(0, 0)), against_agreed=True, rows_of_segment={"mug": 9})
    adds_up, sure = (t(f"page_disagreements.explained.{key}") for key in ("sum", "sure"))
    assert adds_up in explained(t, found) and sure in explained(t, found)
    other = dataclasses.replace(found, against_agreed=False)
    assert adds_up in explained(t, other) and sure not in explained(t, other)
    mugs = explained(t, found.of_segment("mug"))
    assert adds_up not in mugs and sure not in mugs and explained(t, found).startswith(mugs)
