"""Any trainings side by side: which there are, what tells them apart, and which decisions flipped."""

import pytest
from example_poc import PRICES, analysed, complete, config, evaluated, import_example

from kdmcse import cost
from kdmcse.config import TrainingConfig
from kdmcse.engine.runs import create
from kdmcse.results import side_by_side
from kdmcse.results.typical_run import typical_runs
from kdmcse.store import jsonl
from kdmcse.store.workspace import Workspace


@pytest.fixture
def poc(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    return workspace, dataset, complete(workspace, dataset)


def test_runs_of_every_settings_can_be_compared_but_none_that_waits(poc):
    workspace, dataset, runs = poc
    other = evaluated(workspace, dataset, config(dataset, "kdmcse", 0, training=TrainingConfig(epochs=3)), 0.7)
    create(workspace, config(dataset, "kdmcse", 7))
    found = side_by_side.comparable(analysed(workspace, dataset).results)
    assert [run.config.method for run in found] == ["baseline"] + ["simcse"] * 3 + ["mcse"] * 3 + ["kdmcse"] * 4
    numbers = side_by_side.settings_of(found)
    assert set(numbers) == {runs["kdmcse"][0].id, other.id} and sorted(numbers.values()) == [1, 2]


def test_the_typical_training_of_each_method_comes_first_to_mind(poc):
    workspace, dataset, runs = poc
    assert [run.id for run in typical_runs(analysed(workspace, dataset))] == [
        runs["baseline"][0].id, *(runs[method][1].id for method in ("simcse", "mcse", "kdmcse")),
    ]  # fmt: skip


def test_differences_are_to_the_chosen_run_also_across_settings(poc):
    workspace, dataset, runs = poc
    other = evaluated(workspace, dataset, config(dataset, "kdmcse", 0, training=TrainingConfig(epochs=3)), 0.5)
    zero, better = runs["baseline"][0], runs["kdmcse"][2]
    found = analysed(workspace, dataset).differences([zero, other, better], zero)
    assert list(found) == [other.id, better.id]
    assert found[better.id].difference.estimate == pytest.approx(0.78 - 0.29, abs=0.01)
    assert found[other.id].difference.estimate == pytest.approx(0.5 - 0.29, abs=0.01)
    waits = create(workspace, config(dataset, "kdmcse", 7))
    assert analysed(workspace, dataset).differences([other], waits) == {}


def test_a_setting_differs_only_among_those_that_heed_it(poc):
    workspace, dataset, runs = poc
    chosen = [runs["baseline"][0], runs["simcse"][0], runs["kdmcse"][0]]
    found = {one.name: one for one in side_by_side.settings(chosen)}
    assert {name for name, one in found.items() if one.differs} == {"method"}
    margin = found["cross_modal_margin_radians"].values
    assert margin[chosen[1].id] is None and margin[chosen[2].id] == 0.15
    assert found["seed"].values[chosen[0].id] is None, "the untouched student has none"
    other = evaluated(workspace, dataset, config(dataset, "kdmcse", 1, training=TrainingConfig(epochs=3)), 0.7)
    differing = {one.name for one in side_by_side.settings([runs["kdmcse"][0], other]) if one.differs}
    assert differing == {"seed", "epochs"}


def test_losses_are_the_totals_by_step_without_steps_on_sentences_alone(poc):
    run = poc[2]["kdmcse"][0]
    assert side_by_side.losses(run) == []
    jsonl.append(
        run.progress_file,
        [
            {"stage": "embedding"},
            {"step": 1, "kind": "pairs", "loss": {"sentence": 1.0, "total": 3.0}},
            {"step": 2, "kind": "texts", "loss": {"total": 1.0}},
            {"step": 3, "kind": "pairs", "loss": {"total": 2.0}},
        ],
    )
    assert side_by_side.losses(run) == [(1, 3.0), (3, 2.0)]


@pytest.mark.parametrize("priced", [True, False])
def test_what_one_fixes_the_other_way_round_is_broken(poc, priced):
    workspace, dataset, runs = poc
    if priced:
        cost.write_prices(workspace, dataset.fingerprint, PRICES)
    analysis = analysed(workspace, dataset)
    new, old = runs["kdmcse"][1], runs["baseline"][0]
    there, back = analysis.flips(new, old), analysis.flips(old, new)
    assert len(there.fixed) > len(there.broken) and there.rows == back.rows
    texts = ["text_a", "text_b", "match", "price"]
    for one, other in ((there.fixed, back.broken), (there.broken, back.fixed)):
        assert one[texts].reset_index(drop=True).equals(other[texts].reset_index(drop=True))
    assert there.currency == (PRICES.currency if priced else None)
    assert there.table["price"].notna().all() == priced
    assert not priced or there.table["price"].is_monotonic_decreasing
    assert side_by_side.in_examples(analysis.results, new, old)
    assert not side_by_side.in_examples(analysis.results, new, runs["kdmcse"][0])
