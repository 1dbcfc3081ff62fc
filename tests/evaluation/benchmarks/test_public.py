"""Public tests: what is said of them is what mteb says, scores are mteb's and scipy's, and a local file never passes for the official data."""

from pathlib import Path

import mteb
import numpy as np
import pandas as pd
import pytest
from datasets import Dataset, DatasetDict
from mteb.abstasks.sts import AbsTaskSTS
from scipy.stats import spearmanr
from sklearn.metrics.pairwise import paired_cosine_distances

from kdmcse import metrics
from kdmcse.data.tables import clean
from kdmcse.errors import UserError
from kdmcse.evaluation import benchmarks
from kdmcse.evaluation import evaluation as evaluation_room
from kdmcse.evaluation.benchmarks import public
from kdmcse.evaluation.benchmarks.public import BENCHMARKS
from kdmcse.store.files import read_json
from kdmcse.store.workspace import Workspace

SHARED = Path(__file__).parents[4] / "shared" / "sts"
OF = {one.name: one for one in BENCHMARKS}
REAL = {"JSTS": "jsts_valid_ja.csv", "STSBenchmark": "stsb_dev_en.csv"}


def letters(texts):
    """An honest small encoder that knows no language: which characters, and which pairs of them, occur."""
    counts = np.full((len(texts), 256), 1e-3, dtype=np.float32)
    for row, text in enumerate(texts):
        for part in (*text, *map("".join, zip(text, text[1:], strict=False))):
            counts[row, sum(ord(c) * (i + 1) for i, c in enumerate(part)) % 256] += 1
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def diverged(texts):
    return np.full((len(texts), 4), np.nan, np.float32)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def put(workspace, name, rows, ending="csv"):
    path = public.local_folder(workspace) / f"{name}.{ending}"
    path.parent.mkdir(exist_ok=True)
    table = pd.DataFrame(rows, columns=["sentence1", "sentence2", "score"])
    if ending == "parquet":
        table.to_parquet(path)
    elif ending == "jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
    return path


ROWS = [
    ("a red mug", "a red cup", 4.5),
    ("a red mug", "an old lamp", 1),
    ("the cap", "the cap", 5),
    ("bag", "vase", 1.5),
]


def measure(encode, workspace, name="JSICK", **given):
    folder = workspace.runs / "run" / "yardsticks"
    return public.measure(encode, workspace, folder, OF[name], **{"hub": False, "name": "run", **given}), folder


# What is said of them


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda one: one.name)
def test_a_benchmark_is_what_mteb_says(benchmark):
    task = mteb.get_task(benchmark.name)
    told = task.metadata
    assert isinstance(task, AbsTaskSTS)
    assert told.languages == [{"en": "eng", "ja": "jpn"}[benchmark.language]]
    assert (told.license if told.license != "not specified" else None) == benchmark.licence
    assert told.dataset["revision"] == benchmark.revision and str(told.reference) == benchmark.reference
    assert told.main_score == "cosine_spearman" and len(told.eval_splits) == 1
    assert task.min_score <= benchmark.lowest and task.max_score == benchmark.highest


def test_the_nine_of_the_issue_are_there_in_the_order_of_their_metrics():
    names = [f"public_{one.name}" for one in BENCHMARKS]
    assert [metric.name for metric in metrics.BENCHMARKS if metric.task == "public"] == names and len(names) == 9


# Parity


def task_of(rows, name):
    """A task of mteb's own kind with these rows, under a name that is nobody's."""

    class Local(AbsTaskSTS):
        metadata = mteb.get_task(name).metadata.model_copy(
            update={
                "name": "LocalRows",
                "dataset": {"path": "local/rows", "revision": "local"},
                "eval_splits": ["test"],
            }
        )

        def load_data(self, num_proc=None, **kwargs):
            columns = {column: rows[column].tolist() for column in ("sentence1", "sentence2")}
            columns["score"] = rows["score"].astype(float).tolist()
            self.dataset = DatasetDict(test=Dataset.from_dict(columns))
            self.data_loaded = True

    task = Local()
    task.load_data()
    return task


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("name", REAL)
def test_scores_on_real_judgements_are_mtebs_and_scipys(name, workspace):
    if not (SHARED / REAL[name]).exists():
        pytest.skip("the judgements lie beside the project, and are absent here")
    rows = pd.read_csv(SHARED / REAL[name])
    rows = rows.assign(**{one: rows[one].map(clean) for one in ("sentence1", "sentence2")})  # as all text is kept
    put(workspace, name, rows)
    score, folder = measure(letters, workspace, name)
    theirs, table = public.official_scores(letters, task_of(rows, name), "letters")
    assert score.value == pytest.approx(theirs, abs=1e-6) and 0.2 < score.value < 1
    left, right = (letters(rows[column].tolist()) for column in ("sentence1", "sentence2"))
    scipys = spearmanr(1 - paired_cosine_distances(left, right), rows["score"]).statistic
    assert score.value == pytest.approx(scipys, abs=1e-9) and score.rows == len(rows)
    cosine = np.sum(left.astype(float) * right, axis=1)
    assert score.value == pytest.approx(spearmanr(cosine, rows["score"]).statistic, abs=2e-5), "but for ties"
    assert spearmanr(table["cosine"], table["gold"]).statistic == pytest.approx(theirs, abs=1e-6)
    kept = pd.read_parquet(folder / f"{name}.parquet")
    assert spearmanr(kept["cosine"], kept["gold"]).statistic == pytest.approx(score.value, abs=1e-12)


def test_rows_give_the_score_again(workspace):
    put(workspace, "JSICK", ROWS)
    score, folder = measure(letters, workspace)
    evaluation = evaluation_room.Evaluation(folder.parent / "evaluation", {}, None, None, None)
    rows = benchmarks.rows(evaluation, "public_JSICK")
    assert list(rows.columns) == ["row", "value", "unit", "gold"] and rows["unit"].is_unique
    assert spearmanr(rows["value"], rows["gold"]).statistic == pytest.approx(score.value)
    assert benchmarks.score(evaluation, "public_JSICK") == score
    assert benchmarks.rows(evaluation, "public_JSTS") is None and benchmarks.score(evaluation, "public_JSTS") is None


# Local files


@pytest.mark.parametrize("ending", public.FORMATS)
def test_a_local_file_is_measured_and_marked_as_such(workspace, ending):
    path = put(workspace, "JSICK", ROWS, ending)
    score, folder = measure(letters, workspace)
    assert score.value is not None and score.rows == 4
    assert score.facts["source"] == "local" and score.facts["file"] == path.name
    assert OF["JSICK"].revision not in (folder / "JSICK.json").read_text(), "never under the official revision"


def test_a_scale_that_begins_elsewhere_changes_no_score(workspace):
    put(workspace, "JSICK", ROWS)
    put(workspace, "JSTS", [(a, b, (score - 1) * 5 / 4) for a, b, score in ROWS])
    one, other = (measure(letters, workspace, name)[0].value for name in ("JSICK", "JSTS"))
    assert one == pytest.approx(other, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "value"), [("SICK-R", "0.5"), ("JSICK", "0"), ("JSTS", "5.1"), ("STS12", "high"), ("STS12", "")]
)
def test_scores_off_the_scale_of_the_test_are_refused_by_row(workspace, name, value):
    path = put(workspace, name, [*ROWS, ("x", "y", value)])
    with pytest.raises(UserError) as refused:
        public.read_local(path, OF[name])
    assert refused.value.code == "public_score_unusable" and refused.value.fields["row"] == 6
    score, folder = measure(letters, workspace, name)
    assert score.missing == "unusable_file" and score.facts["error"]["code"] == "public_score_unusable"
    assert not (folder / f"{name}.parquet").exists()


def test_a_file_without_the_columns_is_refused_and_other_names_are_understood(workspace):
    path = put(workspace, "JSTS", ROWS)
    path.write_text("文1,文2,類似度\nあ,い,3\nう,う,5\n", encoding="utf-8")
    assert list(public.read_local(path, OF["JSTS"])["gold"]) == [3, 5]
    path.write_text("left,score\na,1\n", encoding="utf-8")
    score, _ = measure(letters, workspace, "JSTS")
    assert score.missing == "unusable_file" and score.facts["error"]["code"] == "columns_missing"


@pytest.mark.parametrize(
    ("encode", "rows", "why"),
    [
        (diverged, ROWS, "not_finite"),
        (letters, [(a, b, 3) for a, b, _ in ROWS], "constant"),
        (letters, [("same", "same", score) for _, _, score in ROWS], "constant"),
        (letters, ROWS[:1], "constant"),
    ],
)
def test_what_has_no_correlation_is_missing_and_not_zero(workspace, encode, rows, why):
    put(workspace, "JSICK", rows)
    score, _ = measure(encode, workspace)
    assert score.value is None and score.missing == why


# What is here and what is not


def test_without_hub_and_file_it_is_not_available_and_a_score_of_before_stays(workspace):
    path = put(workspace, "JSICK", ROWS)
    _, folder = measure(letters, workspace)
    before = (folder / "JSICK.json").read_bytes()
    path.unlink()
    public.note_absent(workspace, folder, hub=False)
    assert (folder / "JSICK.json").read_bytes() == before
    found = benchmarks.scores(evaluation_room.Evaluation(folder.parent / "evaluation", {}, None, None, None))
    assert {one.missing for name, one in found.items() if name != "public_JSICK"} == {"not_available"}
    assert benchmarks.average(found) == (found["public_JSICK"].value, 1), "missing is not counted as 0"
    assert benchmarks.average({}) == (None, 0)


def test_only_what_is_new_is_measured(workspace):
    folder = workspace.runs / "run" / "yardsticks"
    assert public.to_measure(workspace, folder, hub=False) == []
    assert public.to_measure(workspace, folder, hub=True) == list(BENCHMARKS)
    put(workspace, "JSICK", ROWS)
    assert public.to_measure(workspace, folder, hub=False) == [OF["JSICK"]]
    measure(letters, workspace)
    assert public.to_measure(workspace, folder, hub=False) == []
    assert OF["JSICK"] in public.to_measure(workspace, folder, hub=True), "the official data is better"
    put(workspace, "JSICK", ROWS[:3])
    assert public.to_measure(workspace, folder, hub=False) == [OF["JSICK"]], "the file is another one now"


def test_a_hub_that_fails_leaves_a_local_file_or_a_reason(workspace, capsys):
    """The tests' hub is switched off, so mteb's download fails as it does without a network."""
    score, folder = measure(letters, workspace, hub=True)
    assert score.missing == "download_failed" and read_json(folder / "JSICK.json")["value"] is None
    put(workspace, "JSICK", ROWS)
    score, _ = measure(letters, workspace, hub=True)
    assert score.value is not None and score.facts["source"] == "local"
    assert "Traceback" in capsys.readouterr().err
