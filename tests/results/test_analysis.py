"""What was computed is kept and computed again where something stored has changed, and nowhere else."""

import dataclasses
import sys
from pathlib import Path

import pandas as pd
from example_poc import PRICES, analysed, complete, config, evaluated, finish, import_example
from filelock import FileLock

from kdmcse import annotation, cost, stats
from kdmcse.config import BASELINE, CANDIDATE, LADDER
from kdmcse.criteria import locking
from kdmcse.engine.runs import create
from kdmcse.results.analysis import Analysis
from kdmcse.results.outlook import default_scenario
from kdmcse.results.results import load_results
from kdmcse.roi import scenario_store
from kdmcse.store.reads import noting

# What was computed


def test_what_was_computed_once_is_read_and_what_changed_is_computed_again(workspace, dataset, monkeypatch):
    runs = complete(workspace, dataset)
    first = analysed(workspace, dataset).verdicts()
    kept = set(workspace.evidence.iterdir())
    with monkeypatch.context() as idle:
        idle.setattr(stats, "compare", None)
        assert analysed(workspace, dataset).verdicts() == first
    evaluated(workspace, dataset, config(dataset, "kdmcse", 0), 0.5)
    assert runs["kdmcse"][0].config.seed == 0
    assert analysed(workspace, dataset).verdicts() != first
    assert set(workspace.evidence.iterdir()) > kept, "nothing that was kept is lost"


def test_models_are_priced_on_the_decisions_that_all_of_them_judged(workspace, dataset):
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    path = runs["kdmcse"][0].folder / "evaluation" / "decisions.parquet"
    judged = pd.read_parquet(path)
    judged.iloc[:-3].sample(frac=1, random_state=0).to_parquet(path, index=False)
    found = analysed(workspace, dataset)
    assert {len(table) for table in found.costs().decisions.values()} == {len(judged) - 3}
    assert found.costs().verdict.difference.rows == len(judged) - 3
    ours = found.costs().decisions[runs["kdmcse"][0].id].set_index("row")["cosine"]
    assert ours.equals(judged.set_index("row")["cosine"].loc[ours.index]), "each decision keeps its own cosine"


def test_what_costs_might_be_is_drawn_once_and_again_where_a_price_or_a_cosine_changed(workspace, dataset, monkeypatch):
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    first = analysed(workspace, dataset).costs().comparison
    with monkeypatch.context() as idle:
        idle.setattr(cost.bootstrap.Bootstrap, "of", None)
        again = analysed(workspace, dataset).costs().comparison
    assert again.table.equals(first.table) and again.curves.equals(first.curves)
    [kept] = workspace.evidence.glob("*.npz")
    kept.write_bytes(kept.read_bytes()[:100])
    assert analysed(workspace, dataset).costs().comparison.table.equals(first.table), "damage is mended"
    cost.write_prices(workspace, dataset.fingerprint, dataclasses.replace(PRICES, false_match=301))
    dearer = analysed(workspace, dataset)
    assert not dearer.costs().comparison.table.equals(first.table)
    for run in dearer.results.evaluated:
        path = run.evaluation.folder / "decisions.parquet"
        table = pd.read_parquet(path)
        table.assign(cosine=table["cosine"] / 2).to_parquet(path, index=False)
    assert analysed(workspace, dataset).costs().comparison is not None
    assert len(list(workspace.evidence.glob("*.npz"))) == 3


def test_several_comparisons_at_once_are_held_to_a_stricter_rule_and_the_agreed_one_is_not(workspace, dataset):
    complete(workspace, dataset)
    found = analysed(workspace, dataset)
    assert found.verdicts().deciding.p_adjusted is None
    others = [one for method, one in found.verdicts().against.items() if method != BASELINE]
    assert all(one.p_adjusted >= one.p_value for one in others) and any(one.p_adjusted > one.p_value for one in others)
    gains = found.verdicts().gains
    assert set(gains) == set(LADDER) - {CANDIDATE}, "the agreed comparison stands once, among those of KDMCSE"
    assert all(one.p_adjusted is not None for one in gains.values())


def everything(workspace, tmp_path):
    """A dataset about which everything is stored that results are loaded from."""
    dataset = import_example(workspace, tmp_path / "sources")
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    annotation.propose(workspace, dataset, 8)
    items = annotation.read_items(workspace, dataset)
    for name in ("Aiko", "Ben"):
        for item in items[:4]:
            annotation.judge(workspace, dataset, name, item.id, 3, seconds=5)
    annotation.keep_agreement(workspace, dataset)
    case = default_scenario(load_results(workspace, dataset.fingerprint), "Plain")
    kept = scenario_store.save(workspace, dataset.fingerprint, case)
    digest = locking.current(workspace, dataset.fingerprint).digest
    scenario_store.mark_for_criteria(workspace, dataset.fingerprint, kept.id, digest)
    return dataset


# What was read


def test_every_file_that_results_are_loaded_from_is_noted(workspace, tmp_path):
    """A cache that kept a list of files by hand would forget one."""
    dataset = everything(workspace, tmp_path)
    opened: set[Path] = set()

    def hook(event, arguments):
        if event == "open" and listening and isinstance(arguments[0], str | Path):
            opened.add(Path(arguments[0]))

    listening = False
    sys.addaudithook(hook)
    with noting() as reads:
        listening = True
        load_results(workspace, dataset.fingerprint)
        listening = False
    inside = {path for path in opened if path.is_relative_to(workspace.path) and path.suffix != ".lock"}
    assert len(inside) > 40
    assert inside - reads.paths == set()


def test_whatever_is_stored_anew_is_noticed_and_nothing_else(workspace, tmp_path):
    dataset = everything(workspace, tmp_path)
    with noting() as reads:
        load_results(workspace, dataset.fingerprint)
    assert reads.unchanged()
    (workspace.path / "dashboard.log").write_text("nothing to do with it")
    assert reads.unchanged()

    def noticed(change) -> bool:
        with noting() as again:
            load_results(workspace, dataset.fingerprint)
        assert again.unchanged()
        change()
        return not again.unchanged()

    before = locking.current(workspace, dataset.fingerprint).criteria
    item = annotation.read_items(workspace, dataset)[5]
    assert noticed(
        lambda: cost.write_prices(workspace, dataset.fingerprint, dataclasses.replace(PRICES, false_match=1))
    )
    assert noticed(lambda: locking.lock(workspace, dataclasses.replace(before, least_gain=0.5)))
    assert noticed(lambda: annotation.judge(workspace, dataset, "Chen", item.id, 1, seconds=2))
    waiting = create(workspace, config(dataset, "kdmcse", 9))
    assert noticed(lambda: finish(waiting, "failed"))
    assert noticed(lambda: evaluated(workspace, dataset, config(dataset, "kdmcse", 1), 0.1))
    with FileLock(waiting.folder / "alive.lock"):
        assert noticed(lambda: None) is False
    assert noticed(lambda: create(workspace, config(dataset, "mcse", 11)))
    scenario = scenario_store.list_scenarios(workspace, dataset.fingerprint)[0]
    changed = dataclasses.replace(scenario.scenario, notes="another")
    assert noticed(
        lambda: scenario_store.save(workspace, dataset.fingerprint, changed, id=scenario.id, seen=scenario.version)
    )


def test_another_price_leaves_what_was_measured_as_it_is(workspace, tmp_path):
    dataset = everything(workspace, tmp_path)
    first = analysed(workspace, dataset)
    first.verdicts(), first.costs()
    cost.write_prices(workspace, dataset.fingerprint, dataclasses.replace(PRICES, false_match=1))
    second = Analysis(load_results(workspace, dataset.fingerprint), first)
    for one, other in zip(first.results.evaluated, second.results.evaluated, strict=True):
        assert one.evaluation is other.evaluation
    assert second.intervals is first.intervals
    afresh = analysed(workspace, dataset)
    assert (
        second.costs().comparison.to_dict() == afresh.costs().comparison.to_dict() != first.costs().comparison.to_dict()
    )
    evaluated(workspace, dataset, config(dataset, "kdmcse", 1), 0.1)
    third = Analysis(load_results(workspace, dataset.fingerprint), second)
    assert third.intervals is not second.intervals
    assert third.verdicts().deciding.difference.estimate < second.verdicts().deciding.difference.estimate
