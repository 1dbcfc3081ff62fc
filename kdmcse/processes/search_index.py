"""The process that makes the vectors of every caption of a dataset, for searches: `python -m kdmcse.processes.search_index NEW CURRENT`.

runs/<id>/search/  everything.npy (float32, unit length), of the new model also pictures.npy and picture_mean.npy; files of a BackgroundJob
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kdmcse.config import WITHOUT_IMAGES
from kdmcse.data import PairDataset, open_dataset
from kdmcse.demonstration.index import (
    PICTURE_MEAN,
    PICTURES,
    VECTORS,
    has_pictures,
    has_vectors,
    items_of,
    search_folder,
)
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.engine.runs import Run
from kdmcse.models import references
from kdmcse.store.files import write_file

_AT_ONCE = 512


def job(new: Run) -> BackgroundJob:
    """The job that makes the vectors of the run's student, and of what it is compared with."""
    return BackgroundJob(search_folder(new))


def has_all(new: Run, current: Run) -> bool:
    """Whether every caption can be searched with both, and by a picture where the new one can read any."""
    pictures = has_pictures(new) or not reads_pictures(new)
    return pictures and has_vectors(new, "everything") and has_vectors(current, "everything")


def status(new: Run, current: Run) -> str:
    """`none`, `running`, `done` (the vectors of both are there) or `failed`."""
    now = job(new).status()
    if now != "running" and has_all(new, current):
        return "done"
    return "none" if now == "done" else now


def start(new: Run, current: Run) -> None:
    """Have the vectors made, unless they are or are being."""
    if status(new, current) not in ("running", "done"):
        job(new).start("kdmcse.processes.search_index", str(new.folder), str(current.folder))


def reads_pictures(new: Run) -> bool:
    """Whether the run's student has learnt to stand beside pictures, and its teacher is a model that is here."""
    config = new.config
    if config.method in WITHOUT_IMAGES or not config.teacher or not (new.folder / "heads.safetensors").exists():
        return False
    path = references.local_path(config.teacher)
    here = path.is_dir() if path else references.is_cached(config.teacher)
    return here and not references.kept_vectors(config.teacher)


def make(new: Run, current: Run, report: Callable[[dict[str, Any]], None] = lambda progress: None) -> None:
    """The vectors that are missing; tells the `share` that is done."""
    dataset = open_dataset(new.workspace, new.config.dataset)
    captions = list(items_of(dataset, "everything").table["caption"])
    pictures = reads_pictures(new) and not has_pictures(new)
    wanted = [run for run in (current, new) if not has_vectors(run, "everything") or (run is new and pictures)]
    for number, run in enumerate(wanted):
        _encode(
            run,
            dataset,
            captions,
            lambda share, number=number: report({"share": (number + share) / len(wanted)}),
            pictures=pictures and run is new,
        )


def _encode(
    run: Run, dataset: PairDataset, captions: list[str], told: Callable[[float], None], *, pictures: bool
) -> None:
    from kdmcse.models import student

    encoder = student.load(run.student, prompt=run.config.training.prompt).eval()
    heads = student.CrossModalHeads(run.folder / "heads.safetensors") if pictures else None
    vectors, beside = [], []
    for start in range(0, len(captions), _AT_ONCE):
        part = captions[start : start + _AT_ONCE]
        vectors.append(student.encode(encoder, part))
        if heads:
            beside.append(heads.sentences(student.encode_pooled(encoder, part)))
        told((start + len(part)) / len(captions))
    if heads:
        mean = _picture_mean(run, dataset)
        if mean is not None:
            _keep(run, PICTURE_MEAN, mean)
        _keep(run, PICTURES, np.concatenate(beside))
    _keep(run, VECTORS, np.concatenate(vectors))


def _picture_mean(run: Run, dataset: PairDataset) -> np.ndarray | None:
    """What this training took the teacher's vectors of pictures without; None where it took them as they are."""
    from kdmcse.data.splits import training_rows
    from kdmcse.models import teacher_features
    from kdmcse.processes import choose
    from kdmcse.training.prepare import calibrated

    settings = choose.settled(run).training
    rows = training_rows(dataset.pairs, settings.data_share, run.config.seed)
    features = calibrated(teacher_features.embed(run.workspace, run.config.teacher, dataset), settings, rows)
    return features.means and features.means[0]


def _keep(run: Run, name: str, vectors: np.ndarray) -> None:
    write_file(search_folder(run) / name, lambda path: np.save(path, vectors.astype(np.float32)))


def main(arguments: list[str]) -> int:
    """The job's exit status, as `BackgroundJob.run` gives it."""
    new, current = (Run(Path(argument).resolve()) for argument in arguments)
    return job(new).run(lambda request, report: make(new, current, report))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
