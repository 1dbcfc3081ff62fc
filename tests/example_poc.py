"""A small real proof of concept on disk: imported data, and runs with evaluations as the trainer leaves them."""

import dataclasses
import datetime
import functools
import shutil
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from PIL import Image
from scipy.stats import rankdata, spearmanr

from kdmcse import data
from kdmcse.config import BASELINE, TEXT_TEACHER, WITHOUT_IMAGES, WITHOUT_TEACHER, RunConfig, TrainingConfig
from kdmcse.cost import Prices
from kdmcse.criteria import criteria, locking
from kdmcse.engine.runs import Run, create
from kdmcse.i18n import Locale, plain_text
from kdmcse.presentation.results import result_sentences
from kdmcse.results.analysis import Analysis
from kdmcse.results.results import load_results
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

PRICES = Prices(currency="JPY", false_match=300, missed_match=1200, monthly_volume=20_000, base_rate=0.1)
STUDENT, TEACHER, READER = "students/small", "teachers/clip", "teachers/reader"
QUICKLY = mock.patch("os.fsync", lambda handle: None)
"""What a test only sets up need not survive a power cut."""
KINDS = ("mug", "plate", "lamp")
_KEPT = tempfile.TemporaryDirectory(prefix="kdmcse-kept-", ignore_cleanup_errors=True)
_EVALUATIONS: dict[tuple, Path] = {}


@QUICKLY
def import_example(workspace: Workspace, sources: Path, **given) -> data.PairDataset:
    """The dataset that `given` makes of `_import`, in this workspace; its files in `sources`."""
    made = _import(**given)
    shutil.copytree(made.folder.parents[2] / "sources", sources, dirs_exist_ok=True)
    folder = workspace.datasets / made.fingerprint
    if not folder.exists():
        shutil.copytree(made.folder, folder)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        write_json(folder / "manifest.json", made.manifest | {"created": now})
    return data.open_dataset(workspace, made.fingerprint)


@functools.cache
def _import(
    *,
    name="Shop",
    pairs=36,
    sts=60,
    decisions=120,
    synthetic=False,
    caption="{}",
    segments=(),
    amounts=(),
    amount_column="price",
    matches=3,
) -> data.PairDataset:
    """Imported once a process. A dataset with these many rows; `caption` is a pattern around each caption, `segments` and `amounts` (as text,
    in `amount_column`) those of the decisions, in turn; one of so many `matches` decisions is a match."""
    place = Path(tempfile.mkdtemp(dir=_KEPT.name))
    workspace, sources = Workspace(place / "workspace"), place / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    images = sources / "images"
    images.mkdir(exist_ok=True)
    rows = []
    for i in range(pairs):
        Image.new("RGB", (4, 4), (i % 256, i // 256, 40)).save(images / f"{i}.png")
        kind = KINDS[i % 3]
        split = "train" if i // 2 % 3 == 0 else "test"
        rows.append((f"{i}.png", caption.format(f"{kind} number {i}"), f"g{i // 2}", kind, split))
    rows.append(("lost.png", "its picture is missing", "g", KINDS[0], "train"))
    rows.append(("0.png", "", "g", KINDS[0], "train"))
    table = pd.DataFrame(rows, columns=["image", "caption", "group", "category", "split"])
    table.to_csv(sources / "pairs.csv", index=False)
    files = {"pairs": sources / "pairs.csv", "images": images}
    if sts:
        table = pd.DataFrame({"sentence1": [f"left {i}" for i in range(sts)], "sentence2": "right"})
        table.assign(score=[i % 6 for i in range(sts)]).to_csv(sources / "sts.csv", index=False)
        files["sts"] = sources / "sts.csv"
    if decisions:
        table = pd.DataFrame(
            {"text_a": [f"a {i}" for i in range(decisions)], "text_b": [f"b {i}" for i in range(decisions)]}
        )
        table = table.assign(match=[i % matches == 0 for i in range(decisions)])
        if segments:
            table["segment"] = [segments[i // 3 % len(segments)] for i in range(decisions)]
        if amounts:
            table[amount_column] = [amounts[i % len(amounts)] for i in range(decisions)]
        table.to_csv(sources / "decisions.csv", index=False)
        files["decisions"] = sources / "decisions.csv"
    return data.import_dataset(workspace, name=name, synthetic=synthetic, **files)


def config(dataset: data.PairDataset, method: str, seed: int = 0, **changes) -> RunConfig:
    teacher = None if method in WITHOUT_TEACHER else READER if method in TEXT_TEACHER else TEACHER
    base = RunConfig(dataset=dataset.fingerprint, method=method, student=STUDENT, teacher=teacher, seed=seed)
    return dataclasses.replace(base, **changes)


def finish(run: Run, status: str = "succeeded") -> Run:
    """What is left when the trainer has ended."""
    (run.folder / "ticket.json").unlink(missing_ok=True)
    write_json(run.folder / "outcome.json", {"status": status, "error": None, "seconds": 61.5})
    return run


def agreed(workspace: Workspace, dataset: data.PairDataset, **changes) -> locking.LockedCriteria:
    """What counts as success, locked by one person; `changes` are agreed otherwise than is proposed."""
    terms = criteria.default_criteria(dataset) | {"people": ("Aiko Mori",)} | changes
    return locking.lock(workspace, criteria.Criteria(**terms))


@QUICKLY
def evaluated(workspace: Workspace, dataset: data.PairDataset, config: RunConfig, spearman, *, separation=0.3) -> Run:
    """A run that has ended, with this STS Spearman; `separation` is how far its cosines of matches stand out.

    What counts as success is agreed on before, where nobody did.
    """
    if not locking.history(workspace, dataset.fingerprint):
        agreed(workspace, dataset)
    run = finish(create(workspace, config))
    measured = (dataset.fingerprint, config.method, config.seed, spearman, separation)
    if measured not in _EVALUATIONS:
        _EVALUATIONS[measured] = Path(tempfile.mkdtemp(dir=_KEPT.name))
        _evaluate(_EVALUATIONS[measured], dataset, config, spearman, separation)
    shutil.copytree(_EVALUATIONS[measured], run.folder / "evaluation", dirs_exist_ok=True)
    return run


def _evaluate(folder: Path, dataset: data.PairDataset, config: RunConfig, spearman, separation: float) -> None:
    """What an evaluation leaves, written once for all tests of a process."""
    rng = np.random.default_rng(config.seed)
    held_out = dataset.pairs[dataset.pairs["held_out"]]
    directions = ["caption_to_caption"] + ["caption_to_image"] * (config.method not in WITHOUT_IMAGES)
    scores = {"sts": None, "caption_to_caption": None, "caption_to_image": None}
    if dataset.sts is not None:
        judged = dataset.sts[dataset.sts["held_out"]]
        gold = judged["score"].to_numpy()
        cosine = _with_spearman(gold, spearman)
        reached = None if spearman is None else float(spearmanr(cosine, gold).statistic)
        scores["sts"] = {"spearman": reached, "pearson": reached, "pairs": len(judged)}
        table = pd.DataFrame({"row": judged["row"], "gold": gold, "cosine": cosine})
        table.to_parquet(folder / "sts.parquet", index=False)
    if len(held_out):
        tables = [_searched(held_out, config.seed).assign(direction=direction) for direction in directions]
        for direction, table in zip(directions, tables, strict=True):
            means = table.drop(columns=["direction", "pair", "rank"]).mean()
            scores[direction] = means.to_dict() | {"queries": len(table)}
        pd.concat(tables, ignore_index=True).to_parquet(folder / "retrieval.parquet", index=False)
    if dataset.decisions is not None:
        table = dataset.decisions.loc[dataset.decisions["held_out"], ["row", "match", "segment"]]
        cosine = rng.normal(0.3, 0.15, len(table)) + separation * table["match"]
        table.assign(cosine=cosine.clip(-1, 1)).to_parquet(folder / "decisions.parquet", index=False)
    centres = np.eye(len(KINDS), 12) * separation * 3
    kinds = pd.factorize(held_out.get("category", held_out["group"]))[0]
    vectors = rng.normal(0, 0.3, (len(held_out), 12)) + centres[kinds]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(folder / "embeddings.npy", vectors.astype(np.float32))
    write_json(folder / "scores.json", scores)


@functools.cache
def _places(gold: tuple[float, ...], spearman: float) -> np.ndarray:
    """(n,) places of the rows in an order whose Spearman correlation with gold is this, to a ten-thousandth."""
    rng, wanted = np.random.default_rng(0), np.sign(spearman) * np.asarray(gold)
    n, target, noise = len(gold), abs(spearman), rng.permutation(len(gold)) / len(gold)
    ranks = rankdata(wanted)
    slope = (ranks - ranks.mean()) / (n * ranks.std() * np.arange(n).std())  # places times this is their correlation
    low, high = 0.0, 1.0
    for _ in range(30):
        share = (low + high) / 2
        places = rankdata((1 - share) * ranks / n + share * noise, "ordinal")
        low, high = (share, high) if places @ slope > target else (low, share)
    reached = places @ slope
    for _ in range(2000):
        if abs(reached - target) < 1e-4:
            break
        i, j = rng.choice(n, 2, replace=False)
        swapped = reached + (places[i] - places[j]) * (slope[j] - slope[i])
        if abs(swapped - target) < abs(reached - target):
            places[i], places[j], reached = places[j], places[i], swapped
    return places


def _with_spearman(gold: np.ndarray, spearman: float | None) -> np.ndarray:
    """(n,) cosines; without a score they are all the same."""
    return np.full(len(gold), 0.5) if spearman is None else _places(tuple(gold), spearman) / (len(gold) + 1)


def _searched(held_out: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What every held-out caption found: more than half of them at once, some late; later seeds a little better."""
    rank = 1 + np.arange(len(held_out)) * 7 % (14 - seed) * (np.arange(len(held_out)) % 5 < 3)
    table = pd.DataFrame({"pair": held_out["pair"].to_numpy(), "rank": rank})
    for k in (1, 5, 10):
        table[f"recall_at_{k}"] = (rank <= k).astype(float)
    return table.assign(ndcg_at_10=np.where(rank <= 10, 1 / np.log2(rank + 1), 0))


def complete(
    workspace: Workspace, dataset: data.PairDataset, seeds=(0, 1, 2), *, training=None
) -> dict[str, list[Run]]:
    """Every method with every seed, evaluated: KDMCSE a little ahead of MCSE, far ahead of the untouched student."""
    runs = {BASELINE: [evaluated(workspace, dataset, config(dataset, BASELINE), 0.29, separation=0.08)]}
    for method, score, separation in (("simcse", 0.71, 0.2), ("mcse", 0.76, 0.3), ("kdmcse", 0.775, 0.4)):
        runs[method] = [
            evaluated(
                workspace,
                dataset,
                config(dataset, method, seed, training=training or TrainingConfig()),
                round(score + 0.005 * (seed - 1), 3),
                separation=separation,
            )
            for seed in seeds
        ]
    return runs


def analysed(workspace: Workspace, dataset: data.PairDataset | str, **given) -> Analysis:
    """What is stored of the dataset, loaded and ready to say what it comes to. given: as `load_results`."""
    fingerprint = dataset if isinstance(dataset, str) else dataset.fingerprint
    return Analysis(load_results(workspace, fingerprint, **given))


def seconds_of(function) -> float:
    """Of this process, the fastest of three goes: what else the machine does is not counted."""
    times = []
    for _ in range(3):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def sentence(found: Analysis, language: str) -> str:
    """All that page, report and shell say of the results, as the shell prints it."""
    t = Locale(language)
    return plain_text(t.join(result_sentences(t, found.results, found.verdicts(), found.costs())))
