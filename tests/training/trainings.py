"""Small trainings within this process: for tests of the loop."""

import small
import torch

from kdmcse import data
from kdmcse.config import WITHOUT_TEACHER, RunConfig, TrainingConfig
from kdmcse.training import loop, prepare

SETTINGS = TrainingConfig(epochs=3, batch_size=8, learning_rate=1e-3, projection_width=8)


def import_with_texts(workspace, folder):
    files = small.pilot(folder / "files", dev=True)
    (folder / "texts.txt").write_text(
        "\n".join(f"we sell the {word} lamp" for word in "abcdefghijklmnopqrstuvwx") + "\n"
    )
    return data.import_dataset(workspace, name="both kinds", texts=folder / "texts.txt", **files)


def config(dataset, method="kdmcse", seed=0, student=None, **changed):
    return RunConfig(
        dataset=dataset.fingerprint, method=method, student=student or small.student(), seed=seed,
        teacher=(dict.fromkeys(WITHOUT_TEACHER) | {"rankcse": small.student()}).get(method, small.teacher()),
        training=TrainingConfig(**(SETTINGS.to_dict() | changed)),
    )  # fmt: skip


def weights(task):
    return {name: value.clone() for name, value in task.model.state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def fitted(workspace, asked, checkpoints=None, **told):
    task = prepare.prepare(workspace, asked)
    found = loop.fit(task, checkpoints, **told)
    return weights(task), found


def after(steps):
    """A question whether to stop that is answered by yes after so many steps."""
    left = iter([False] * (steps - 1))
    return lambda: next(left, True)
