"""Public similarity tests: mteb's own task where the hub can be reached, else a local file, else missing. Light to import.

A local file is <workspace>/public/<name>.csv, .tsv, .parquet or .jsonl with sentence1, sentence2, score. Nobody knows whether it is
the official data, so its score never carries the official revision.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kdmcse import data
from kdmcse.data.columns import map_columns
from kdmcse.errors import UserError
from kdmcse.evaluation.benchmark_scores import Score, keep_public
from kdmcse.evaluation.encoder import Encoder, MtebEncoder, Vectors
from kdmcse.metrics import PUBLIC_STS
from kdmcse.store.files import read_json, sha256_of
from kdmcse.store.workspace import Workspace

if TYPE_CHECKING:
    from mteb.abstasks.sts import AbsTaskSTS

FORMATS = ("csv", "tsv", "parquet", "jsonl")


@dataclass(frozen=True)
class Benchmark:
    """A public test as mteb 2.26 describes it; a test compares every field with mteb, which is too slow to ask on a page."""

    name: str
    language: str
    """`en` or `ja`"""
    licence: str | None
    """None where its authors name none"""
    revision: str
    """of the data on the hub"""
    reference: str
    """where it is described"""
    lowest: float = 0.0
    highest: float = 5.0
    """the scale of its scores"""

    def __post_init__(self) -> None:
        if self.name not in PUBLIC_STS or self.language not in ("en", "ja"):
            raise ValueError(f"{self.name} {self.language}")


BENCHMARKS = (
    Benchmark("STS12", "en", None, "a0d554a64d88156834ff5ae9920b964011b16384", "https://www.aclweb.org/anthology/S12-1051.pdf"),
    Benchmark("STS13", "en", None, "7e90230a92c190f1bf69ae9002b8cea547a64cca", "https://www.aclweb.org/anthology/S13-1004/"),
    Benchmark("STS14", "en", None, "6031580fec1f6af667f0bd2da0a551cf4f0b2375", "https://www.aclweb.org/anthology/S14-1002"),
    Benchmark("STS15", "en", None, "ae752c7c21bf194d8b67fd573edf7ae58183cbe3", "https://www.aclweb.org/anthology/S15-2010"),
    Benchmark("STS16", "en", None, "4d8694f8f0e0100860b497b999b3dbed754a0513", "https://www.aclweb.org/anthology/S16-1001"),
    Benchmark("STSBenchmark", "en", None, "b0fddb56ed78048fa8b90373c8a3cfc37b684831", "https://github.com/PhilipMay/stsb-multi-mt/"),
    # mteb says 0 to 5; its judges scored from 1 to 5 (Marelli et al. 2014).
    Benchmark(
        "SICK-R", "en", "cc-by-nc-sa-3.0", "20a6d6f312dd54037fe07a32d58e5e168867909d", "https://aclanthology.org/L14-1314/", lowest=1.0
    ),
    Benchmark(
        "JSTS", "ja", "cc-by-sa-4.0", "5bac629e25799df4c9c80a6a5db983d6cba9e77d", "https://aclanthology.org/2022.lrec-1.317.pdf#page=2.00"
    ),
    Benchmark(
        "JSICK", "ja", "cc-by-4.0", "729cfe4a16d3c2b61c6aa9f9f6c8a96bb5512868", "https://github.com/sbintuitions/JMTEB", lowest=1.0
    ),
)  # fmt: skip
"""In the order of `metrics.PUBLIC_STS`."""


def local_folder(workspace: Workspace) -> Path:
    """Where files of benchmarks may be put."""
    return workspace.path / "public"


def local_file(workspace: Workspace, name: str) -> Path | None:
    """The file that was put there for a benchmark, or None."""
    paths = (local_folder(workspace) / f"{name}.{ending}" for ending in FORMATS)
    return next((path for path in paths if path.is_file()), None)


def to_measure(workspace: Workspace, folder: Path, *, hub: bool) -> list[Benchmark]:
    """What can be measured here and has not been. folder: a run's public scores; hub: whether it can be reached."""
    return [one for one in BENCHMARKS if _can_be_had(workspace, one, hub) and not _is_kept(workspace, folder, one, hub)]


def note_absent(workspace: Workspace, folder: Path, *, hub: bool) -> None:
    """Write down which benchmarks cannot be had here; a score of before stays."""
    for one in BENCHMARKS:
        kept = read_json(folder / f"{one.name}.json")
        if not _can_be_had(workspace, one, hub) and (kept is None or kept["value"] is None):
            keep_public(folder, one.name, Score(None, 0, "not_available"), None)


def _can_be_had(workspace: Workspace, benchmark: Benchmark, hub: bool) -> bool:
    return hub or local_file(workspace, benchmark.name) is not None


def _is_kept(workspace: Workspace, folder: Path, benchmark: Benchmark, hub: bool) -> bool:
    facts = (read_json(folder / f"{benchmark.name}.json") or {}).get("facts", {})
    if facts.get("source") == "hub" or hub:
        return facts.get("revision") == benchmark.revision
    return facts.get("sha256") == sha256_of(local_file(workspace, benchmark.name))


def measure(
    encode: Encoder, workspace: Workspace, folder: Path, benchmark: Benchmark, *, hub: bool, name: str
) -> Score:
    """Score a model on a benchmark and keep it with the cosine of every pair in `folder`. `name`: of the model, for mteb.

    Only for what `to_measure` names. Where the hub does not give the data, a local file is taken; the reason is kept where that
    cannot be used either.
    """
    score, table = None, None
    if hub:
        try:
            score, table = _official(encode, benchmark, name)
        except Exception:  # mteb, datasets and the network raise whatever they like
            traceback.print_exc()
    path = local_file(workspace, benchmark.name)
    if score is None and path is not None:
        facts: dict[str, Any] = {"source": "local", "file": path.name, "sha256": sha256_of(path)}
        try:
            table = read_local(path, benchmark)
        except UserError as error:
            score = Score(None, 0, "unusable_file", facts | {"error": error.to_dict()})
        else:
            cosine = cosines(encode, table["sentence1"], table["sentence2"])
            table = table[["row", "gold"]].assign(cosine=cosine)
            score = _scored(table, facts)
    elif score is None:
        score = Score(None, 0, "download_failed")
    keep_public(folder, benchmark.name, score, table if score.value is not None else None)
    return score


def read_local(path: Path, benchmark: Benchmark) -> pd.DataFrame:
    """row (its place, from 0, as in the official data), sentence1, sentence2, gold.

    UserError where it is no table of such rows, or a score is off the benchmark's scale.
    """
    table = data.read_table(path)
    columns = map_columns("sts", list(table.columns), {}, path.name)
    gold = pd.to_numeric(table[columns["score"]], errors="coerce")
    off = ~gold.between(benchmark.lowest, benchmark.highest)
    if off.any():
        row = off.idxmax()
        raise UserError(
            "public_score_unusable", file=path.name, row=row, value=table.at[row, columns["score"]][:80],
            low=f"{benchmark.lowest:g}", high=f"{benchmark.highest:g}",
        )  # fmt: skip
    sentences = {name: table[columns[name]].tolist() for name in ("sentence1", "sentence2")}
    return pd.DataFrame({"row": range(len(table)), **sentences, "gold": gold.tolist()})


def cosines(encode: Encoder, left: Sequence[str], right: Sequence[str]) -> np.ndarray:
    """(n,), NaN where a vector is none. Computed as mteb does: another rounding breaks ties in another way, 1e-5 of Spearman."""
    from sklearn.metrics.pairwise import paired_cosine_distances

    vectors = Vectors(encode)
    vectors.know([*left, *right])
    left, right = vectors.of(left), vectors.of(right)
    known = np.isfinite(left).all(axis=1) & np.isfinite(right).all(axis=1)
    values = np.full(len(left), np.nan)
    if known.any():
        values[known] = 1 - paired_cosine_distances(left[known], right[known])
    return values


def official_scores(encode: Encoder, task: "AbsTaskSTS", name: str) -> tuple[float, pd.DataFrame]:
    """What mteb gives a model on a task whose data is loaded, and row, gold and cosine of every pair. `name`: of the model."""
    import mteb

    (split,) = task.metadata.eval_splits
    rows = task.dataset.get("default", task.dataset)[split]
    left, right = (list(rows[column]) for column in task.column_names)
    vectors = Vectors(encode)
    vectors.know([*left, *right])
    table = pd.DataFrame({"row": range(len(left)), "gold": rows["score"], "cosine": cosines(vectors.of, left, right)})
    result = mteb.evaluate(MtebEncoder(vectors, name), task, cache=None, co2_tracker=False, show_progress_bar=False)
    return float(result.task_results[0].scores[split][0]["cosine_spearman"]), table


def _official(encode: Encoder, benchmark: Benchmark, name: str) -> tuple[Score, pd.DataFrame]:
    import mteb

    task = mteb.get_task(benchmark.name)
    task.load_data()
    theirs, table = official_scores(encode, task, name)
    facts = {"source": "hub", "revision": task.metadata.dataset["revision"], "mteb_spearman": theirs}
    return _scored(table, facts), table


def _scored(table: pd.DataFrame, facts: dict[str, Any]) -> Score:
    """Spearman of cosine and gold, which no scale of the scores changes."""
    from scipy.stats import spearmanr

    if not np.isfinite(table["cosine"]).all():
        return Score(None, len(table), "not_finite", facts)
    if len(table) < 2 or table["gold"].nunique() < 2 or table["cosine"].nunique() < 2:
        return Score(None, len(table), "constant", facts)
    return Score(float(spearmanr(table["cosine"], table["gold"]).statistic), len(table), facts=facts)
