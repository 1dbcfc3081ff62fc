"""How every background process of the product is started: detached, with one environment, its output in a file."""

import os
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = {
    # Threads that wait spin for microseconds, not milliseconds: as fast alone, five times faster beside a busy neighbour.
    "GOMP_SPINCOUNT": "10000",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""What a process that trains needs to know before the libraries are loaded."""

_ROOT = Path(__file__).resolve().parents[2]


def start_detached(module: str, arguments: list[str], log: Path) -> None:
    """`python -m module arguments` in a session of its own, its output appended to `log`, no pipe to this process."""
    with log.open("ab") as output:
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            close_fds=True,
            env=ENVIRONMENT
            | os.environ
            | {"PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))},
        )
