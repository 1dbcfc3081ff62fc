"""An audit of a teacher: measured once, kept, read; what it says of a real teacher is what is known of that."""

import dataclasses
import functools
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import small

from kdmcse import audit, data, sample
from kdmcse.audit.batches import SAMPLE
from kdmcse.config import TrainingConfig
from kdmcse.errors import UserError

SHARED = Path(__file__).parents[3] / "shared"
SETTINGS = TrainingConfig(batch_size=8, max_length=32)
measure = functools.partial(audit.measure, training=SETTINGS)


def test_a_small_pilot_is_looked_at_whole(workspace):
    dataset, said = small.dataset(workspace), []
    found = measure(
        workspace, dataset, teacher=small.teacher(), student=small.student(), report=lambda *step: said.append(step)
    )
    distinct = dataset.pairs.drop_duplicates("image").drop_duplicates("caption")
    assert found.space.look.pairs == len(distinct)
    assert set(found.spaces) == {"teacher", "centred"}
    assert found.space.batches.pairs == 8
    [captions] = found.agreement
    assert captions.task == "caption_caption" and captions.rows == len(dataset.sts[dataset.sts["held_out"]])
    assert set(captions.scores) == {"teacher", "centred", "student"} and captions.difference is not None
    assert [(one.model, one.kind) for one in found.readings] == [
        ("student", "captions"), ("training", "captions"), ("student", "judged"), ("student", "decided"), ("teacher", "captions"),
    ]  # fmt: skip
    assert {what for what, *_ in said} == {"teacher", "student"}
    numbers = set(dataset.pairs["pair"])
    for one in found.space.filters:
        assert {negative.caption for negative in one.removed} | {negative.image for negative in one.kept} <= numbers


def test_what_is_kept_is_what_was_measured_and_goes_with_the_dataset(workspace):
    dataset = small.dataset(workspace)
    found = measure(workspace, dataset, teacher=small.teacher(), student=small.student())
    folder = audit.folder_of(workspace, dataset.fingerprint, found.teacher, found.student, SETTINGS)
    assert audit.read(folder) is None and audit.audits(workspace, dataset) == []
    audit.keep(folder, found)
    assert audit.read(folder) == found
    later = dataclasses.replace(found, teacher="another", time="2999-01-01T00:00:00+00:00")
    audit.keep(audit.folder_of(workspace, dataset.fingerprint, "another", found.student, SETTINGS), later)
    assert [one.teacher for one in audit.audits(workspace, dataset)] == ["another", found.teacher]
    (folder / "audit.json").write_text("{}")
    assert audit.read(folder) is None


def test_a_teacher_that_was_replaced_under_its_name_gets_an_audit_of_its_own(workspace, tmp_path):
    dataset, place = small.dataset(workspace), tmp_path / "teacher"
    shutil.copytree(Path(small.teacher().removeprefix("local-dir:")), place)

    def folder():
        return audit.folder_of(workspace, dataset.fingerprint, str(place), small.student(), SETTINGS)

    found, before = measure(workspace, dataset, teacher=str(place), student=small.student()), folder()
    audit.keep(before, found)
    assert audit.replaced(found) == []
    shutil.copytree(place, tmp_path / "moved")
    moved = audit.folder_of(workspace, dataset.fingerprint, str(tmp_path / "moved"), small.student(), SETTINGS)
    assert moved == before, "the same content is the same teacher"
    (place / "README.md").write_text("another")
    assert folder() != before and audit.read(folder()) is None and audit.replaced(found) == ["teacher"]
    assert audit.read(before) == found
    table = json.loads((before / "audit.json").read_text())
    del table["content"], table["agreement"][0]["of_test"], table["readings"][0]["kind"]
    (before / "audit.json").write_text(json.dumps(table))
    assert audit.replaced(audit.read(before)) == [], "of an audit of before it is not known"


def test_agreement_on_sentences_rests_on_the_dev_judgements_where_there_are_enough(workspace, monkeypatch):
    dataset = small.dataset(workspace, dev=True)
    dev, test = (int(dataset.sts[part].sum()) for part in ("dev", "held_out"))

    def agreement():
        [found] = measure(workspace, dataset, teacher=small.teacher(), student=small.student()).agreement
        return found

    monkeypatch.setattr("kdmcse.audit.audit.MIN_DEV_ROWS", dev)
    assert (agreement().rows, agreement().of_test) == (dev, 0)
    monkeypatch.setattr("kdmcse.audit.audit.MIN_DEV_ROWS", dev + 1)
    assert (agreement().rows, agreement().of_test) == (dev + test, test)


def test_judged_images_are_measured_too(workspace, tmp_path):
    files = small.pilot(tmp_path / "files")
    names = pd.read_csv(files["pairs"])["image"]
    fits = pd.DataFrame({"image": names, "caption": names.str[:-6], "score": [i % 6 for i in range(len(names))]})
    same = pd.DataFrame({"image_a": names[1:].array, "image_b": names[:-1].array, "score": fits["score"][1:].array})
    fits.to_csv(tmp_path / "fits.csv", index=False)
    same.to_csv(tmp_path / "same.csv", index=False)
    judged = {"image_caption": tmp_path / "fits.csv", "image_image": tmp_path / "same.csv"}
    dataset = data.import_dataset(workspace, name="judged", **files, **judged)
    found = {
        one.task: one for one in measure(workspace, dataset, teacher=small.teacher(), student=small.student()).agreement
    }
    assert found["image_caption"].rows == len(fits) and found["image_image"].rows == len(same)
    assert set(found["image_caption"].scores) == {"teacher", "centred"}


def test_the_batches_are_those_that_the_settings_ask_for(workspace):
    dataset, found = small.dataset(workspace), {}
    for batches in ("random", "distinct", "dense"):
        settings = dataclasses.replace(SETTINGS, batches=batches)
        models = {"teacher": small.teacher(), "student": small.student()}
        found[batches] = audit.measure(workspace, dataset, **models, training=settings).space.batches
    assert found["distinct"].repeats == found["dense"].repeats == 0
    assert found["random"] != found["distinct"] != found["dense"]


def test_a_share_of_the_pairs_in_as_many_steps_as_all_of_them_is_looked_at_for_as_long(workspace):
    dataset, found = small.dataset(workspace), {}
    models = {"teacher": small.teacher(), "student": small.student()}
    for steps in ("part", "whole"):
        settings = dataclasses.replace(SETTINGS, epochs=1, data_share=0.5, share_steps=steps)
        found[steps] = audit.measure(workspace, dataset, **models, training=settings).space.batches
    assert found["whole"].batches == 2 * found["part"].batches


@pytest.mark.parametrize(
    ("captions", "why"),
    [(["red mug"], "too_few_pairs"), (["red mug", "Red mug", "red mug"], "too_few_different_pairs")],
)
def test_too_few_pairs_are_refused(workspace, tmp_path, captions, why):
    images = [f"{number}.jpg" for number in range(len(captions))]
    pairs = pd.DataFrame({"image": images, "caption": captions, "split": "train"})
    pairs.to_csv(tmp_path / "pairs.csv", index=False)
    contents = list(dict.fromkeys([*images, *captions]))
    vectors = pd.DataFrame({"content": contents, "vector": [[1.0, 2.0 + place] for place in range(len(contents))]})
    vectors.to_parquet(tmp_path / "vectors.parquet")
    dataset = data.import_dataset(workspace, name="one", pairs=tmp_path / "pairs.csv")
    with pytest.raises(UserError) as caught:
        measure(workspace, dataset, teacher=str(tmp_path / "vectors.parquet"), student=small.student())
    assert caught.value.code == why and caught.value.fields["count"] == 1


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pilot data is not on this computer")
def test_a_real_teacher_is_known_to_find_its_pairs_and_to_leave_kdmcse_nothing_to_do(workspace):
    files = {kind: SHARED / f"coco/{kind}.csv" for kind in ("pairs", "sts")}
    files |= {kind: SHARED / f"coco/{kind}_judgements.csv" for kind in ("image_caption", "image_image")}
    dataset = data.import_dataset(workspace, name="coco", **files)
    settings = TrainingConfig(batch_size=64)
    teacher = str(SHARED / "coco/teacher.parquet")
    found = audit.measure(workspace, dataset, teacher=teacher, student=sample.STUDENT, training=settings)
    agreement = {one.task: one for one in found.agreement}
    assert agreement["image_image"].scores["teacher"].estimate == pytest.approx(0.709, abs=5e-4)
    assert agreement["image_caption"].scores["teacher"].estimate == pytest.approx(0.394, abs=5e-4)
    # The vectors are those of the pairs: of the sentences that people judged there are none.
    assert agreement["caption_caption"].judged == 874 and agreement["caption_caption"].rows == 0
    assert agreement["caption_caption"].of_test == 0, "whoever picks a teacher by it picks by no test row"
    assert found.space.look.true.quantiles == pytest.approx((0.257, 0.289, 0.310, 0.333, 0.363), abs=1e-3)
    assert (found.space.look.caption_to_image, found.space.look.image_to_caption) == (0.506, 0.552)
    assert found.space.batches.density == "sparse"
    assert found.filter_is_idle and found.margins_are_alike
    assert found.verdict == "unjudged"
    assert [(one.model, one.kind) for one in found.readings] == [("student", "captions"), ("student", "judged")]


@pytest.mark.slow
def test_the_share_that_every_audit_names_for_the_sample_is_that_of_the_sample(workspace):
    dataset = sample.import_sample(workspace)
    found = audit.measure(
        workspace, dataset, teacher=sample.TEACHER, student=sample.STUDENT, training=sample.training()
    )
    assert found.space.batches.above[1] == pytest.approx(SAMPLE, abs=5e-5)
