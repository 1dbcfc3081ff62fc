"""The whole comparison on a folder of real data, recipe by recipe. What was trained and measured before is not done again.

    DIR/  pairs.csv (image, caption, split), teacher.parquet (the teacher's vectors), sts.csv (0 to 5, with group and split),
          and where there are any texts.txt, image_caption_judgements.csv, image_image_judgements.csv

Every setting that a recipe leaves open may be chosen by the dev judgements; the test judgements are looked at once, at the end.
"""

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from kdmcse import data, stats
from kdmcse.config import BASELINE, CALIBRATED, RECOMMENDED, TEXT_TEACHER, WITHOUT_TEACHER, RunConfig
from kdmcse.data import PairDataset
from kdmcse.data.sharing import shared
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import read_evaluation
from kdmcse.models import references, teacher_features
from kdmcse.processes import launch, tune
from kdmcse.results.intervals import Intervals
from kdmcse.results.real_data import Scored
from kdmcse.results.results import EvaluatedRun, Results, load_results
from kdmcse.store.files import read_table, write_file
from kdmcse.store.workspace import Workspace

FILES = {
    "pairs": "pairs.csv",
    "sts": "sts.csv",
    "texts": "texts.txt",
    "image_caption": "image_caption_judgements.csv",
    "image_image": "image_image_judgements.csv",
}
NEEDED = ("pairs", "sts")
TEACHER = "teacher.parquet"
START = dataclasses.replace(RECOMMENDED, epochs=5, learning_rate=2e-5, max_length=48)
"""What every recipe begins with."""
_TEXTS = {"left_out": {"texts": "left_out"}, "mixed": {"texts": "mixed", "epochs": 1}}
"""Once through the sentences without images: there are many, and every epoch of them is some hundred steps."""
_MARGIN = {"sentence_margin_radians": 0.15}
_DENSE = {"batches": "dense"}
RECIPES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("simcse", "simcse", {}),
    ("simcse_margin", "simcse_margin", _MARGIN),
    ("mcse", "mcse", {}),
    ("kdmcse_published", "kdmcse", _MARGIN),
    ("kdmcse_calibrated", "kdmcse", CALIBRATED),
    ("gist", "gist", {}),
    ("dalr", "dalr", {}),
    ("rankcse", "rankcse", {}),
    ("mcse_dense", "mcse", _DENSE),
    ("kdmcse_published_dense", "kdmcse", _MARGIN | _DENSE),
    ("kdmcse_calibrated_dense", "kdmcse", CALIBRATED | _DENSE),
)
"""Name, method, and the settings in which it differs from `START`."""
METRIC = "sts_spearman"


@dataclass(frozen=True)
class Entry:
    """A row of the comparison: a recipe, with the sentences without images or without, and its runs, one a seed."""

    name: str
    """of `RECIPES`, or `baseline`"""
    texts: str
    """`mixed` or `left_out`, as in the settings; `chosen` by the dev judgements"""
    runs: tuple[Run, ...]

    @property
    def method(self) -> str:
        return self.runs[0].config.method

    @property
    def batches(self) -> str:
        return self.runs[0].config.training.batches


def import_folder(workspace: Workspace, folder: Path) -> PairDataset:
    """UserError `file_missing` for one that the comparison cannot do without."""
    for name in (*(FILES[kind] for kind in NEEDED), TEACHER):
        if not (folder / name).is_file():
            raise UserError("file_missing", file=folder / name)
    files = {kind: folder / name for kind, name in FILES.items() if (folder / name).is_file()}
    return data.import_dataset(workspace, name=folder.resolve().name, **files)


def recipes_of(names: Collection[str] | None, text_teacher: str | None) -> list[tuple[str, str, dict[str, Any]]]:
    """Those of `RECIPES` with these names, None for all; without a text teacher not the one that ranks by it. UserError for an unknown name."""
    known = [name for name, _, _ in RECIPES]
    if unknown := [name for name in names or () if name not in known]:
        raise UserError("comparison_unknown", name=unknown[0], known=tuple(known))
    asked = [recipe for recipe in RECIPES if names is None or recipe[0] in names]
    return [recipe for recipe in asked if text_teacher or recipe[1] not in TEXT_TEACHER]


def start(
    workspace: Workspace,
    dataset: PairDataset,
    folder: Path,
    *,
    student: str,
    text_teacher: str | None = None,
    seeds: Sequence[int],
    settled_by: str = "hand",
    recipes: Collection[str] | None = None,
) -> list[Entry]:
    """Queue every recipe, seed by seed, with and without the sentences without images where there are any, and have what is missing worked on.

    recipes: as `recipes_of` takes them. settled_by: `hand`, or `dev` for settings, the use of those sentences among them, that the dev
    judgements choose for each recipe. UserError as `launch.start_training`, and as `recipes_of`.
    """
    wanted = recipes_of(recipes, text_teacher)
    teacher = str((folder / TEACHER).resolve())
    student, text_teacher = references.absolute(student), text_teacher and references.absolute(text_teacher)
    references.require(student, "student")
    teacher_features.require(workspace, teacher, dataset)
    if text_teacher:
        references.require(text_teacher, "teacher")
    if any(method in TEXT_TEACHER for _, method, _ in wanted):
        teacher_features.require_texts(text_teacher, dataset, mixed=True)
    teachers = dict.fromkeys(WITHOUT_TEACHER) | dict.fromkeys(TEXT_TEACHER, text_teacher)
    kinds = _TEXTS if dataset.texts is not None else {"left_out": _TEXTS["left_out"]}
    if settled_by == "dev":
        tune.require_dev(dataset)
        kinds = {"chosen": {"texts": "left_out" if dataset.texts is None else "mixed"}}
    asked = {(BASELINE, "left_out"): [RunConfig(dataset.fingerprint, BASELINE, student)]}
    for kind, use in kinds.items():
        for name, method, changed in wanted:
            training, teaching = dataclasses.replace(START, **use, **changed), teachers.get(method, teacher)
            asked[name, kind] = [
                RunConfig(dataset.fingerprint, method, student, teaching, seed, training, settled_by) for seed in seeds
            ]
    by_seed = sorted((config for configs in asked.values() for config in configs), key=lambda config: config.seed)
    runs = dict(zip((config.digest for config in by_seed), launch.queue_runs(workspace, dataset, by_seed), strict=True))
    return [Entry(*key, tuple(runs[config.digest] for config in configs)) for key, configs in asked.items()]


def table(workspace: Workspace, dataset: PairDataset, entries: Sequence[Entry]) -> list[Scored]:
    """The scores of what was trained and evaluated, the untouched student first."""
    _measure_dev([run for entry in entries for run in entry.runs], dataset)
    stored = load_results(workspace, dataset.fingerprint)
    return [
        Scored(
            entry.name,
            entry.texts,
            len(entry.runs),
            _on_dev(entry.runs, dataset),
            _intervals(stored, entry).interval(entry.method, METRIC),
            *(_difference(stored, entry, _beside(entries, entry, method)) for method in (BASELINE, "simcse", "mcse")),
        )
        for entry in entries
    ]


def _beside(entries: Sequence[Entry], entry: Entry, method: str) -> Entry | None:
    """What was trained by this method on the same sentences, in the same kind of batches where it was; None where there is nothing else."""
    others = [
        other
        for other in entries
        if other.method == method != entry.method and (BASELINE in (method, entry.method) or other.texts == entry.texts)
    ]
    return next((other for other in others if other.batches == entry.batches), others[0] if others else None)


def _difference(stored: Results, entry: Entry, other: Entry | None) -> stats.Interval:
    """Of the first less the second; not measured where there is no other."""
    if other is None:
        return stats.interval(stats.Mean(), None)
    return _intervals(stored, other, entry).compare(entry.method, other.method, METRIC).difference


def _intervals(stored: Results, *entries: Entry) -> Intervals:
    """Those of these entries alone: there may be several of one method."""
    return Intervals(
        dataclasses.replace(stored, evaluated=tuple(_evaluated(run) for entry in entries for run in entry.runs))
    )


def _evaluated(run: Run) -> EvaluatedRun:
    return EvaluatedRun(run.id, run.config, read_evaluation(run))


def _on_dev(runs: Sequence[Run], dataset: PairDataset) -> stats.Interval:
    """Spearman on the dev judgements, the mean over these runs; not measured where there are none."""
    if dataset.dev is None:
        return stats.interval(stats.Mean(), None)
    cosines = [read_table(_dev_file(run))["cosine"].to_numpy() for run in runs]
    metric, unit = stats.Spearman(dataset.dev["score"].to_numpy()), shared(dataset.dev).to_numpy(object)
    return stats.interval(metric, cosines, unit=unit, trained=runs[0].config.method != BASELINE)


def _dev_file(run: Run) -> Path:
    return run.folder / "dev.parquet"


def _measure_dev(runs: Sequence[Run], dataset: PairDataset) -> None:
    """What `_on_dev` reads: row, gold and cosine of the dev judgements, which no evaluation holds; nothing without dev judgements."""
    from kdmcse.evaluation.encoder import Vectors
    from kdmcse.models import student
    from kdmcse.models.device import device_lock

    for run in runs:
        path = _dev_file(run)
        if dataset.dev is None or path.exists():
            continue
        with FileLock(device_lock()):
            encoder = student.load(run.student, prompt=run.config.training.prompt)
            encoder.eval()
            vectors = Vectors(lambda texts, encoder=encoder: student.encode(encoder, texts))
            vectors.know([*dataset.dev["sentence1"], *dataset.dev["sentence2"]])
        cosine = vectors.cosines(dataset.dev["sentence1"], dataset.dev["sentence2"])
        kept = pd.DataFrame({"row": dataset.dev["row"], "gold": dataset.dev["score"], "cosine": cosine})
        write_file(path, lambda temporary, kept=kept: kept.to_parquet(temporary, index=False))
