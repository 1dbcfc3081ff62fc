"""A run's student -> its Evaluation on held-out data: similarity, retrieval, scores of match decisions, benchmarks. Trains nothing.

mteb and torch are imported only to measure.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kdmcse import data
from kdmcse.config import BASELINE, WITHOUT_IMAGES
from kdmcse.data import PairDataset
from kdmcse.data.dataset import nothing_held_out
from kdmcse.data.splits import training_rows
from kdmcse.engine.runs import Run, state
from kdmcse.errors import UserError
from kdmcse.evaluation import benchmarks
from kdmcse.evaluation.encoder import Encoder, Vectors
from kdmcse.evaluation.evaluation import Evaluation, load_evaluation
from kdmcse.evaluation.retrieval import FOUND, own_image, same_group, search
from kdmcse.evaluation.similarity import similarity_scores
from kdmcse.processes import choose
from kdmcse.store.files import write_file, write_json


def evaluate_run(run: Run) -> Evaluation:
    """Encode with the run's student and measure everything the dataset allows; `scores.json` is written last."""
    from kdmcse.models import student

    if run.status != "succeeded" and run.config.method != BASELINE:
        raise UserError("no_student_yet", run=run.id, status=run.status, state=state(run.status))
    dataset = data.open_dataset(run.workspace, run.config.dataset)
    encoder = student.load(run.student, prompt=run.config.training.prompt)
    encoder.eval()
    cross_modal = None
    if (run.folder / "heads.safetensors").exists() and run.config.method not in WITHOUT_IMAGES:
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
    dataset: PairDataset,
    folder: Path,
    *,
    name: str,
    cross_modal: tuple[np.ndarray, np.ndarray] | None = None,
) -> Evaluation:
    """Measure an encoder on what the dataset holds out, and keep the score of every pair.

    `cross_modal`: for the held-out pairs, captions (n, P) and images (n, P) in one space, unit length. UserError when nothing is held out.
    """
    pairs = dataset.pairs.assign(words=dataset.words)[dataset.pairs["held_out"]]
    sts = _held_out(dataset.sts)
    decisions = _held_out(dataset.decisions)
    if not len(pairs) and sts is None and decisions is None:
        raise nothing_held_out(dataset)
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
        right, left_out = same_group(pairs)
        measured.append(("caption_to_caption", search(embeddings, embeddings, right, left_out)))
        if cross_modal is not None:
            captions, images = cross_modal
            shown, own = own_image(pairs)
            found = search(captions, images[shown], own, keep=len(FOUND))
            _keep(folder, "found_images", _found_images(found, pairs, shown))
            measured.append(("caption_to_image", found.drop(columns=[*FOUND])))
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
    benchmarks.measure(vectors.of, dataset, folder, embeddings=embeddings, decisions=judged)
    (folder / "failure.json").unlink(missing_ok=True)
    write_json(folder / "scores.json", scores)
    return load_evaluation(folder)


def _cross_modal(run: Run, dataset: PairDataset, encoder) -> tuple[np.ndarray, np.ndarray]:
    from kdmcse.models import student, teacher_features
    from kdmcse.training.prepare import calibrated

    settings = choose.settled(run).training
    features = teacher_features.embed(run.workspace, run.config.teacher, dataset)
    features = calibrated(features, settings, training_rows(dataset.pairs, settings.data_share, run.config.seed))
    heads = student.CrossModalHeads(run.folder / "heads.safetensors")
    held_out = np.flatnonzero(dataset.pairs["held_out"])
    captions = list(dataset.pairs["caption"].iloc[held_out])
    images = features.image(held_out)
    if settings.teacher_length == "unit":
        images = teacher_features.unit(images)
    return heads.sentences(student.encode_pooled(encoder, captions)), heads.images(images)


def _found_images(found: pd.DataFrame, pairs: pd.DataFrame, shown: np.ndarray) -> pd.DataFrame:
    """pair (the query), `FOUND` (pairs whose image was found, -1 where there are no more)."""
    pair = pairs["pair"].to_numpy()
    places = found[[*FOUND]].to_numpy()
    table = pd.DataFrame(np.where(places < 0, -1, pair[shown[places]]), columns=[*FOUND])
    return table.assign(pair=pair[found["query"]])


def _held_out(table: pd.DataFrame | None) -> pd.DataFrame | None:
    kept = None if table is None else table[table["held_out"]]
    return kept if kept is not None and len(kept) else None


def _keep(folder: Path, name: str, table: pd.DataFrame) -> None:
    write_file(folder / f"{name}.parquet", lambda path: table.to_parquet(path, index=False))
