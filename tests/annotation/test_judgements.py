"""Nothing that a person said is lost, and what is measured on follows from it."""

import collections
import errno
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import small
from example_annotation import captioned, judge_all
from example_poc import import_example

from kdmcse import annotation, data
from kdmcse.annotation import IDLE_SECONDS
from kdmcse.annotation.judgements import SHARED_START, _path
from kdmcse.data.csv_export import csv_for_upload
from kdmcse.errors import UserError
from kdmcse.evaluation import encoder
from kdmcse.governance.deletion import delete_dataset
from kdmcse.processes import evaluate
from kdmcse.store import jsonl
from kdmcse.store.workspace import Workspace

# Judging


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
