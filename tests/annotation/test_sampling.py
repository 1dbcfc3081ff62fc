"""Pairs are proposed fairly: held out, easy and hard ones, half of them where models disagree."""

import collections
import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from example_annotation import captioned
from example_poc import config, evaluated
from scipy.stats import rankdata

from kdmcse import annotation, data
from kdmcse.annotation import sampling
from kdmcse.config import TrainingConfig
from kdmcse.engine.runs import list_runs
from kdmcse.errors import UserError
from kdmcse.evaluation import evaluation
from kdmcse.models import teacher_features
from kdmcse.store.workspace import Workspace


def with_teacher(workspace: Workspace, dataset: data.PairDataset) -> str:
    """Vectors of a teacher for every content, embedded as a run does it; its reference."""
    pairs, rng = dataset.pairs, np.random.default_rng(5)
    contents = [*pairs["image_name"], *pairs["caption"]]
    table = pd.DataFrame({"content": contents, "vector": list(rng.normal(size=(len(contents), 6)))})
    path = workspace.path / "vectors.parquet"
    table.drop_duplicates("content").to_parquet(path)
    teacher_features.embed(workspace, str(path), dataset)
    return str(path)


def everybody(workspace: Workspace, dataset: data.PairDataset) -> str:
    """A teacher, today's student and a trained student have seen the captions; the teacher's reference."""
    ref = with_teacher(workspace, dataset)
    evaluated(workspace, dataset, config(dataset, "baseline"), 0.2)
    evaluated(workspace, dataset, config(dataset, "kdmcse", 1, teacher=ref), 0.4)
    return ref


def pair_of(item: annotation.Item) -> frozenset[str]:
    return frozenset((item.sentence1, item.sentence2))


def held_out(dataset: data.PairDataset) -> pd.DataFrame:
    return dataset.pairs[dataset.pairs["held_out"]].reset_index(drop=True)


# Which pairs


def test_only_held_out_captions_are_proposed_and_numbered_as_in_the_dataset(shop):
    workspace, dataset = shop
    pairs = dataset.pairs.set_index("pair")
    for item in annotation.propose(workspace, dataset, 60).items:
        for number, sentence in ((item.pair1, item.sentence1), (item.pair2, item.sentence2)):
            assert pairs.loc[number, "held_out"] and pairs.loc[number, "caption"] == sentence


def test_two_captions_that_are_the_same_but_for_case_width_and_spaces_are_never_a_pair(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = captioned(workspace, ["Red mug", "red  MUG", "Ｒｅｄ mug", "blue mug", "a lamp"])
    found = annotation.propose(workspace, dataset, 100).items
    assert len(found) == 3, "three different captions"
    assert all(len({" ".join(text.lower().split()) for text in pair_of(item)}) == 2 for item in found)


def test_the_same_seed_draws_the_same_pairs_and_another_one_others(shop, source, tmp_path):
    drawn = []
    for number, seed in enumerate((0, 0, 1)):
        workspace = Workspace(tmp_path / str(number))
        drawn.append([item.id for item in annotation.propose(workspace, shop[1], 30, seed=seed).items])
    assert drawn[0] == drawn[1] and set(drawn[0]) != set(drawn[2])


def test_proposing_more_keeps_what_is_there_and_repeats_nothing(shop):
    workspace, dataset = shop
    first = annotation.propose(workspace, dataset, 20)
    second = annotation.propose(workspace, dataset, 30)
    assert second.items[:20] == first.items and second.added == 30
    assert len({pair_of(item) for item in second.items}) == 50 == len({item.id for item in second.items})
    assert annotation.read_items(workspace, dataset) == second.items


def test_when_all_pairs_are_proposed_it_says_so(shop):
    workspace, dataset = shop
    everything = annotation.propose(workspace, dataset, 2000)
    assert everything.added == 24 * 23 // 2
    again = annotation.propose(workspace, dataset, 5)
    assert again.added == 0 and again.items == everything.items


def test_the_id_of_an_item_is_that_of_its_two_texts_in_whichever_order():
    assert sampling._id("a", "b") == sampling._id("b", "a") != sampling._id("a", "c")


def test_the_closest_captions_are_in_the_highest_band(shop):
    workspace, dataset = shop
    everybody(workspace, dataset)
    vectors = teacher_features.unit(
        teacher_features.embed(workspace, with_teacher(workspace, dataset), dataset).caption()
    )
    place = {number: row for row, number in enumerate(dataset.pairs["pair"])}
    found = annotation.propose(workspace, dataset, 2000)
    cosines = collections.defaultdict(list)
    for item in found.items:
        cosines[item.band].append(float(vectors[place[item.pair1]] @ vectors[place[item.pair2]]))
    assert sorted(cosines) == list(range(annotation.BANDS)) and found.measure == "teacher"
    assert len(cosines[4]) == 24, "as many as there are captions"
    for band in range(1, annotation.BANDS):
        assert min(cosines[band]) >= max(cosines[band - 1]) - 1e-6
        assert len(cosines[band]) < len(cosines[band - 1])
    factors = [len(cosines[band - 1]) / len(cosines[band]) for band in range(1, annotation.BANDS)]
    assert max(factors) - min(factors) < 0.1


def test_disputed_are_the_pairs_whose_places_differ_most_from_model_to_model(shop):
    workspace, dataset = shop
    everybody(workspace, dataset)
    found = annotation.propose(workspace, dataset, 2000)
    assert found.models == ("teacher", "baseline", "student")
    seen = [
        teacher_features.unit(teacher_features.embed(workspace, with_teacher(workspace, dataset), dataset).caption())
    ]
    seen[0] = seen[0][dataset.pairs["held_out"].to_numpy()]
    seen += [
        evaluation.read_embeddings(evaluation.read_evaluation(run)) for run in list_runs(workspace, dataset.fingerprint)
    ]
    place = {number: row for row, number in enumerate(held_out(dataset)["pair"])}
    cosines = np.array([[float(v[place[i.pair1]] @ v[place[i.pair2]]) for i in found.items] for v in seen])
    apart = np.ptp([rankdata(row) for row in cosines], axis=0)
    for band in range(annotation.BANDS):
        disputed = [gap for gap, item in zip(apart, found.items, strict=True) if item.band == band and item.disputed]
        calm = [gap for gap, item in zip(apart, found.items, strict=True) if item.band == band and not item.disputed]
        assert min(disputed) >= max(calm) and len(disputed) == round((len(disputed) + len(calm)) / 4)


def test_any_beginning_holds_easy_and_hard_pairs(shop):
    workspace, dataset = shop
    everybody(workspace, dataset)
    first = annotation.propose(workspace, dataset, 100).items[:10]
    assert {(item.band, item.disputed) for item in first} == set(itertools.product(range(5), (True, False)))


def test_the_shares_tell_how_many_pairs_a_stratum_had(shop):
    workspace, dataset = shop
    everybody(workspace, dataset)
    found = annotation.propose(workspace, dataset, 40).items
    drawn = collections.Counter((item.band, item.disputed) for item in found)
    shares = {(item.band, item.disputed): item.share for item in found}
    sizes = {stratum: drawn[stratum] / shares[stratum] for stratum in drawn}
    assert all(abs(size - round(size)) < 1e-9 for size in sizes.values())
    assert round(sum(sizes.values())) == 24 * 23 // 2


def test_of_very_many_captions_some_are_drawn_first_and_the_shares_say_so(shop, monkeypatch):
    workspace, dataset = shop
    monkeypatch.setattr(sampling, "MAX_CAPTIONS", 10)
    found = annotation.propose(workspace, dataset, 2000).items
    assert len({text for item in found for text in pair_of(item)}) == 10 and len(found) == 45
    assert sum(1 / item.share for item in found) == pytest.approx(24 * 23 // 2)


def test_similarity_comes_from_the_best_model_that_has_seen_the_captions(shop):
    workspace, dataset = shop
    first = annotation.propose(workspace, dataset, 2)
    assert (first.measure, first.models) == ("spelling", ()) and first.items[0].disputed is None
    evaluated(workspace, dataset, config(dataset, "baseline"), 0.2)
    second = annotation.propose(workspace, dataset, 2)
    assert (second.measure, second.models) == ("baseline", ("baseline",)) and second.items[-1].disputed is None
    everybody(workspace, dataset)
    third = annotation.propose(workspace, dataset, 2)
    assert third.measure == "teacher" and isinstance(third.items[-1].disputed, bool)


def test_by_spelling_captions_that_share_letters_are_closer():
    alike = sampling._spelling(["red ceramic mug", "red ceramic mugs", "青いウールの帽子", "x"])
    assert np.allclose(np.diag(alike), 1) and alike[0, 1] > 0.8 and alike[0, 2] == 0


def test_a_run_on_a_part_of_the_pairs_has_no_say(shop):
    workspace, dataset = shop
    evaluated(workspace, dataset, config(dataset, "kdmcse", training=TrainingConfig(data_share=0.5)), 0.4)
    assert annotation.propose(workspace, dataset, 5).models == ()


def test_a_teacher_that_has_not_seen_every_caption_has_no_say(shop):
    workspace, dataset = shop
    evaluated(workspace, dataset, config(dataset, "kdmcse", teacher=with_teacher(workspace, dataset)), 0.4)
    for shard in workspace.teachers.glob("*/*-00000.*"):
        shard.unlink()
    assert annotation.propose(workspace, dataset, 5).models == ("student",)


def test_without_two_captions_there_is_nothing_to_propose(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    with pytest.raises(UserError) as refused:
        annotation.propose(workspace, captioned(workspace, ["only one"]), 5)
    assert refused.value.code == "labelling_no_captions"


@pytest.mark.parametrize("n", [0, -1, 2001])
def test_how_many_has_its_limits(shop, n):
    with pytest.raises(UserError, match="range"):
        annotation.propose(*shop, n)


@pytest.mark.slow
def test_proposing_and_judging_load_no_heavy_library(proposed):
    workspace, dataset = proposed
    everybody(workspace, dataset)
    code = f"""
import sys
from kdmcse import annotation, data
from kdmcse.processes import launch
from kdmcse.store.workspace import Workspace
workspace = Workspace({str(workspace.path)!r})
dataset = data.open_dataset(workspace, {dataset.fingerprint!r})
assert annotation.propose(workspace, dataset, 5).measure == "teacher"
annotation.judge(workspace, dataset, "Anna", annotation.annotation_queue(workspace, dataset, "Anna").item.id, 3, 1.0)
launch.start_agreement(workspace, dataset)
annotation.judged(workspace, dataset), annotation.annotation_effort(workspace, dataset)
heavy = {{"torch", "transformers", "mteb", "sklearn", "scipy", "nltk", "streamlit"}} & set(sys.modules)
print("heavy:", sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "heavy: []" in done.stdout, done.stdout + done.stderr[-2000:]
