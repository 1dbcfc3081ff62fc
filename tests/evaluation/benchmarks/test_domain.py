"""With every evaluation and later for those of before: kept, read again, asked for in the background and from the shell."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small

from kdmcse import data, i18n, metrics
from kdmcse.evaluation import benchmarks, encoder, evaluation
from kdmcse.evaluation.benchmark_scores import Measured, Score, keep, missing
from kdmcse.evaluation.benchmarks import transfer
from kdmcse.metrics import Metric
from kdmcse.processes import evaluate
from kdmcse.store.workspace import Workspace

FAQ = "question,answer\n" + "".join(
    f"where is the {colour} {thing}?,the {colour} {thing} is here\n" for colour in small.COLOURS for thing in small.THINGS[:3]
)  # fmt: skip


def letters(texts):
    """An honest small encoder: how often each letter occurs."""
    counts = np.array([[text.count(chr(c)) for c in range(97, 123)] for text in texts], dtype=np.float32) + 1e-3
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def with_faq(workspace, text=FAQ, **changed):
    files = small.pilot(workspace.path / "files", small.THINGS[:5])
    path = workspace.path / "files" / "faq.csv"
    path.write_text(text, encoding="utf-8")
    return data.import_dataset(workspace, name="with questions", **{**files, "faq": path, **changed})


# Questions and answers are a table of the dataset


def test_questions_are_imported_and_those_that_are_learnt_are_not_held_out(workspace):
    dataset = with_faq(workspace, FAQ + "RED MUG,it is a caption that is learnt\n,no question\n")
    assert list(dataset.faq.columns) == ["row", "question", "answer", "held_out"]
    assert dataset.counts["faq"] == 13 and dataset.counts["faq_usable"] == 12
    assert list(dataset.faq.loc[~dataset.faq["held_out"], "question"]) == ["RED MUG"]
    assert list(dataset.problems["code"]) == ["text_missing"]


def test_other_headers_are_understood_and_an_id_is_kept(workspace):
    dataset = with_faq(workspace, "番号,質問,回答\n7,色は何ですか,赤です\n")
    assert dataset.faq.iloc[0][["id", "question", "answer"]].tolist() == ["7", "色は何ですか", "赤です"]


def test_questions_alone_are_a_dataset(workspace):
    path = workspace.path / "faq.csv"
    path.write_text(FAQ)
    assert data.import_dataset(workspace, name="questions", faq=path).counts["faq_usable"] == 12


def test_a_dataset_without_questions_is_the_one_it_was(workspace):
    """Pinned before there were any; runs and prices hang on it."""
    dataset = small.dataset(workspace)
    assert dataset.fingerprint == "9e67377f69b4c647"
    assert dataset.faq is None and dataset.counts["faq"] == 0
    assert with_faq(workspace).fingerprint != dataset.fingerprint


# What an evaluation measures


def test_an_evaluation_measures_all_that_is_the_users_own(workspace, tmp_path):
    found = evaluate.evaluate(letters, with_faq(workspace), tmp_path / "evaluation", name="letters")
    known = benchmarks.scores(found)
    assert set(known) == {metric.name for metric in metrics.BENCHMARKS if metric.task != "public"}
    assert all(one.value is not None for one in known.values()), known
    assert known["probe_accuracy"].facts["label"] == "category" and benchmarks.labels(found) == ["category"]


@pytest.mark.parametrize(
    "metric", [one for one in metrics.BENCHMARKS if one.task != "public"], ids=lambda one: one.name
)
def test_the_rows_give_the_score_by_the_kind_of_its_metric(metric, workspace, tmp_path):
    from sklearn.metrics import average_precision_score

    found = evaluate.evaluate(letters, with_faq(workspace), tmp_path / "evaluation", name="letters")
    score, rows = benchmarks.score(found, metric.name), benchmarks.rows(found, metric.name)
    if metric.kind is None:
        assert rows is None
        return
    again = {
        "mean": lambda: rows["value"].mean(),
        "average_precision": lambda: average_precision_score(rows["gold"], rows["value"]),
    }[metric.kind]()
    assert again == pytest.approx(score.value, abs=1e-9)
    assert rows["row"].is_unique and rows["unit"].map(type).eq(str).all()
    assert ("gold" in rows) is (metric.kind != "mean")


def test_an_evaluation_without_pairs_or_decisions_says_what_is_missing(workspace, tmp_path):
    path = tmp_path / "faq.csv"
    path.write_text(FAQ)
    files = small.pilot(workspace.path / "files")
    dataset = data.import_dataset(workspace, name="judgements", sts=files["sts"])
    found = benchmarks.scores(evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters"))
    whys = {name: one.missing for name, one in found.items()}
    assert whys["alignment"] == "few_captions" and whys["duplicates_average_precision"] == "no_decisions"
    assert whys["faq_mrr_at_10"] == "no_faq" and whys["probe_accuracy"] == "no_label"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_metric_and_every_reason_has_words(language):
    said = i18n.sentences(language)
    for metric in metrics.BENCHMARKS:
        assert f"benchmarks.metric.{metric.name}" in said
    source = "".join(path.read_text() for path in Path(benchmarks.__file__).parent.glob("*.py"))
    for why in [key.split(".")[-1] for key in said if key.startswith("benchmarks.missing.")]:
        assert why == "not_measured" or f'"{why}"' in source, why


# What is kept


def test_scores_of_other_names_stay_when_some_are_kept_anew(tmp_path):
    table = pd.DataFrame({"row": [1, 2], "value": [0.0, 1.0], "unit": ["a", "b"]})
    keep(tmp_path, [Measured("one", Score(0.5, 2), table), missing("two", "no_faq", 0)])
    keep(tmp_path, [Measured("three", Score(0.5, 2), table.assign(gold=1.0))])
    keep(tmp_path, [Measured("one", Score(1.0, 2), table.assign(value=1.0))])
    found = evaluation.Evaluation(tmp_path, {}, None, None, None)
    assert {name: one.value for name, one in benchmarks.scores(found).items()} == {
        "one": 1.0,
        "two": None,
        "three": 0.5,
    }
    assert benchmarks.rows(found, "one")["value"].tolist() == [1.0, 1.0] and "gold" not in benchmarks.rows(found, "one")
    assert "gold" in benchmarks.rows(found, "three") and benchmarks.rows(found, "two") is None


@pytest.mark.parametrize(("value", "why"), [(None, None), (0.5, "no_faq"), (float("nan"), None)])
def test_a_score_is_a_number_or_missing_with_a_reason(value, why):
    with pytest.raises(ValueError, match="a number or missing"):
        Score(value, 1, why)


def test_a_metric_is_of_a_known_family_and_kind():
    with pytest.raises(ValueError):
        Metric("x", "other", "mean")
    with pytest.raises(ValueError):
        Metric("x", "geometry", "median")


def test_a_column_of_the_upload_is_a_label(workspace):
    files = small.pilot(workspace.path / "files", small.THINGS[:5])
    table = pd.read_csv(files["pairs"])
    table.assign(colour=table["group"].str.split("-").str[0]).to_csv(files["pairs"], index=False)
    dataset = data.import_dataset(workspace, name="coloured", **files)
    found = evaluate.evaluate(letters, dataset, workspace.runs / "r" / "evaluation", name="letters")
    encode = encoder.Vectors(letters).of
    keep(found.folder, [transfer.probe(encode, dataset.pairs, "colour")])
    assert benchmarks.labels(found) == ["category", "colour"]
    rows = benchmarks.rows(found, "probe_accuracy:colour")
    assert rows["value"].mean() == benchmarks.score(found, "probe_accuracy:colour").value
    classes = [benchmarks.score(found, name).facts["classes"] for name in ("probe_accuracy", "probe_accuracy:colour")]
    assert classes == [5, 4]
