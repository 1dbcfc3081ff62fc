"""Scores are those of the libraries, on held-out data only, and what cannot be measured is missing."""

import numpy as np
import pytest
import small
from example_datasets import import_pilot, pilot
from scipy.stats import pearsonr, spearmanr

from kdmcse.data import open_dataset
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import read_embeddings
from kdmcse.processes import evaluate
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace


@pytest.fixture
def dataset(tmp_path):
    return small.dataset(Workspace(tmp_path / "workspace"))


def letters(texts):
    """An honest small encoder: how often each letter occurs."""
    counts = np.array([[text.count(chr(c)) for c in range(97, 123)] for text in texts], dtype=np.float32) + 1e-3
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def test_similarity_is_what_scipy_says(dataset, tmp_path):
    found = evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters")
    table = found.sts
    assert found.scores["sts"]["spearman"] == pytest.approx(
        spearmanr(table["gold"], table["cosine"]).statistic, abs=1e-6
    )
    assert found.scores["sts"]["pearson"] == pytest.approx(pearsonr(table["gold"], table["cosine"]).statistic, abs=1e-6)
    first = dataset.sts.iloc[0]
    expected = letters([first["sentence1"]])[0] @ letters([first["sentence2"]])[0]
    assert table["cosine"].iloc[0] == pytest.approx(expected, abs=1e-6)


def test_only_held_out_rows_are_measured(dataset, tmp_path):
    dataset.sts.loc[0:4, "held_out"] = False
    dataset.decisions.loc[0:2, "held_out"] = False
    found = evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters")
    assert list(found.sts["row"]) == list(dataset.sts["row"][5:])
    assert list(found.decisions["row"]) == list(dataset.decisions["row"][3:])
    assert len(read_embeddings(found)) == dataset.pairs["held_out"].sum()
    assert found.scores["sts"]["pairs"] == len(dataset.sts) - 5


def test_what_cannot_be_measured_is_missing_and_not_zero(dataset, tmp_path):
    dataset.sts["score"] = 3.0
    found = evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters")
    assert found.scores["sts"]["spearman"] is None
    assert found.scores["caption_to_image"] is None


def test_captions_in_other_case_or_width_are_the_same_words_as_those_of_their_group(tmp_path):
    captions = ["a red cap", "A red ＣＡＰ.", "a blue mug", "a mug in blue"]
    frame = pilot(groups=2, each=2).assign(caption=captions, product=["cap", "cap", "mug", "mug"], split="test")
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_pilot(workspace, tmp_path, frame)
    found = evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters").retrieval
    pairs = found.loc[found["direction"] == "caption_to_caption", "pair"]
    assert set(pairs) == {2, 3}, "nothing else is to be found for the cap"
    stored = read_json(dataset.folder / "manifest.json")
    del stored["same_words"]  # as an earlier version left it
    write_json(dataset.folder / "manifest.json", stored)
    earlier = open_dataset(workspace, dataset.fingerprint)
    found = evaluate.evaluate(letters, earlier, tmp_path / "earlier", name="letters").retrieval
    assert set(found.loc[found["direction"] == "caption_to_caption", "pair"]) == {0, 1, 2, 3}, (
        "as all of its scores are"
    )


def test_a_dataset_with_nothing_held_out_is_refused(dataset, tmp_path):
    for table in (dataset.pairs, dataset.sts, dataset.decisions):
        table["held_out"] = False
    with pytest.raises(UserError) as refused:
        evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters")
    assert refused.value.code == "nothing_to_evaluate"


def test_captions_find_their_images_when_both_are_in_one_space(dataset, tmp_path):
    n = int(dataset.pairs["held_out"].sum())
    same = np.eye(n, dtype=np.float32)
    found = evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters", cross_modal=(same, same))
    assert found.scores["caption_to_image"]["recall_at_1"] == 1
    assert found.scores["caption_to_image"]["queries"] == n
    kept = found.retrieval
    assert set(kept["direction"]) == {"caption_to_caption", "caption_to_image"}
    assert set(kept["pair"]) <= set(dataset.pairs["pair"][dataset.pairs["held_out"]])


@pytest.mark.slow
def test_reading_an_evaluation_loads_nothing_heavy():
    import subprocess
    import sys

    code = "import sys, kdmcse.processes.evaluate; sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'mteb')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
