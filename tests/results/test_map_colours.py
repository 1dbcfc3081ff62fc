"""What the points of a map can be coloured by, on a small real proof of concept."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from example_poc import PRICES, complete, import_example

from kdmcse import cost
from kdmcse.evaluation.projection import projection_folder
from kdmcse.results.analysis import Analysis
from kdmcse.results.map_colours import COST, DECISIONS, LANGUAGE, RIGHT, SEARCH, TEACHER, UNTESTED, WRONG, colourings
from kdmcse.results.results import load_results
from kdmcse.store.workspace import Workspace


@pytest.fixture
def poc(tmp_path):
    """Results, a trained and the untouched run, and the points of their map; the first decisions are about held-out captions."""
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources", pairs=60)
    runs = complete(workspace, dataset, seeds=(0,))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    run, baseline = runs["kdmcse"][0], runs["baseline"][0]
    points = dataset.pairs.loc[dataset.pairs["held_out"], ["pair"]].reset_index(drop=True)
    projection_folder(run, baseline).mkdir(parents=True)
    return Analysis(load_results(workspace, dataset.fingerprint)), run, baseline, points


def by_name(poc) -> dict:
    analysis, run, baseline, points = poc
    return {one.name: one for one in colourings(analysis.results, analysis.costs(), run, baseline, points)}


def about_captions(poc, count: int) -> None:
    """Let the first so many decisions be about captions of the map."""
    analysis, _, _, points = poc
    dataset = analysis.results.dataset
    captions = dataset.pairs.set_index("pair").loc[points["pair"], "caption"].to_numpy()
    decisions = dataset.decisions.copy()
    decisions.loc[: count - 1, "text_a"] = captions[:count]
    vars(dataset)["decisions"] = decisions


def test_the_category_comes_first_and_what_tells_nothing_apart_is_left_out(poc):
    found = by_name(poc)
    assert next(iter(found)) == "category" and SEARCH in found
    assert not {LANGUAGE, DECISIONS, COST, TEACHER} & set(found), (
        "one language, no decisions about captions, no teacher"
    )
    assert all(len(one.before) == len(one.after) == len(poc[3]) for one in found.values())


def test_a_search_is_right_where_a_caption_of_the_group_is_found_first(poc):
    _, run, _, points = poc
    table = pd.read_parquet(run.folder / "evaluation" / "retrieval.parquet")
    rank = table[table["direction"] == "caption_to_caption"].set_index("pair")["rank"]
    wanted = [RIGHT if rank.get(pair) == 1 else WRONG if pair in rank else UNTESTED for pair in points["pair"]]
    assert by_name(poc)[SEARCH].after.tolist() == wanted


def test_decisions_and_their_cost_are_told_of_the_captions_that_they_are_about(poc):
    about_captions(poc, 20)
    found = by_name(poc)
    assert set(found[DECISIONS].after) <= {RIGHT, WRONG, UNTESTED} and found[COST].currency == "JPY"
    tested = found[DECISIONS].after != UNTESTED
    assert 0 < tested.sum() <= 20 and (np.isfinite(found[COST].after) == tested).all()
    costly = np.nan_to_num(found[COST].after) > 0
    assert not (costly & (found[DECISIONS].after == RIGHT)).any(), "without a reviewer what is right costs nothing"


def test_the_fit_that_a_teacher_sees_is_told_where_it_was_kept(poc):
    _, run, baseline, points = poc
    kept = points.assign(cosine=np.linspace(0, 1, len(points)))
    kept.iloc[::-1].to_parquet(projection_folder(run, baseline) / "teacher.parquet")
    assert by_name(poc)[TEACHER].before.tolist() == kept["cosine"].tolist()


def test_a_language_that_no_column_says_is_seen(poc):
    dataset = poc[0].results.dataset
    pairs = dataset.pairs.copy()
    pairs.loc[::2, "caption"] = "マグカップ " + pairs.loc[::2, "pair"].astype(str)
    results = dataclasses.replace(poc[0].results, dataset=dataclasses.replace(dataset))
    vars(results.dataset)["pairs"] = pairs
    found = {one.name: one for one in colourings(results, poc[0].costs(), *poc[1:])}
    assert set(found[LANGUAGE].before) == {"ja", "other"}
