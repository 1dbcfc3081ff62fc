"""What a proof of concept came to is said in both languages, and of what it speaks of."""

import numpy as np
import pandas as pd
import pytest
from example_costs import useless

from kdmcse.cost import Prices, compare_costs
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.results import saving_sentence
from kdmcse.results.costs import Costs

PRICES = Prices("JPY", 100, 500, 1000, 0.2)
DRAWS = 200


def alike(seed: int) -> pd.DataFrame:
    """The same decisions, with the cosines of models that are equally good."""
    match = np.random.default_rng(0).random(200) < 0.4
    noise = np.random.default_rng(seed).normal(0, 0.3, 200)
    return pd.DataFrame({"row": range(200), "match": match, "cosine": (0.4 * match + noise).clip(-1, 1)})


@pytest.fixture(scope="module")
def undecided():
    """KDMCSE against its baseline, and the other way round: neither difference is decided."""
    one, other = alike(1), alike(2)
    tables = ({"baseline": one, "kdmcse": other}, {"baseline": other, "kdmcse": one})
    found = [compare_costs(table, PRICES, baseline="baseline", draws=DRAWS) for table in tables]
    return sorted((Costs(comparison=each, baseline="baseline") for each in found), key=lambda costs: costs.saving)


@pytest.mark.parametrize("t", [Locale(language) for language in LANGUAGES], ids=LANGUAGES)
def test_an_undecided_saving_is_one_and_an_undecided_additional_cost_is_told_as_more(undecided, t):
    dearer, cheaper = undecided
    assert dearer.saving < 0 < cheaper.saving and {one.saving_verdict for one in undecided} == {"not_decisive"}
    for costs, turn in ((dearer, -1), (cheaper, 1)):
        difference = costs.verdict.difference
        low, high = sorted((turn * difference.low, turn * difference.high))
        assert saving_sentence(t, costs) == t(
            "results.cost.not_decisive_more" if turn < 0 else "results.cost.not_decisive",
            name=t("results.name.baseline"),
            cost=t.money(costs.cost("kdmcse").estimate, "JPY"),
            baseline=t.money(costs.cost("baseline").estimate, "JPY"),
            difference=t.money(abs(costs.saving), "JPY"),
            low=t.money(low, "JPY"),
            high=t.money(high, "JPY"),
            level=t.percent(difference.level),
        )
    assert t.money(dearer.saving, "JPY") not in saving_sentence(t, dearer), "no saving below nothing"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_saving_that_one_training_leaves_undecided_says_why(language):
    t, good, bad = Locale(language), alike(1), alike(1)
    bad["cosine"] = np.random.default_rng(3).uniform(-1, 1, len(bad))
    comparison = compare_costs({"baseline": bad, "kdmcse": good}, PRICES, baseline="baseline", draws=DRAWS)
    costs = Costs(comparison=comparison, baseline="baseline")
    assert costs.verdict.difference.low > 0 and costs.saving_verdict == "not_decisive"
    assert saving_sentence(t, costs).endswith(t("stats.reason.one_seed", min_seeds="2"))


@pytest.mark.parametrize("t", [Locale(language) for language in LANGUAGES], ids=LANGUAGES)
def test_a_saving_is_told_with_what_it_costs_to_take_no_pair_where_that_is_less(t):
    tables = {"baseline": useless(2), "kdmcse": useless(4)}
    comparison = compare_costs(tables, Prices("JPY", 100, 500, 1000, 0.02), baseline="baseline", draws=DRAWS)
    told = saving_sentence(t, Costs(comparison=comparison, baseline="baseline"))
    assert told.endswith(t("cost.cheaper.none", cost=t.money(10_000, "JPY")))
