"""Where models disagree: what flipped, by what it costs; what moved, by how far; and in how many seeds."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from example_poc import PRICES, analysed, complete, import_example

from kdmcse import cost
from kdmcse.config import BASELINE
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.results import disagreement_sentence
from kdmcse.results import disagreements as disagreements_room
from kdmcse.results.analysis import Analysis
from kdmcse.results.disagreements import KINDS
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disagreements")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source")
    complete(workspace, dataset)
    return workspace, dataset


@pytest.fixture(scope="module")
def unpriced(example):
    return analysed(example[0], example[1])


@pytest.fixture(scope="module")
def priced(example, unpriced):  # which was read before there were prices
    workspace, dataset = example
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return analysed(workspace, dataset)


def disagreements(found, kind, method, against):
    metric = found.verdicts().metric
    return disagreements_room.disagreements(
        found.results, found.scores(), found.costs(), kind, method, against, metric=metric
    )


def evaluation_of(found, run: str):
    return next(one.evaluation for one in found.results.evaluated if one.id == run)


def with_dataset(found, dataset) -> Analysis:
    return Analysis(dataclasses.replace(found.results, dataset=dataset))


def scores_with_costs(found) -> pd.DataFrame:
    estimates = found.costs().estimates
    costs = [estimates[run].monthly_cost if run in estimates else np.nan for run in found.scores()["run"]]
    return found.scores().assign(monthly_cost=costs)


def run_of(poc, method: str, column: str) -> str:
    """The run of the median score."""
    runs = scores_with_costs(poc)
    runs = runs[runs["method"] == method].sort_values(column)
    return runs["run"].iloc[(len(runs) - 1) // 2]


def test_what_was_gained_less_what_was_lost_is_the_difference_of_the_costs(unpriced, priced):
    found = disagreements(priced, "decisions", "kdmcse", BASELINE)
    costs = [
        priced.costs().estimates[run_of(priced, method, "monthly_cost")].monthly_cost for method in (BASELINE, "kdmcse")
    ]
    assert found.saving == pytest.approx(costs[0] - costs[1])
    assert (
        found.currency == "JPY"
        and found.rows == priced.costs().estimates[run_of(priced, "kdmcse", "monthly_cost")].report_rows
    )


def test_with_reviews_too_all_rows_add_up_to_the_difference_of_the_costs(example):
    workspace, dataset = example
    prices = dataclasses.replace(PRICES, review=cost.Review(price=60, accuracy=0.9))
    cost.write_prices(workspace, dataset.fingerprint, prices)
    reviewed = analysed(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    estimates = reviewed.costs().estimates
    found = disagreements(reviewed, "decisions", "kdmcse", BASELINE)
    before, after = (estimates[run_of(reviewed, method, "monthly_cost")] for method in (BASELINE, "kdmcse"))
    assert found.saving == pytest.approx(before.monthly_cost - after.monthly_cost)
    flipped = (found.table["before"] >= found.table["upper_before"]) != (
        found.table["after"] >= found.table["upper_after"]
    )
    assert found.reviewed and (~flipped & (found.table["price"] > 0)).any(), "a review alone costs or saves"


def test_a_flip_is_right_on_one_side_and_wrong_on_the_other_each_at_its_own_threshold(unpriced, priced):
    for poc in (unpriced, priced):
        table = disagreements(poc, "decisions", "kdmcse", BASELINE).table
        before = (table["before"] >= table["upper_before"]) == table["truth"].astype(bool)
        after = (table["after"] >= table["upper_after"]) == table["truth"].astype(bool)
        assert len(table) and (before != after).all() and (after == table["gained"]).all()


def test_the_dearest_flip_comes_first_and_without_prices_the_clearest(unpriced, priced):
    dear = disagreements(priced, "decisions", "kdmcse", BASELINE).table
    assert dear["price"].is_monotonic_decreasing and dear["price"].nunique() > 1 and (dear["price"] > 0).all()
    clear = disagreements(unpriced, "decisions", "kdmcse", BASELINE)
    assert clear.table["price"].isna().all() and clear.table["moved"].is_monotonic_decreasing
    assert clear.currency is clear.saving is None


def test_who_is_held_against_whom_turns_every_flip_round(priced):
    one = disagreements(priced, "decisions", "kdmcse", BASELINE)
    other = disagreements(priced, "decisions", BASELINE, "kdmcse")
    assert set(one.gained["row"]) == set(other.lost["row"]) and set(one.lost["row"]) == set(other.gained["row"])
    assert other.saving == pytest.approx(-one.saving) and other.trainings == 1


def test_seeds_are_counted_that_went_the_same_way(priced):
    found = disagreements(priced, "sts", "kdmcse", BASELINE)
    assert found.trainings == 3 and found.table["seeds"].between(1, 3).all()
    base = evaluation_of(priced, run_of(priced, BASELINE, "sts_spearman")).sts.set_index("row")
    gold = base["gold"].rank(ascending=False)
    row = found.table.iloc[0]
    error = abs(base["cosine"].rank(ascending=False) - gold)[row["row"]]
    runs = priced.scores().loc[priced.scores()["method"] == "kdmcse", "run"]
    seeds = [evaluation_of(priced, run).sts.set_index("row")["cosine"].rank(ascending=False) for run in runs]
    nearer = [abs(seed - gold)[row["row"]] < error for seed in seeds]
    assert row["seeds"] == sum(way == row["gained"] for way in nearer)


def test_judged_pairs_are_gained_where_their_place_comes_nearer_to_that_by_people(priced):
    table = disagreements(priced, "sts", "kdmcse", BASELINE).table
    before, after = (table["before"] - table["truth"]).abs(), (table["after"] - table["truth"]).abs()
    assert ((after < before) == table["gained"]).all() and (after != before).all()
    np.testing.assert_allclose(table["moved"], (after - before).abs())
    assert table["moved"].is_monotonic_decreasing


def test_judgements_to_choose_by_with_the_same_row_numbers_are_not_shown(priced):
    sts = priced.results.dataset.sts
    others = sts.assign(sentence1="other", held_out=False, dev=True)
    known = with_dataset(priced, _With(priced.results.dataset, sts=pd.concat([others, sts], ignore_index=True)))
    found, expected = (disagreements(one, "sts", "kdmcse", BASELINE).table for one in (known, priced))
    pd.testing.assert_frame_equal(found, expected)


def test_searches_are_gained_where_the_first_hit_comes_earlier(priced):
    table = disagreements(priced, "caption_to_image", "kdmcse", "mcse").table
    if len(table):
        assert ((table["after"] < table["before"]) == table["gained"]).all()
    table = disagreements(priced, "caption_to_caption", "kdmcse", BASELINE).table
    assert len(table) and ((table["after"] < table["before"]) == table["gained"]).all()
    pairs = priced.results.dataset.pairs.set_index("pair")
    assert (table["image_a"].to_numpy() == pairs.loc[table["row"], "image"]).all()
    assert set(table["segment"]) <= set(pairs["category"])


def test_a_method_that_cannot_search_images_disagrees_with_nobody_about_them(priced):
    assert disagreements(priced, "caption_to_image", "kdmcse", BASELINE) is None
    assert disagreements(priced, "decisions", "kdmcse", "gist") is None


def test_a_text_that_is_a_caption_has_its_image(priced):
    dataset = priced.results.dataset
    decisions = dataset.decisions.assign(text_a=dataset.pairs["caption"].iloc[5])
    known = with_dataset(priced, _With(dataset, decisions=decisions))
    table = disagreements(known, "decisions", "kdmcse", BASELINE).table
    assert set(table["image_a"]) == {dataset.pairs["image"].iloc[5]} and table["image_b"].isna().all()


class _With:
    """The dataset with other tables."""

    def __init__(self, dataset, **tables: pd.DataFrame) -> None:
        self._dataset = dataset
        vars(self).update(tables)

    def __getattr__(self, name: str):
        return getattr(self._dataset, name)


def test_a_segment_alone_can_be_looked_at(example, priced):
    dataset = priced.results.dataset
    parts = np.where(np.arange(len(dataset.decisions)) % 2, "even", "odd")
    known = with_dataset(priced, _With(dataset, decisions=dataset.decisions.assign(segment=parts)))
    found = disagreements(known, "decisions", "kdmcse", BASELINE)
    assert found.segments == ["even", "odd"]
    apart = [found.of_segment(segment) for segment in found.segments]
    assert sum(len(one.table) for one in apart) == len(found.table)
    assert sum(one.saving for one in apart) == pytest.approx(found.saving)
    assert sum(one.rows for one in apart) == found.rows
    said = [disagreement_sentence(Locale("en"), one) for one in (found, apart[0])]
    assert f"{apart[0].rows} decisions in the segment “even”" in said[1] and "segment" not in said[0]
    assert f"セグメント「even」の判定{apart[0].rows}" in disagreement_sentence(Locale("ja"), apart[0])


def test_the_difference_over_all_trainings_is_pointed_to_only_where_the_costs_compare_the_two(example, priced):
    dataset, t = priced.results.dataset, Locale("en")
    known = with_dataset(priced, _With(dataset, decisions=dataset.decisions.assign(segment="bags")))
    agreed, other = (disagreements(known, "decisions", "kdmcse", one) for one in (BASELINE, "mcse"))
    pointer = t("disagreements.over_all")
    assert priced.results.baseline == BASELINE and pointer in disagreement_sentence(t, agreed)
    for one in (other, agreed.of_segment("bags")):
        assert not one.on_cost_page and pointer not in disagreement_sentence(t, one)


def test_one_kind_of_decision_alone_is_told_as_such(priced):
    runs = tuple(
        dataclasses.replace(
            run,
            evaluation=dataclasses.replace(run.evaluation, decisions=run.evaluation.decisions.assign(match=True)),
        )
        for run in priced.results.evaluated
    )
    poc = Analysis(dataclasses.replace(priced.results, evaluated=runs, prices=None))
    with pytest.raises(UserError) as refused:
        disagreements(poc, "decisions", "kdmcse", BASELINE)
    assert refused.value.code == "one_class_only"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_counts_are_said_in_one_sentence(unpriced, priced, kind, language):
    found = disagreements(priced, kind, "kdmcse", "mcse")
    told = disagreement_sentence(Locale(language), found)
    assert (
        "{" not in told and f"{found.rows}" in told and f"{len(found.gained)}" in told and f"{len(found.lost)}" in told
    )
    assert bool(re.search("[¥円]", told)) == (kind == "decisions")
    without = disagreement_sentence(Locale(language), disagreements(unpriced, kind, "kdmcse", "mcse"))
    assert not re.search("[¥円]", without)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["decisions", "sts"])
def test_a_method_is_named_with_its_typical_training_and_todays_student_by_itself(priced, kind, language):
    t = Locale(language)
    for method, against in (("kdmcse", BASELINE), (BASELINE, "kdmcse"), ("simcse", "kdmcse")):
        found = disagreements(priced, kind, method, against)
        told = disagreement_sentence(t, found)
        for one, seed in ((method, found.seed), (against, found.against_seed)):
            name = t(f"results.{'name' if one == BASELINE else 'method'}.{one}")
            typical = t("disagreements.typical", method=name, seed=seed)
            assert told.count(name if one == BASELINE else typical) == 1 and (typical in told) == (one != BASELINE)


def test_only_rows_about_the_captions_that_were_picked_are_told_of(priced):
    metric = priced.verdicts().metric

    def about(kind: str, captions: list[str] | None):
        return disagreements_room.disagreements(
            priced.results, priced.scores(), priced.costs(), kind, "kdmcse", BASELINE, metric=metric, captions=captions
        )

    for kind in ("decisions", "caption_to_caption"):
        everything = about(kind, None)
        chosen = everything.table["text_a"].iloc[:2].tolist()
        found = about(kind, chosen)
        assert set(found.table["text_a"]) == set(chosen) and found.rows == 2 and not found.on_cost_page
        pd.testing.assert_frame_equal(
            found.table, everything.table[everything.table["text_a"].isin(chosen)].reset_index(drop=True)
        )
        assert about(kind, []).rows == 0 and about(kind, []).table.empty
