"""Two processes with half a batch each learn what one with the whole batch learns."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small
import torch

from kdmcse.config import RunConfig, TrainingConfig
from kdmcse.store.workspace import Workspace
from kdmcse.training import distributed, loop, prepare

SETTINGS = TrainingConfig(epochs=2, batch_size=8, learning_rate=1e-3, projection_width=8)


def config(method: str, dataset: str, student: str) -> RunConfig:
    teacher = None if method == "simcse" else small.teacher()
    return RunConfig(dataset=dataset, method=method, student=student, teacher=teacher, training=SETTINGS)


def learn(workspace: Workspace, asked: RunConfig) -> tuple[list[float], dict[str, torch.Tensor]]:
    """The loss of every step and the weights at the end, heads included; without dropout."""
    task = prepare.prepare(workspace, asked)
    for module in task.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    losses = []
    loop.fit(task, report=lambda line, *, now=False: losses.append(line["loss"]["total"]))
    return losses, {name: value.detach().clone() for name, value in task.model.state_dict().items()}


def main(workspace: str, out: str) -> None:
    """What each of the two processes does."""
    asked = RunConfig.from_dict(json.loads((Path(workspace) / "asked.json").read_text()))
    with distributed.joined() as rank:
        losses, weights = learn(Workspace(Path(workspace)), asked)
        np.savez(Path(out) / f"rank-{rank}.npz", losses=losses, **{name: v.numpy() for name, v in weights.items()})


@pytest.mark.slow
@pytest.mark.parametrize("method", ["kdmcse", "dalr"])
def test_two_processes_learn_what_one_learns_with_the_whole_batch(tmp_path, method):
    from kdmcse import data

    workspace = Workspace(tmp_path / "workspace")
    files = small.pilot(tmp_path / "files")
    (tmp_path / "texts.txt").write_text("\n".join(f"we sell the {word} lamp" for word in "abcdefghijklmnop") + "\n")
    dataset = data.import_dataset(workspace, name="both kinds", texts=tmp_path / "texts.txt", **files)
    asked = config(method, dataset.fingerprint, small.student())
    (workspace.path / "asked.json").write_text(json.dumps(asked.to_dict()))
    losses, weights = learn(workspace, asked)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", __file__, str(workspace.path), str(tmp_path),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    two = [np.load(tmp_path / f"rank-{rank}.npz") for rank in (0, 1)]
    assert len(losses) == 2 * (32 // 8 + 16 // 8)
    for name, whole in weights.items():
        np.testing.assert_array_equal(two[0][name], two[1][name], err_msg=name)
        np.testing.assert_allclose(two[0][name], whole.numpy(), atol=1e-5, err_msg=name)
    for rank in two:
        np.testing.assert_allclose(rank["losses"], losses, rtol=0, atol=1e-5)


def test_alone_everything_is_itself():
    rows = torch.arange(6.0).reshape(3, 2)
    assert distributed.gathered(rows) is rows
    assert (distributed.count(), distributed.index(), distributed.agreed(0.25), distributed.smallest(7)) == (
        1,
        0,
        0.25,
        7,
    )
    assert distributed.own_rows(np.arange(4)).tolist() == [0, 1, 2, 3]


if __name__ == "__main__":
    main(*sys.argv[1:])
