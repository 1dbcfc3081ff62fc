"""The shell audits a teacher, or says at once what keeps it from that."""

import json

import numpy as np
import pandas as pd
import pytest
import small
from example_datasets import import_pilot, pilot

from kdmcse import audit, sample
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.audit import doubtful_sentences


def test_vectors_that_cannot_be_used_are_all_named_at_once_images_and_captions_alike(shell, workspace, tmp_path, model):
    frame = pilot(groups=6, each=2)
    import_pilot(workspace, tmp_path, frame)
    contents = [*frame["image"], *frame["caption"]]
    vectors = np.random.default_rng(0).normal(size=(len(contents), 4))
    vectors[2], vectors[15, 1] = 0, np.nan
    pd.DataFrame({"content": contents, "vector": list(vectors)}).to_parquet(tmp_path / "teacher.parquet")
    status, out, err = shell(
        "audit", "--dataset", "pilot", "--teacher", tmp_path / "teacher.parquet", "--student", model
    )
    assert status == 2 and not out
    assert "2.jpg (0)" in err and "caption 3 (NaN" in err


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", [("audit",), ("train", "--method", "kdmcse")])
def test_where_there_are_no_pairs_it_is_said_as_on_the_page_and_not_that_images_are_missing(
    shell, shop, model, language, command
):
    status, out, err = shell(
        *command, "--dataset", shop.name, "--teacher", sample.TEACHER, "--student", model, "--language", language
    )
    assert status == 2 and not out
    refused = UserError("no_training_pairs", dataset=shop.name)
    assert err.splitlines()[-2:] == [refused.message(language), refused.hint(language)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", [("audit",), ("train", "--method", "kdmcse", "--seeds", "0")])
def test_vectors_of_images_in_another_folder_are_taken_and_it_is_told(
    shell, workspace, tmp_path, nobody_works, language, command
):
    dataset = small.dataset(workspace, things=("mug", "cap"))
    names = dataset.pairs["image_name"]
    contents = [*("images/" + names), *dict.fromkeys(dataset.pairs["caption"])]
    vectors = list(np.random.default_rng(0).normal(size=(len(contents), 6)))
    file = tmp_path / "vectors.parquet"
    pd.DataFrame({"content": contents, "vector": vectors}).to_parquet(file)
    models = ("--teacher", file, "--student", small.student())
    status, _, err = shell(*command, "--dataset", dataset.fingerprint, *models, "--language", language)
    named = {"file": file, "count": len(names), "name": names[0], "held": f"images/{names[0]}"}
    assert status == 0 and Locale(language)("cli.renamed", **named) in err


def test_what_is_printed_is_what_the_page_shows_and_json_keeps_how_right_each_filter_is(shell, workspace):
    dataset = small.dataset(workspace)
    asked = ("--dataset", dataset.fingerprint, "--teacher", small.teacher(), "--student", small.student())
    status, out, _ = shell("audit", *asked)
    t, [found] = Locale("en"), audit.audits(workspace, dataset)
    one = next(each for each in found.space.filters if each.doubtful)
    assert status == 0 and all(line in out for line in doubtful_sentences(t, one, dataset.pairs))
    audit.judge(workspace, dataset, "Aiko", one.removed[0].id, True)
    status, out, _ = shell("audit", *asked, "--json")
    assert status == 0
    assert json.loads(out)["judged"][one.name]["removed"] == {"judged": 1, "same": 1, "drawn": len(one.removed)}
