"""Importing this loads what every run needs, once, into the process from which runs are forked."""

import gc
import importlib
from contextlib import suppress

LIBRARIES = (
    "kdmcse.processes.train",
    "kdmcse.processes.evaluate",
    "mteb",
    "sklearn.metrics.pairwise",
    "open_clip",
    "datasets",
)


def _load() -> None:
    gc.disable()  # what is loaded is no garbage: to look for some takes a fifth of the time
    try:
        for library in LIBRARIES:
            with suppress(ImportError):  # a run that needs it says so
                importlib.import_module(library)
        gc.freeze()  # nor is it looked through by the runs, which would copy it
    finally:
        gc.enable()


_load()
