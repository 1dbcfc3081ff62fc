"""Asks one process for the vectors of what is typed: started at first use, shared by all visitors, ended when nobody asks. No torch here.

`kdmcse.processes.encode_queries` is that process.
"""

import json
import os
import queue
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import numpy as np

from kdmcse.data.images import ImageRefused, normalise_image
from kdmcse.engine.process import start_attached
from kdmcse.errors import Reason, UserError

SECONDS = 120
"""until an answer counts as none: beside a training the libraries take up to half a minute to load"""


@dataclass(frozen=True)
class Student:
    """A model to encode with."""

    ref: str
    """folder, or name on the hub"""
    prompt: str = "own"
    """what is put before every sentence, as the settings of the run have it"""


@dataclass(frozen=True)
class PictureReader:
    """What turns a picture into a vector beside which captions stand: a teacher, and a run's heads."""

    teacher: str
    heads: str
    """safetensors file of the run"""
    mean: str | None
    """NPY file of what the teacher's vector comes without; None: as it is"""
    unit_length: bool
    """whether the heads take the teacher's vectors at unit length"""


class QueryEncoder:
    """The one process. Visitors wait for each other; each waits for its own sentence alone."""

    def __init__(self, log: Path | None = None) -> None:
        """log: what the process prints beside its answers; None: nowhere."""
        self._log = log or Path(os.devnull)
        self._asking, self._process, self._answers = threading.Lock(), None, queue.SimpleQueue()
        self._ready: frozenset[str] = frozenset()

    @property
    def process(self) -> "Popen[bytes] | None":
        """Where it lives now."""
        process = self._process
        return process if process is not None and process.poll() is None else None

    def is_ready(self, students: Sequence[Student]) -> bool:
        """Whether the next sentence is answered at once: these models are loaded."""
        return self.process is not None and {one.ref for one in students} <= self._ready

    def warm(self, students: Sequence[Student]) -> None:
        """Begin to load these models, unless they are loaded or somebody waits for the process already. Returns at once."""
        if not self.is_ready(students) and not self._asking.locked():
            threading.Thread(target=self._warm, args=(students,), daemon=True).start()

    def encode(self, text: str, students: Sequence[Student]) -> list[np.ndarray]:
        """(H,) float32 of unit length of each student. UserError where one cannot be loaded, or `query_encoder_ended`."""
        return self._ask({"what": "text", "text": text, "students": [asdict(one) for one in students]})

    def encode_picture(self, path: Path, reader: PictureReader) -> np.ndarray:
        """(P,) float32 of unit length. UserError where the picture or the teacher cannot be read, or `query_encoder_ended`."""
        return self._ask({"what": "picture", "path": str(path), **asdict(reader)})[0]

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.kill()
            self._process.wait()
            self._process, self._ready = None, frozenset()

    def _warm(self, students: Sequence[Student]) -> None:
        with suppress(UserError):  # who asks for an answer is told
            self._ask({"what": "load", "students": [asdict(one) for one in students]})

    def _ask(self, request: dict[str, Any]) -> list[np.ndarray]:
        with self._asking:
            for attempt in (1, 2):  # it may have ended for want of work just now
                answer = self._exchange(request)
                if answer is not None:
                    break
                self.close()
                if attempt == 2:
                    raise UserError("query_encoder_ended", log=self._log)
            if error := answer.get("error"):
                raise UserError.from_dict(error)
            if "fault" in answer:
                raise UserError("query_encoder_ended", log=self._log)
            self._ready = frozenset(answer["loaded"])
            return [np.array(vector, np.float32) for vector in answer["vectors"]]

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """None where the process has ended or does not answer."""
        if self.process is None:
            self._start()
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._answers.get(timeout=SECONDS)
        except (OSError, ValueError, queue.Empty):
            return None
        return json.loads(line) if line else None

    def _start(self) -> None:
        self.close()
        # A thread a core would wait for those of a training; a sentence is too short to gain from a second one.
        self._process = start_attached(
            "kdmcse.processes.encode_queries", self._log, OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1"
        )
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_forward, args=(self._process.stdout, self._answers), daemon=True).start()


def _forward(lines, answers: queue.SimpleQueue) -> None:
    """Every line as it comes; an empty one at the end."""
    try:
        for line in lines:
            answers.put(line)
    except ValueError:  # closed meanwhile
        pass
    answers.put(b"")


@contextmanager
def picture_file(content: bytes) -> Iterator[Path]:
    """What a visitor dropped, as a file for as long as the block lasts. UserError `query_picture_unusable`."""
    try:
        safe = normalise_image(content)
    except ImageRefused as refused:
        reason = Reason(f"data.problems.{refused.code}", refused.fields)
        raise UserError("query_picture_unusable", reason=reason) from refused
    with tempfile.TemporaryDirectory(prefix="kdmcse-picture-") as folder:
        path = Path(folder) / "picture"
        path.write_bytes(safe)
        yield path
