"""How every process of the product is started: detached with its output in a file, or attached to the one that asks it; with one environment."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ENVIRONMENT = {
    # Threads that wait spin for microseconds, not milliseconds: as fast alone, five times faster beside a busy neighbour.
    "GOMP_SPINCOUNT": "10000",
    # Memory of tensors is kept for the next ones; to get it from the system anew costs a step a twentieth of its time.
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""What a process that trains needs to know before the libraries are loaded."""

NICENESS = 10
"""Of background processes: a tenth of the share of a core that others have."""
_ROOT = Path(__file__).resolve().parents[2]


def start_detached(module: str, arguments: list[str], log: Path, *, awaited: bool = False) -> None:
    """`python -m module arguments` in a session of its own, its output appended to `log`, no pipe to this process.

    awaited: somebody sits before it until it has ended, so that it does not stand behind others.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            close_fds=True,
            env=_environment(),
        )
    if not awaited:
        _yield_to_others(process.pid)


def start_attached(module: str, log: Path, **environment: str) -> "subprocess.Popen[bytes]":
    """`python -m module`, asked by lines to its stdin and answering by lines from its stdout; what else it prints goes to `log`.

    A person waits for its answers: it yields to nobody, and has a session of its own, which Linux weighs against those that train.
    It is to end when its stdin does.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            close_fds=True,
            env=_environment() | environment,
        )


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    return ENVIRONMENT | os.environ | {"PYTHONPATH": path}


def _yield_to_others(process: int) -> None:
    """Pages stay quick while a run trains on the same cores: who waits for a page goes first. Where the system cannot say so, nothing happens."""
    if not hasattr(os, "setpriority"):  # Windows
        return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    with suppress(OSError):  # Linux weighs sessions against each other, and only then the processes of one
        Path(f"/proc/{process}/autogroup").write_text(str(NICENESS))
