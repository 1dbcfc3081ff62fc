"""Pairs are proposed fairly, nothing that a person said is lost, and agreement is what the formulas say."""

import collections
import errno
import itertools
import json
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
import small
from example_poc import config, evaluated, import_example
from PIL import Image
from scipy.stats import rankdata

from kdmcse import annotation, data, i18n
from kdmcse.annotation import IDLE_SECONDS, MIN_COMMON, agreement, sampling
from kdmcse.annotation.judgements import SHARED_START, _path
from kdmcse.cli import app
from kdmcse.config import TrainingConfig
from kdmcse.data.csv_export import csv_for_upload
from kdmcse.engine.runs import list_runs
from kdmcse.errors import UserError
from kdmcse.evaluation import encoder, evaluation
from kdmcse.governance.deletion import delete_dataset
from kdmcse.models import teacher_features
from kdmcse.presentation import annotation as texts
from kdmcse.processes import agreement as agreement_job
from kdmcse.processes import evaluate, launch
from kdmcse.store import jsonl
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A workspace with a dataset of 24 held-out captions, to be copied."""
    workspace = Workspace(tmp_path_factory.mktemp("labelling") / "workspace")
    return workspace, import_example(workspace, workspace.path / "files")


@pytest.fixture
def shop(source, tmp_path):
    """A workspace of its own, with the dataset and nothing judged."""
    workspace = Workspace(tmp_path / "workspace")
    workspace.datasets.rmdir()
    workspace.datasets.symlink_to(source[0].datasets)
    return workspace, data.open_dataset(workspace, source[1].fingerprint)


def captioned(workspace: Workspace, captions: list[str]) -> data.PairDataset:
    """A dataset whose captions are all held out, but for one."""
    files = workspace.path / "files"
    files.mkdir()
    rows = []
    for i, caption in enumerate(["to learn from", *captions]):
        Image.new("RGB", (4, 4), (i, 0, 40)).save(files / f"{i}.png")
        rows.append((f"{i}.png", caption, f"g{i}", "test" if i else "train"))
    pd.DataFrame(rows, columns=["image", "caption", "group", "split"]).to_csv(files / "pairs.csv", index=False)
    return data.import_dataset(workspace, name="Captions", pairs=files / "pairs.csv", images=files)


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


# Judging


@pytest.fixture
def proposed(shop):
    annotation.propose(*shop, 60)
    return shop


def judge_all(place, annotator: str, scores, seconds: float | None = 5.0) -> list[str]:
    """Judge as many items as there are scores; their ids in order."""
    done = []
    for score in scores:
        item = annotation.annotation_queue(*place, annotator).item
        annotation.judge(*place, annotator, item.id, score, seconds)
        done.append(item.id)
    return done


def test_every_item_comes_once_and_then_none(proposed):
    done = judge_all(proposed, "Anna", [3] * 60)
    now = annotation.annotation_queue(*proposed, "Anna")
    assert len(set(done)) == 60 and now.item is None and (now.judged, now.total) == (60, 60)


def test_everybody_begins_with_the_same_pairs_in_an_order_of_their_own(proposed):
    anna, ben = (judge_all(proposed, name, [1] * 60) for name in ("Anna", "Ben"))
    assert anna != ben and set(anna[:SHARED_START]) == set(ben[:SHARED_START])
    assert anna[:SHARED_START] != ben[:SHARED_START]
    assert set(anna[SHARED_START : SHARED_START + 10]) != set(ben[SHARED_START : SHARED_START + 10])


def test_pairs_proposed_later_come_after_the_shared_start(proposed):
    before = annotation.annotation_queue(*proposed, "Anna").item
    annotation.propose(*proposed, 40)
    assert annotation.annotation_queue(*proposed, "Anna").item == before


def test_the_last_judgement_is_taken_back_and_its_item_comes_next(proposed):
    first, second = judge_all(proposed, "Anna", [1, 2])
    assert annotation.undo(*proposed, "Anna") == second
    now = annotation.annotation_queue(*proposed, "Anna")
    assert now.item.id == second and now.judged == 1
    assert (
        annotation.undo(*proposed, "Anna") == first and annotation.annotation_queue(*proposed, "Anna").item.id == first
    )
    assert annotation.undo(*proposed, "Anna") is None and not annotation.annotation_queue(*proposed, "Anna").undoable
    assert judge_all(proposed, "Anna", [4, 5]) == [first, second]
    assert sorted(annotation.judgements(*proposed)["score"]) == [4, 5]


def test_what_is_skipped_comes_back_when_asked_for(proposed):
    item = annotation.annotation_queue(*proposed, "Anna").item
    annotation.skip(*proposed, "Anna", item.id, 2.0)
    now = annotation.annotation_queue(*proposed, "Anna")
    assert now.item != item and (now.judged, now.skipped) == (0, 1) and now.undoable
    assert annotation.judgements(*proposed).empty
    annotation.look_again(*proposed, "Anna")
    assert annotation.annotation_queue(*proposed, "Anna").item == item


def test_a_skip_can_be_taken_back_too(proposed):
    item = annotation.annotation_queue(*proposed, "Anna").item
    annotation.skip(*proposed, "Anna", item.id, 2.0)
    assert annotation.undo(*proposed, "Anna") == item.id and annotation.annotation_queue(*proposed, "Anna").skipped == 0


def test_who_types_a_name_in_another_way_goes_on_where_she_was(proposed):
    judge_all(proposed, "Anna  Tanaka", [1, 2])
    assert annotation.annotation_queue(*proposed, " anna ｔａｎａｋａ").judged == 2
    assert annotation.annotators(*proposed) == ["Anna Tanaka"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "annotator_without_name"), (" \n\0", "annotator_without_name"), ("x" * 61, "annotator_name_too_long")],
)
def test_a_name_must_be_one(name, code):
    with pytest.raises(UserError) as refused:
        annotation.clean_name(name)
    assert refused.value.code == code


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "con", "名前", "<b>", "=1"])
def test_a_name_is_never_a_path(proposed, name):
    judge_all(proposed, name, [1])
    folder = proposed[0].labels / proposed[1].fingerprint / "judgements"
    assert [path.parent for path in proposed[0].path.rglob("*.jsonl") if path.name != "items.jsonl"] == [folder]
    assert annotation.annotators(*proposed) == [name]


@pytest.mark.parametrize("score", [-1, 6, 2.5, True, None, "3"])
def test_there_are_six_scores_and_no_more(proposed, score):
    with pytest.raises(ValueError, match="no score"):
        annotation.judge(*proposed, "Anna", "x", score, 1.0)


def file_of(place, annotator: str):
    return _path(*place, annotator)


def test_a_line_that_was_cut_short_spoils_no_other(proposed):
    done = judge_all(proposed, "Anna", [1, 2])
    with file_of(proposed, "Anna").open("ab") as file:
        file.write(b'{"annotator": "Anna", "item": "')
    assert annotation.annotation_queue(*proposed, "Anna").judged == 2
    done += judge_all(proposed, "Anna", [3])
    assert dict(annotation.judgements(*proposed)[["item", "score"]].to_numpy()) == dict(
        zip(done, [1, 2, 3], strict=True)
    )


def test_lines_that_nobody_could_have_said_are_passed_over(proposed):
    judge_all(proposed, "Anna", [1])
    good = jsonl.read(file_of(proposed, "Anna"))[0]
    for change in ({"score": 7}, {"score": None}, {"what": "x"}, {"seconds": -1}, {"item": None}, {"annotator": 3}):
        jsonl.append(file_of(proposed, "Anna"), [good | {"item": "other"} | change])
    with file_of(proposed, "Anna").open("ab") as file:
        file.write(b"[1, 2]\nnull\n\xff\xfe\n")
    assert (
        annotation.judgements(*proposed)["score"].tolist() == [1] and annotation.annotation_effort(*proposed).timed == 1
    )


def test_a_full_disk_is_told(proposed, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(jsonl.os, "fsync", full)
    with pytest.raises(UserError) as refused:
        annotation.judge(*proposed, "Anna", annotation.annotation_queue(*proposed, "Anna").item.id, 1, 1.0)
    assert refused.value.code == "disk_full"


def test_nothing_that_was_acknowledged_is_lost_when_the_process_is_killed(proposed):
    workspace, dataset = proposed
    code = f"""
from kdmcse import annotation, data
from kdmcse.processes import launch
from kdmcse.store.workspace import Workspace
workspace = Workspace({str(workspace.path)!r})
place = workspace, data.open_dataset(workspace, {dataset.fingerprint!r})
while item := annotation.annotation_queue(*place, "Anna").item:
    annotation.judge(*place, "Anna", item.id, 2, 1.0)
    print(item.id, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    said = [child.stdout.readline().strip() for _ in range(9)]
    child.send_signal(signal.SIGKILL)
    said += child.stdout.read().split()
    child.wait()
    assert set(said) - {""} <= set(annotation.judgements(*proposed)["item"]) and len(said) >= 9
    assert annotation.annotation_queue(*proposed, "Anna").judged >= 9


def test_two_people_and_two_windows_of_one_do_not_disturb_each_other(proposed):
    items = [item.id for item in annotation.read_items(*proposed)]

    def window(name: str, part: list[str], score: int) -> None:
        for item in part:
            annotation.judge(*proposed, name, item, score, 1.0)

    threads = [
        threading.Thread(target=window, args=given)
        for given in (("Anna", items[:30], 1), ("Anna", items[30:], 2), ("Ben", items, 3))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    table = annotation.judgements(*proposed)
    assert table.groupby("annotator").size().to_dict() == {"Anna": 60, "Ben": 60}
    assert set(table["score"][table["item"].isin(items[30:])]) == {2, 3}


# What it takes


def test_seconds_are_the_median_and_pauses_do_not_count(proposed):
    for seconds in (2.0, 4.0, 9.0, IDLE_SECONDS + 1, None):
        judge_all(proposed, "Anna", [3], seconds)
    annotation.skip(*proposed, "Anna", annotation.annotation_queue(*proposed, "Anna").item.id, 3.0)
    found = annotation.annotation_effort(*proposed)
    assert (found.judgements, found.timed, found.seconds) == (5, 3, 4.0)
    assert found.hours == pytest.approx((2 + 4 + 9 + 3) / 3600)


def test_time_that_was_taken_back_was_taken_all_the_same(proposed):
    judge_all(proposed, "Anna", [3], 6.0)
    annotation.undo(*proposed, "Anna")
    judge_all(proposed, "Anna", [4], 2.0)
    found = annotation.annotation_effort(*proposed)
    assert (found.judgements, found.seconds) == (1, 2.0) and found.hours == pytest.approx(8 / 3600)


def test_without_a_measured_judgement_there_is_no_pace(proposed):
    found = annotation.annotation_effort(*proposed)
    assert (found.judgements, found.seconds, found.hours) == (0, None, 0)


def test_effort_counts_pairs_and_who_judged_them(proposed):
    for name, count in (("Anna", 30), ("Ben", 10)):
        judge_all(proposed, name, [1] * count)
    found = annotation.annotation_effort(*proposed)
    assert (found.annotators, found.judgements, found.pairs, found.pairs_by_two, found.items) == (2, 40, 30, 10, 60)


# The table to measure on


def test_the_score_of_a_pair_is_the_mean_of_those_who_judged_it(proposed):
    item = annotation.read_items(*proposed)[0]
    for name, score in (("Anna", 1), ("Ben", 4), ("Carla", 4)):
        annotation.judge(*proposed, name, item.id, score, 1.0)
    row = annotation.judged(*proposed).iloc[0]
    assert (row["sentence1"], row["sentence2"], row["score"], row["annotators"]) == (
        item.sentence1,
        item.sentence2,
        3.0,
        3,
    )
    assert (row["pair1"], row["pair2"], row["band"], row["share"]) == (item.pair1, item.pair2, item.band, item.share)


def test_pairs_are_grouped_by_what_repeats_most(proposed):
    judge_all(proposed, "Anna", [2] * 60)
    table, groups = annotation.judged(*proposed), proposed[1].pairs.set_index("pair")["group"]
    counts = collections.Counter([*table["group1"], *table["group2"]])
    for row in table.itertuples():
        assert (row.group1, row.group2) == (groups[row.pair1], groups[row.pair2])
        assert row.group in (row.group1, row.group2)
        assert counts[row.group] == max(counts[row.group1], counts[row.group2])


def test_nothing_judged_is_an_empty_table_with_its_columns(shop):
    for place in (shop,):
        table = annotation.judged(*place)
        assert table.empty and {"sentence1", "sentence2", "score", "annotators", "group", "pair1", "pair2"} <= set(
            table
        )
    annotation.propose(*shop, 5)
    assert annotation.judged(*shop).empty and annotation.annotators(*shop) == []


def test_the_cosines_of_judged_pairs_are_those_of_encoding_them(tmp_path):
    from kdmcse.models import student

    workspace = Workspace(tmp_path / "workspace")
    files = small.pilot(workspace.path / "files")
    dataset = data.import_dataset(workspace, name="p", pairs=files["pairs"], images=files["images"])
    model = student.load(small.student())
    model.eval()
    measured = evaluate.evaluate(lambda texts: student.encode(model, texts), dataset, tmp_path / "evaluation", name="x")
    annotation.propose(workspace, dataset, 50)
    judge_all((workspace, dataset), "Anna", [3] * 50)
    table = annotation.judged(workspace, dataset)
    again = encoder.Vectors(lambda texts: student.encode(model, texts))
    direct = again.cosines(table["sentence1"], table["sentence2"])
    found = annotation.judged_cosines(measured, dataset, table)
    assert len(found) == 50 and np.ptp(found) > 0.01 and np.abs(found - direct).max() < 1e-6


def test_what_is_exported_can_be_imported_again(proposed, tmp_path):
    judge_all(proposed, "Anna", [0, 1, 2, 3, 4, 5])
    judge_all(proposed, "Ben", [5, 4, 4, 3, 1, 1])
    table = annotation.judged(*proposed)
    path = tmp_path / "judged.csv"
    path.write_bytes(csv_for_upload(table))
    again = data.import_dataset(Workspace(tmp_path / "other"), name="again", sts=path).sts
    assert (
        again[["sentence1", "sentence2", "score"]].values.tolist()
        == table[["sentence1", "sentence2", "score"]].values.tolist()
    )


def test_no_exported_cell_is_a_formula(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = captioned(workspace, ["=1+1", "@cmd, really"])
    annotation.propose(workspace, dataset, 1)
    judge_all((workspace, dataset), "Anna", [2])
    text = csv_for_upload(annotation.judged(workspace, dataset)).decode("utf-8-sig")
    assert text.splitlines()[0] == "sentence1,sentence2,score"
    assert "'=1+1" in text and '"\'@cmd, really"' in text and text.strip().endswith(",2")


def test_judgements_outlive_the_dataset_unless_they_are_to_go(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    for with_labels, left in ((False, 1), (True, 0)):
        dataset = import_example(workspace, tmp_path / "files")
        place = workspace, dataset
        if not with_labels:
            annotation.propose(*place, 5)
            judge_all(place, "Anna", [1])
        assert len(annotation.judgements(*place)) == 1, "imported again, it finds them"
        delete_dataset(*place, with_runs=False, with_labels=with_labels)
        assert not dataset.folder.exists() and len(annotation.judgements(*place)) == left


# Agreement


def slow_kappa(one, other) -> float:
    """Quadratic weighted kappa (Cohen 1968) by loops: disagreement seen over disagreement by chance."""
    n = len(one)
    seen = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / n
    chance = sum((a - b) ** 2 for a in one for b in other) / n**2
    return 1 - seen / chance


def slow_alpha(units: list[list[float]]) -> float:
    """Krippendorff's alpha for intervals by loops; units with one value count for nothing."""
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    seen = sum(sum((a - b) ** 2 for a in unit for b in unit) / (len(unit) - 1) for unit in units) / len(values)
    chance = sum((a - b) ** 2 for a in values for b in values) / (len(values) * (len(values) - 1))
    return 1 - seen / chance


def said(**scores: dict[str, int]) -> pd.DataFrame:
    """Annotator -> item -> score, as judgements."""
    rows = [(name, item, score, 4.0, "") for name, by_item in scores.items() for item, score in by_item.items()]
    return pd.DataFrame(rows, columns=["annotator", "item", "score", "seconds", "time"])


def drawn(seed: int, n: int = 60, missing: float = 0.3) -> dict[str, dict[str, int]]:
    """Three people who mostly agree, each without some of the items."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 6, n)
    people = {}
    for name, lean in (("anna", 0), ("ben", 1), ("carla", -1)):
        scores = np.clip(truth + lean * (rng.random(n) < 0.5) + rng.integers(-1, 2, n), 0, 5)
        people[name] = {f"i{i}": int(scores[i]) for i in range(n) if rng.random() > missing}
    return people


@pytest.mark.parametrize("seed", range(4))
def test_kappa_and_alpha_are_those_of_the_loops(seed):
    people = drawn(seed)
    found = annotation.measure_agreement(said(**people))
    kappas = []
    for pair in found.pairs:
        common = sorted(people[pair.first].keys() & people[pair.second].keys())
        one, other = ([people[name][item] for item in common] for name in (pair.first, pair.second))
        kappas.append(slow_kappa(one, other))
        assert pair.both.common == len(common) and pair.both.kappa == pytest.approx(kappas[-1], abs=1e-12)
        assert pair.both.alpha == pytest.approx(
            slow_alpha([list(two) for two in zip(one, other, strict=True)]), abs=1e-12
        )
        assert pair.both.difference == pytest.approx(np.mean(one) - np.mean(other))
    items = {item for scores in people.values() for item in scores}
    units = [[scores[item] for scores in people.values() if item in scores] for item in items]
    assert found.alpha == pytest.approx(slow_alpha(units), abs=1e-12)
    assert found.kappa == pytest.approx(np.mean(kappas)) and found.common == sum(len(unit) > 1 for unit in units)


def test_each_person_is_held_against_the_mean_of_the_others():
    people = drawn(9)
    found = annotation.measure_agreement(said(**people))
    for one in found.annotators:
        others = [scores for name, scores in people.items() if name != one.name]
        common = [item for item in people[one.name] if any(item in scores for scores in others)]
        own = [people[one.name][item] for item in common]
        mean = [np.mean([scores[item] for scores in others if item in scores]) for item in common]
        assert one.others.kappa == pytest.approx(slow_kappa(own, [int(np.floor(m + 0.5)) for m in mean]), abs=1e-12)
        assert one.others.alpha == pytest.approx(
            slow_alpha([list(two) for two in zip(own, mean, strict=True)]), abs=1e-12
        )
        assert one.others.difference == pytest.approx(np.mean(own) - np.mean(mean))
    leaning = {one.name: one.others.difference for one in found.annotators}
    assert leaning["ben"] > leaning["anna"] > leaning["carla"], "lenient, neither, strict"


def test_people_who_say_the_same_agree_wholly():
    scores = {f"i{i}": i % 6 for i in range(30)}
    found = annotation.measure_agreement(said(anna=scores, ben=scores))
    assert (found.kappa, found.alpha, found.reason) == (pytest.approx(1), pytest.approx(1), None)
    assert found.pairs[0].both.difference == 0


def test_people_who_say_the_opposite_disagree():
    scores = {f"i{i}": i % 6 for i in range(30)}
    found = annotation.measure_agreement(said(anna=scores, ben={item: 5 - score for item, score in scores.items()}))
    assert found.kappa < -0.9 and found.level == "low"


def test_nobody_and_one_person_have_no_agreement():
    for table in (said(), said(anna={f"i{i}": i % 6 for i in range(40)})):
        found = annotation.measure_agreement(table)
        assert (found.kappa, found.alpha, found.reason) == (None, None, "one_annotator")
        assert all(one.others.kappa is None and one.others.difference is None for one in found.annotators)


def test_too_few_common_items_are_said_to_be_too_few():
    scores = {f"i{i}": i % 6 for i in range(MIN_COMMON - 1)}
    found = annotation.measure_agreement(said(anna=scores, ben=scores | {"more": 3, "and": 2}))
    assert (found.kappa, found.alpha, found.reason, found.common) == (None, None, "few_common", 19)
    assert found.pairs[0].both == annotation.Coefficients(19, None, None, None, "few_common")
    enough = annotation.measure_agreement(said(anna=scores | {"more": 3}, ben=scores | {"more": 3}))
    assert enough.reason is None and enough.kappa == pytest.approx(1)


def test_where_all_scores_are_equal_agreement_is_missing_and_not_one():
    scores = {f"i{i}": 3 for i in range(30)}
    found = annotation.measure_agreement(said(anna=scores, ben=scores))
    assert (found.kappa, found.alpha, found.reason) == (None, None, "all_equal")
    assert found.pairs[0].both.difference == 0


def test_who_gives_one_score_throughout_has_no_kappa_and_not_zero():
    varied, constant = {f"i{i}": i % 6 for i in range(30)}, {f"i{i}": 3 for i in range(30)}
    found = annotation.measure_agreement(said(anna=varied, ben=constant))
    assert found.pairs[0].both.kappa is None and found.pairs[0].both.reason == "all_equal" and found.kappa is None


def test_three_people_without_enough_in_common_two_by_two_have_an_alpha_but_no_kappa():
    def scores(items) -> dict[str, int]:
        return {f"i{i}": i % 6 for i in items}

    found = annotation.measure_agreement(
        said(anna=scores(range(0, 20)), ben=scores(range(10, 30)), carla=scores([*range(0, 10), *range(20, 30)]))
    )
    assert found.alpha == pytest.approx(1) and found.kappa is None and found.level is None


def test_an_agreement_survives_json():
    found = annotation.measure_agreement(said(**drawn(3)))
    assert annotation.Agreement.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_agreement_is_measured_in_the_background_and_kept_until_people_go_on(proposed):
    for name in ("Anna", "Ben"):
        judge_all(proposed, name, [i % 6 for i in range(40)])
    assert agreement_job.status(*proposed) == "none" and annotation.read_agreement(*proposed) is None
    launch.start_agreement(*proposed)
    assert agreement_job.status(*proposed) == "running"
    end = time.monotonic() + 120
    while agreement_job.status(*proposed) == "running" and time.monotonic() < end:
        time.sleep(0.1)
    assert agreement_job.status(*proposed) == "done"
    assert annotation.read_agreement(*proposed) == annotation.measure_agreement(annotation.judgements(*proposed))
    judge_all(proposed, "Anna", [1])
    assert agreement_job.status(*proposed) == "none"
    assert annotation.read_agreement(*proposed).judgements == 80, "the one before is still there to be read"


def test_what_needs_no_library_is_measured_at_once(proposed):
    judge_all(proposed, "Anna", [1, 2])
    launch.start_agreement(*proposed)
    assert agreement_job.status(*proposed) == "done"
    assert annotation.read_agreement(*proposed).reason == "one_annotator"


def test_a_measurement_that_fails_is_told_and_not_tried_for_ever(proposed, monkeypatch):
    def broken(table):
        raise RuntimeError

    monkeypatch.setattr(agreement, "measure_agreement", broken)
    judge_all(proposed, "Anna", [1])
    with pytest.raises(RuntimeError):
        annotation.keep_agreement(*proposed)
    assert agreement_job.status(*proposed) == "failed" and annotation.read_agreement(*proposed) is None


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


# The shell


def shell(capsys, place, *options: str) -> tuple[int, dict, str]:
    """Exit status, the JSON answer, what went to stderr."""
    workspace, dataset = place
    left = app.main(["label", "--workspace", str(workspace.path), "--dataset", dataset.fingerprint, "--json", *options])
    told = capsys.readouterr()
    return left, json.loads(told.out), told.err


def test_the_shell_proposes_exports_and_tells_agreement(shop, capsys, tmp_path):
    left, found, _ = shell(capsys, shop, "--propose", "40", "--seed", "3")
    assert left == 0 and found["added"] == 40 == len(found["items"]) and found["measure"] == "spelling"
    for name in ("Anna", "Ben"):
        judge_all(shop, name, [i % 6 for i in range(40)])
    left, found, _ = shell(capsys, shop, "--export", str(tmp_path / "out" / "judged.csv"))
    assert left == 0 and found["pairs"] == 40
    assert (tmp_path / "out" / "judged.csv").read_bytes() == csv_for_upload(annotation.judged(*shop))
    left, found, _ = shell(capsys, shop, "--agreement")
    assert left == 0 and found["effort"]["judgements"] == 80
    assert annotation.Agreement.from_dict(found["agreement"]) == annotation.read_agreement(*shop)
    assert agreement_job.status(*shop) == "done"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_shell_tells_the_same_sentences_as_the_page(proposed, capsys, language):
    judge_all(proposed, "Anna", [1, 2])
    workspace, dataset = proposed
    given = [
        "label",
        "--workspace",
        str(workspace.path),
        "--dataset",
        dataset.name,
        "--language",
        language,
        "--agreement",
    ]
    assert app.main(given) == 0
    told = capsys.readouterr().out
    t = i18n.Locale(language)
    assert texts.effort_sentences(t, annotation.annotation_effort(*proposed)) in told
    assert texts.agreement_sentences(t, annotation.read_agreement(*proposed)) in told and "Anna" in told


def test_the_shell_refuses_in_words(shop, capsys, tmp_path):
    for options, code in (
        (["--propose", "0"], "setting_out_of_range"),
        (["--export", str(tmp_path / "x.csv")], "nothing_judged"),
        (["--agreement", "--propose", "3"], "command_unreadable"),
        ([], "command_unreadable"),
    ):
        left, found, err = shell(capsys, shop, *options)
        assert left == 2 and found["error"]["code"] == code and err
    assert not (tmp_path / "x.csv").exists()
