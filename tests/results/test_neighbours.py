"""Whether a caption's nearest neighbours are of its own group, before and after, against a slow twin and against what is plain to see."""

import numpy as np
import pandas as pd
import pytest
from example_poc import config, evaluated, import_example

from kdmcse.config import BASELINE
from kdmcse.evaluation.projection import projection_folder
from kdmcse.results import neighbours
from kdmcse.results.neighbours import find_neighbours, keep_neighbours, read_neighbours
from kdmcse.store.workspace import Workspace


def vectors(n: int, seed: int, pull: float = 0.0, group: np.ndarray | None = None) -> np.ndarray:
    """n directions at random, drawn towards one direction a group by `pull`."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 16))
    if group is not None:
        rows += pull * rng.normal(size=(group.max() + 1, 16))[group]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def captions(n: int, *, per_group: int = 4, same_words: int = 0) -> pd.DataFrame:
    """n captions in groups of so many; the first `same_words` all read alike."""
    words = ["again" if i < same_words else f"caption {i}" for i in range(n)]
    group = [f"g{i // per_group}" for i in range(n)]
    kind = [("mug", "lamp", "vase")[i % 3] for i in range(n)]
    return pd.DataFrame({"pair": np.arange(n) + 7, "caption": words, "group": group, "category": kind})


def slow(before: np.ndarray, after: np.ndarray, pairs: pd.DataFrame) -> pd.DataFrame:
    """The same in loops, a caption at a time."""
    n, rows = len(pairs), []
    words, group = pairs["caption"].tolist(), pairs["group"].tolist()
    most = min(neighbours.MOST, n - max(words.count(one) for one in words))
    for i in range(n):
        near = []
        for side in (before, after):
            cosine = side @ side[i]
            order = sorted((j for j in range(n) if words[j] != words[i]), key=lambda j: (-cosine[j], j))
            near.append(order[:most])
        wanted = min(most, sum(group[j] == group[i] and words[j] != words[i] for j in range(n)))
        share = [sum(group[j] == group[i] for j in side[:wanted]) / wanted if wanted else np.nan for side in near]
        likeness = np.corrcoef(before @ before[i], after @ after[i])[0, 1]
        rows.append((pairs["pair"][i], wanted, *share, len(set(near[0]) & set(near[1])), likeness))
    return pd.DataFrame(rows, columns=["pair", "wanted", "before", "after", "kept", "likeness"])


@pytest.mark.parametrize("same_words", [0, 3])
@pytest.mark.parametrize("per_group", [1, 4, 15])
def test_every_caption_has_the_neighbours_of_a_slow_twin(per_group, same_words, monkeypatch):
    monkeypatch.setattr(neighbours, "_COSINES_AT_ONCE", 300)  # several blocks
    pairs = captions(45, per_group=per_group, same_words=same_words).drop(columns="category")
    before, after = vectors(45, 0), vectors(45, 1)[:, :12]  # a student may be of another width
    after = after / np.linalg.norm(after, axis=1, keepdims=True)
    found, wanted = find_neighbours(before, after, pairs), slow(before, after, pairs)
    pd.testing.assert_frame_equal(found.table[list(wanted)], wanted, check_dtype=False, rtol=1e-4)


def test_groups_that_came_together_are_told_with_an_interval():
    group = np.arange(120) // 4
    found = find_neighbours(vectors(120, 0), vectors(120, 1, 2.0, group), captions(120))
    told = found.comparison
    assert told.verdict == "better" and told.baseline.estimate < 0.1 < 0.6 < told.candidate.estimate
    assert told.difference.low > 0.4 and told.difference.units == 30
    assert found.groups["change"].is_monotonic_decreasing and found.groups["captions"].eq(4).all()
    assert found.groups["after"].mean() == pytest.approx(told.candidate.estimate)


def test_what_changed_by_chance_alone_is_not_told_as_a_change():
    found = find_neighbours(vectors(120, 0), vectors(120, 1), captions(120))
    assert found.comparison.verdict == "not_decisive"
    same = find_neighbours(vectors(120, 0), vectors(120, 0), captions(120))
    assert same.comparison.difference.estimate == 0 and same.table["kept"].eq(10).all()


def test_the_caption_whose_surroundings_changed_most_comes_first():
    before = vectors(60, 0)
    after = before.copy()
    after[17] = -after[17]
    assert find_neighbours(before, after, captions(60)).moved["pair"][0] == 17 + 7


def test_without_two_captions_in_any_group_the_category_is_asked():
    found = find_neighbours(vectors(45, 0), vectors(45, 1), captions(45, per_group=1))
    assert found.alike == "category" and set(found.groups["group"]) == {"mug", "lamp", "vase"}
    alone = find_neighbours(vectors(45, 0), vectors(45, 1), captions(45, per_group=1).drop(columns="category"))
    assert alone.comparison.difference.estimate is None and alone.groups.empty


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_any_number_of_captions_has_an_answer(n):
    found = find_neighbours(vectors(n, 0), vectors(n, 1), captions(n))
    assert len(found.table) == n and found.comparison.verdict == "not_decisive"


def test_what_neighbours_share_is_told_by_column_beside_what_chance_gives():
    kind = np.arange(90) % 3
    found = find_neighbours(vectors(90, 0, 9.0, kind), vectors(90, 1), captions(90))
    [category] = [one for one in found.shared if one.column == "category"]
    told = category.comparison
    assert told.baseline.estimate > 0.95 and abs(told.candidate.estimate - category.chance) < 0.1
    assert told.verdict == "worse" and told.difference.high < -0.4 and told.p_adjusted is not None
    assert category.chance == pytest.approx(29 / 89)


def test_the_language_is_seen_where_no_column_says_it():
    pairs = captions(40).assign(caption=[f"マグカップ {i}" if i % 2 else f"mug {i}" for i in range(40)])
    found = find_neighbours(vectors(40, 0), vectors(40, 1), pairs)
    assert neighbours.LANGUAGE in [one.column for one in found.shared]
    told = find_neighbours(vectors(40, 0), vectors(40, 1), pairs.assign(language=["en", "ja"] * 20))
    assert {one.column for one in told.shared} == {"category", "language"}


def test_what_is_kept_is_read_again_and_another_version_is_not(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources", pairs=60)
    run, baseline = (evaluated(workspace, dataset, config(dataset, method), 0.5) for method in ("kdmcse", BASELINE))
    assert read_neighbours(run, baseline) is None
    held_out = dataset.pairs.loc[dataset.pairs["held_out"], ["pair"]]
    projection_folder(run, baseline).mkdir(parents=True)
    held_out.to_parquet(projection_folder(run, baseline) / "points.parquet")
    found = keep_neighbours(run, baseline)
    again = read_neighbours(run, baseline)
    assert len(found.table) == len(held_out) and again.comparison == found.comparison and again.shared == found.shared
    pd.testing.assert_frame_equal(again.table, found.table)
    monkeypatch.setattr(neighbours, "VERSION", neighbours.VERSION + 1)
    assert read_neighbours(run, baseline) is None
