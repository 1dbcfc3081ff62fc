"""A small proof of concept whose two students really encode: what a live demonstration needs, made without a training."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import small
from example_poc import config, evaluated

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.data import PairDataset
from kdmcse.engine.runs import Run
from kdmcse.store.workspace import Workspace


@dataclass(frozen=True)
class LivePoc:
    workspace: Workspace
    dataset: PairDataset
    current: Run
    new: Run


def live_poc(folder: Path) -> LivePoc:
    """Both models measured on the small pilot; the new one has heads and a teacher that reads pictures."""
    workspace = Workspace(folder / "workspace")
    dataset = small.dataset(workspace)
    given = {"student": small.student()}
    current = evaluated(workspace, dataset, config(dataset, BASELINE, **given), 0.3)
    new = evaluated(workspace, dataset, config(dataset, CANDIDATE, teacher=small.teacher(), **given), 0.6)
    shutil.copytree(small.static_student(), new.folder / "student")
    _save_heads(new)
    for run in (current, new):
        _embed(run, dataset)
    return LivePoc(workspace, dataset, current, new)


def _save_heads(run: Run) -> None:
    import torch
    from safetensors.numpy import save_file

    from kdmcse.models import student

    torch.manual_seed(0)
    model = student.TrainingStudent(student.load(run.student, device="cpu"), projection_width=8, teacher_width=8)
    save_file({name: value.cpu().numpy() for name, value in model.heads().items()}, run.folder / "heads.safetensors")


def _embed(run: Run, dataset: PairDataset) -> None:
    from kdmcse.models import student

    captions = dataset.pairs.loc[dataset.pairs["held_out"], "caption"]
    vectors = student.encode(student.load(run.student, device="cpu"), list(captions))
    np.save(run.folder / "evaluation" / "embeddings.npy", vectors)
