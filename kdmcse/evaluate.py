"""Encoder -> Evaluation on held-out data: similarity through mteb, retrieval, scores of match decisions. Trains nothing, imports no trainer.

    runs/<id>/evaluation/  scores.json, sts.parquet, decisions.parquet, retrieval.parquet, embeddings.npy, yardsticks.json, yardsticks.parquet

Reading an evaluation is light; mteb and torch are imported only to make one.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kdmcse import data, yardsticks
from kdmcse.errors import UserError
from kdmcse.runs import Run
from kdmcse.workspace import read_json, write_file, write_json

if TYPE_CHECKING:
    from kdmcse.data import PairDataset

Encoder = Callable[[Sequence[str]], np.ndarray]
"""Texts -> (n, H) float32, unit length."""

CUTOFFS = (1, 5, 10)


@dataclass(frozen=True)
class Evaluation:
    """What was measured for one run, read from its folder."""

    folder: Path

    @cached_property
    def scores(self) -> dict[str, dict[str, Any] | None]:
        """`sts`, `caption_to_caption`, `caption_to_image`; None where there was nothing to measure on or with."""
        return read_json(self.folder / "scores.json")

    @cached_property
    def sts(self) -> pd.DataFrame | None:
        """row (of the dataset's STS pairs), gold (0 to 5), cosine"""
        return self._table("sts")

    @cached_property
    def decisions(self) -> pd.DataFrame | None:
        """row (of the dataset's decisions), match, segment, cosine"""
        return self._table("decisions")

    @cached_property
    def retrieval(self) -> pd.DataFrame | None:
        """direction, pair (the query), rank (of the first hit, from 1), and the measures of each query"""
        return self._table("retrieval")

    @property
    def embeddings(self) -> np.ndarray:
        """(held-out pairs, H) float32, unit length, in the order of `dataset.pairs[held_out]`."""
        return np.load(self.folder / "embeddings.npy")

    def _table(self, name: str) -> pd.DataFrame | None:
        path = self.folder / f"{name}.parquet"
        return pd.read_parquet(path) if path.exists() else None


def read_evaluation(run: Run) -> Evaluation | None:
    """None as long as the run was not evaluated."""
    folder = run.folder / "evaluation"
    return Evaluation(folder) if (folder / "scores.json").exists() else None


def evaluation_failure(run: Run) -> UserError | None:
    """Why the evaluation of a run failed, if it did."""
    failure = read_json(run.folder / "evaluation" / "failure.json")
    return UserError(failure["code"], **failure["fields"]) if failure else None


def evaluate_run(run: Run) -> Evaluation:
    """Encode with the run's student and measure everything the dataset allows; `scores.json` is written last."""
    from kdmcse import student

    if run.status not in ("succeeded",) and run.config.method != "baseline":
        raise UserError("no_student_yet", run=run.id, status=run.status)
    dataset = data.open_dataset(run.workspace, run.config.dataset)
    encoder = student.load(run.student)
    encoder.eval()
    cross_modal = None
    if (run.folder / "heads.safetensors").exists() and run.config.teacher:
        cross_modal = _cross_modal(run, dataset, encoder)
    return evaluate(
        lambda texts: student.encode(encoder, texts),
        dataset,
        run.folder / "evaluation",
        name=run.id,
        cross_modal=cross_modal,
    )


def evaluate(
    encode: Encoder,
    dataset: "PairDataset",
    folder: Path,
    *,
    name: str,
    cross_modal: tuple[np.ndarray, np.ndarray] | None = None,
) -> Evaluation:
    """Measure an encoder on what the dataset holds out, and keep the score of every pair.

    `cross_modal`: for the held-out pairs, captions (n, P) and pictures (n, P) in one space, unit length. UserError when nothing is held out.
    """
    pairs = dataset.pairs[dataset.pairs["held_out"]]
    sts = _held_out(dataset.sts)
    decisions = _held_out(dataset.decisions)
    if not len(pairs) and sts is None and decisions is None:
        if leaks := dataset.counts["leaks"]:
            raise UserError("everything_leaks", dataset=dataset.name, leaks=leaks)
        raise UserError("nothing_to_evaluate", dataset=dataset.name)
    vectors = Vectors(encode)
    vectors.know(pairs["caption"])
    scores: dict[str, Any] = {"sts": None, "caption_to_caption": None, "caption_to_image": None}
    if sts is not None:
        vectors.know(pd.concat([sts["sentence1"], sts["sentence2"]]))
        cosine = vectors.cosines(sts["sentence1"], sts["sentence2"])
        scores["sts"] = similarity_scores(vectors, sts, name) | {"pairs": len(sts)}
        _keep(folder, "sts", pd.DataFrame({"row": sts["row"], "gold": sts["score"], "cosine": cosine}))
    judged = None
    if decisions is not None:
        vectors.know(pd.concat([decisions["text_a"], decisions["text_b"]]))
        cosine = vectors.cosines(decisions["text_a"], decisions["text_b"])
        judged = decisions[[column for column in ("row", "match", "segment") if column in decisions]].assign(
            cosine=cosine
        )
        _keep(folder, "decisions", judged)
    embeddings = vectors.of(pairs["caption"])
    measured = []
    if len(pairs):
        relevant, candidates = _same_group(pairs)
        measured.append(("caption_to_caption", search(embeddings, embeddings, relevant, candidates)))
        if cross_modal is not None:
            captions, pictures = cross_modal
            own, shown = _own_picture(pairs)
            measured.append(("caption_to_image", search(captions, pictures, own, shown)))
    tables = []
    for direction, table in measured:
        if len(table):
            means = table.drop(columns=["query", "rank"]).mean()
            scores[direction] = {key: float(value) for key, value in means.items()} | {"queries": len(table)}
            pair = pairs["pair"].to_numpy()[table["query"]]
            tables.append(table.drop(columns="query").assign(direction=direction, pair=pair))
    if tables:
        _keep(folder, "retrieval", pd.concat(tables, ignore_index=True))
    write_file(folder / "embeddings.npy", lambda path: np.save(path, embeddings.astype(np.float32)))
    yardsticks.measure(vectors.of, dataset, folder, embeddings=embeddings, decisions=judged)
    (folder / "failure.json").unlink(missing_ok=True)
    write_json(folder / "scores.json", scores)
    return Evaluation(folder)


def similarity_scores(vectors: "Vectors", sts: pd.DataFrame, name: str) -> dict[str, float | None]:
    """Spearman and Pearson of cosine against gold, by mteb. None where they are undefined (fewer than two pairs, a constant)."""
    if len(sts) < 2 or sts["score"].nunique() < 2:
        return {"spearman": None, "pearson": None}
    import mteb
    from datasets import Dataset, DatasetDict
    from mteb.abstasks.sts import AbsTaskSTS
    from mteb.abstasks.task_metadata import TaskMetadata

    rows = {column: sts[column].tolist() for column in ("sentence1", "sentence2", "score")}

    class InDomainSTS(AbsTaskSTS):
        metadata = TaskMetadata(
            name="InDomainSTS",
            description="Similarity judgements of the user's own domain",
            dataset={"path": "local/in-domain-sts", "revision": "local"},
            type="STS",
            category="t2t",
            modalities=["text"],
            eval_splits=["test"],
            eval_langs=["eng-Latn"],
            main_score="cosine_spearman",
            is_public=False,
        )

        def load_data(self, num_proc: int | None = None, **kwargs: Any) -> None:
            self.dataset = {"default": DatasetDict(test=Dataset.from_dict(rows))}
            self.data_loaded = True

    logging.getLogger("mteb").setLevel(logging.ERROR)
    result = mteb.evaluate(
        MtebEncoder(vectors, name), InDomainSTS(), cache=None, co2_tracker=False, show_progress_bar=False
    )
    found = result.task_results[0].scores["test"][0]
    return {measure: _or_none(found[f"cosine_{measure}"]) for measure in ("spearman", "pearson")}


class Vectors:
    """Every distinct text encoded once."""

    def __init__(self, encode: Encoder) -> None:
        self._encode = encode
        self._rows: dict[str, np.ndarray] = {}

    def know(self, texts: Sequence[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._rows |= zip(new, self._encode(new), strict=True)

    def of(self, texts: Sequence[str]) -> np.ndarray:
        texts = list(texts)
        self.know(texts)
        return np.stack([self._rows[text] for text in texts]) if texts else np.zeros((0, 0), np.float32)

    def cosines(self, left: Sequence[str], right: Sequence[str]) -> np.ndarray:
        return np.sum(self.of(left).astype(np.float64) * self.of(right), axis=1)


class MtebEncoder:
    """The form in which mteb asks for vectors: batches of a data loader, and a name under which nothing else is kept."""

    def __init__(self, vectors: Vectors, name: str) -> None:
        from mteb.models.model_meta import ModelMeta

        self._vectors = vectors
        self.mteb_model_meta = ModelMeta.create_empty({"name": f"local/{name}", "revision": name})

    def encode(self, inputs, **kwargs: Any) -> np.ndarray:
        return self._vectors.of([text for batch in inputs for text in batch["text"]])

    def similarity(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left @ right.T

    def similarity_pairwise(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.sum(left * right, axis=1)


def _cross_modal(run: Run, dataset: "PairDataset", encoder) -> tuple[np.ndarray, np.ndarray]:
    from kdmcse import student, teacher

    features = teacher.embed(run.workspace, run.config.teacher, dataset)
    heads = student.CrossModalHeads(run.folder / "heads.safetensors")
    held_out = np.flatnonzero(dataset.pairs["held_out"])
    captions = list(dataset.pairs["caption"].iloc[held_out])
    pictures = features.image(held_out)
    if run.config.training.teacher_length == "unit":
        pictures = teacher.unit(pictures)
    return heads.sentences(student.encode_pooled(encoder, captions)), heads.images(pictures)


def _same_group(pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Other captions of the same group are right; the same words again are neither right nor wrong."""
    group, caption = pairs["group"].to_numpy(), pairs["caption"].to_numpy()
    candidates = caption[:, None] != caption[None, :]
    return (group[:, None] == group[None, :]) & candidates, candidates


def _own_picture(pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """A caption's own picture is right; a picture that several pairs share counts once."""
    image = pairs["image"].to_numpy()
    first = ~pairs["image"].duplicated().to_numpy()
    candidates = np.broadcast_to(first[None, :], (len(pairs), len(pairs)))
    return (image[:, None] == image[None, :]) & candidates, candidates


def search(queries: np.ndarray, documents: np.ndarray, relevant: np.ndarray, candidates: np.ndarray) -> pd.DataFrame:
    """One row a query that has something to find: recall at each cutoff, nDCG at 10 (binary gains), rank of the first hit.

    queries (n, W), documents (m, W), relevant and candidates (n, m). Ties are ordered by the document's place, as in a stable sort.
    """
    cosine = np.where(candidates, queries @ documents.T, -np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")
    hits = np.take_along_axis(relevant, order, axis=1)
    found = hits.sum(axis=1)
    asked = np.flatnonzero(found)
    hits, found = hits[asked], found[asked]
    table = {"query": asked, "rank": hits.argmax(axis=1) + 1 if len(asked) else asked}
    for k in CUTOFFS:
        table[f"recall_at_{k}"] = hits[:, :k].sum(axis=1) / found
    gains = 1 / np.log2(np.arange(2, CUTOFFS[-1] + 2))
    ideal = np.cumsum(gains)[np.minimum(found, CUTOFFS[-1]) - 1]
    table[f"ndcg_at_{CUTOFFS[-1]}"] = hits[:, : CUTOFFS[-1]] @ gains[: hits.shape[1]] / ideal
    return pd.DataFrame(table)


def _held_out(table: pd.DataFrame | None) -> pd.DataFrame | None:
    kept = None if table is None else table[table["held_out"]]
    return kept if kept is not None and len(kept) else None


def _keep(folder: Path, name: str, table: pd.DataFrame) -> None:
    write_file(folder / f"{name}.parquet", lambda path: table.to_parquet(path, index=False))


def _or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
