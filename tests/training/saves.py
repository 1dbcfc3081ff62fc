"""Saves checkpoints in forked processes that are killed or have no room, and prints what is left as JSON.

`python tests/training/saves.py faults|once FOLDER`. A process of its own, for a process that has threads cannot be forked
safely. Used by test_checkpoint_saves.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from kdmcse.errors import UserError
from kdmcse.training import checkpoints
from kdmcse.training.checkpoints import Checkpoints

SITUATIONS = ("two are there", "a killed save left something", "a damaged one of the same step is there")
LIMITS = 32


def tensors(step: int) -> dict[str, torch.Tensor]:
    """What is kept after a step; other numbers after every step."""
    chance = torch.Generator().manual_seed(step)
    return {f"model.layer.{i}.weight": torch.randn(32, 32, generator=chance) for i in range(8)}


def filled(folder: Path) -> Checkpoints:
    """Steps 1 and 2 are there."""
    kept = Checkpoints(folder)
    for step in (1, 2):
        kept.save(step, tensors(step), {"dev_score": None})
    return kept


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def in_a_child(act: Callable[[], str | None]) -> str:
    """Run `act` in a forked process: what it returns, or "killed"."""
    told, telling = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(telling, (act() or "").encode())
        except BaseException as error:
            os.write(telling, repr(error).encode())
        finally:
            os._exit(0)
    os.close(telling)
    with os.fdopen(told) as end:
        said = end.read()
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) else said


def save(folder: Path, step: int, *, dies_at: str | None = None) -> str:
    """Save one more; "saved", or the code of the error."""

    def reached(point: str) -> None:
        if point == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoints._reached = reached
    try:
        Checkpoints(folder).save(step, tensors(step), {"dev_score": None})
    except UserError as error:
        return error.code
    return "saved"


def newest(folder: Path) -> int | None:
    """The step of the newest; None unless it holds exactly what was saved."""
    found = Checkpoints(folder).newest()
    read = found.tensors()
    expected = tensors(found.step)
    same = read.keys() == expected.keys() and all(torch.equal(read[name], expected[name]) for name in read)
    return found.step if same else None


def killed_at(point: str, situation: str, folder: Path) -> dict:
    """Kill the save of step 3, look, clean up, save step 4."""
    filled(folder)
    if situation == SITUATIONS[1]:
        in_a_child(lambda: save(folder, 3, dies_at="mid write"))
    if situation == SITUATIONS[2]:
        Checkpoints(folder, kept=3).save(3, tensors(3), {})
        os.truncate(folder / "step-00000003" / "state.safetensors", 1000)
    how = in_a_child(lambda: save(folder, 3, dies_at=point))
    found = {"point": point, "situation": situation, "how": how, "newest": newest(folder), "left": names(folder)}
    kept = Checkpoints(folder)
    kept.sweep()
    found["swept"] = names(folder)
    kept.newest()
    kept.save(4, tensors(4), {})
    return found | {"after": names(folder), "newest_after": newest(folder)}


def killed(folder: Path) -> list[dict]:
    """Every named point of a save in every situation."""
    return [
        killed_at(point, situation, folder / f"{i}-{j}")
        for i, point in enumerate(checkpoints.POINTS)
        for j, situation in enumerate(SITUATIONS)
    ]


def full(folder: Path) -> list[dict]:
    """Files may grow to a part of what a state needs, from one byte to all of it, and to more."""
    filled(folder)
    size = (folder / "step-00000002" / "state.safetensors").stat().st_size
    found = []
    for part in range(LIMITS + 1):
        limit = max(1, size * part // LIMITS)

        def act(limit: int = limit) -> str:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            return save(folder, 3)

        how = in_a_child(act)
        found.append({"limit": limit, "size": size, "how": how, "newest": newest(folder), "left": names(folder)})
    return found


if __name__ == "__main__":
    what, where = sys.argv[1], Path(sys.argv[2])
    if what == "once":
        filled(where)
    else:
        stdout, sys.stdout = sys.stdout, sys.stderr  # damage is told there
        print(json.dumps({"killed": killed(where / "killed"), "full": full(where / "full")}), file=stdout)
