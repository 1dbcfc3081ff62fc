"""The process that encodes what is typed on the page of the live demonstration: a line of JSON in, a line of JSON out, until stdin ends.

It holds two students and a teacher at most, has a bound on its memory, and ends by itself when nobody has asked for a while.
"""

import json
import os
import sys
import threading
import traceback
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from kdmcse.errors import UserError

IDLE_SECONDS = 600
"""without a question until it ends"""
MEMORY = 6 * 2**30
"""Bytes of its own at most: the libraries ask for 2.2 GB, of which they use 0.2, and two models may take the rest."""
STUDENTS = 2
"""kept at once: the current and the new one"""


class Models:
    """What is loaded, the longest unused going first."""

    def __init__(self) -> None:
        self._students: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._teacher: tuple[str, Any] | None = None

    @property
    def loaded(self) -> list[str]:
        """References of the students."""
        return [ref for ref, _ in self._students]

    def student(self, ref: str, prompt: str) -> Any:
        from kdmcse.models import student

        key = ref, prompt
        if key not in self._students:
            encoder = student.load(ref, device="cpu", prompt=prompt).eval()
            while len(self._students) >= STUDENTS:
                self._students.popitem(last=False)
            self._students[key] = encoder
        self._students.move_to_end(key)
        return self._students[key]

    def teacher(self, ref: str) -> Any:
        from kdmcse.models import references, teachers

        if self._teacher is None or self._teacher[0] != ref:
            references.require(ref, "teacher")
            with references.loading(ref, "teacher"):
                self._teacher = ref, teachers.load(ref)
        return self._teacher[1]


def answer(models: Models, request: dict[str, Any]) -> list[list[float]]:
    """The vectors that are asked for; none where models are only to be loaded."""
    if request["what"] == "picture":
        return [_picture(models, request)]
    from kdmcse.models import student

    encoders = [models.student(**one) for one in request["students"]]
    if request["what"] == "load":
        for encoder in encoders:
            student.encode(encoder, ["a"])  # the first sentence takes longer than all others
        return []
    with ThreadPoolExecutor(STUDENTS) as threads:  # both models at once
        return list(threads.map(lambda encoder: student.encode(encoder, [request["text"]])[0].tolist(), encoders))


def _picture(models: Models, request: dict[str, Any]) -> list[float]:
    import numpy as np

    from kdmcse.models import calibration, student

    path = Path(request["path"])
    [vectors] = models.teacher(request["teacher"]).embed_images([(path, path.name)])
    vectors = calibration.in_half_precision(vectors)
    if request["mean"]:
        vectors = calibration.centred(vectors, np.load(request["mean"], allow_pickle=False))
    if request["unit_length"]:
        vectors = calibration.unit(vectors)
    return student.CrossModalHeads(Path(request["heads"])).images(vectors)[0].tolist()


def respond(models: Models, line: str) -> dict[str, Any]:
    """What is answered to a line: vectors and what is loaded; an error that a person can mend; else a fault, which is printed."""
    try:
        return {"vectors": answer(models, json.loads(line)), "loaded": models.loaded}
    except UserError as error:
        return {"error": error.to_dict()}
    except MemoryError:
        return {"error": UserError("query_encoder_memory", limit_gb=MEMORY // 2**30).to_dict()}
    except Exception as error:  # whatever a library raises: the next question is answered all the same
        if "allocate memory" in str(error):
            return {"error": UserError("query_encoder_memory", limit_gb=MEMORY // 2**30).to_dict()}
        traceback.print_exc()
        return {"fault": type(error).__name__}


def main() -> int:
    """Answer every line of stdin."""
    _bound_memory()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    models, clock = Models(), _idle_clock()
    for line in sys.stdin:
        clock.cancel()
        print(json.dumps(respond(models, line)), file=answers, flush=True)
        clock = _idle_clock()
    return 0


def _idle_clock() -> threading.Timer:
    # `_exit`: stdin is being read, which nothing else interrupts.
    clock = threading.Timer(float(os.environ.get("KDMCSE_ENCODER_IDLE", IDLE_SECONDS)), os._exit, (0,))
    clock.daemon = True
    clock.start()
    return clock


def _bound_memory() -> None:
    """The system refuses further memory beyond `MEMORY`; where it cannot, nothing happens."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.exit(main())
