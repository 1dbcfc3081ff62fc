"""What every run needs is loaded once, into the process from which runs are forked."""

import gc
import importlib
import sys


def test_a_library_that_cannot_be_loaded_takes_neither_the_others_nor_the_collector_away(monkeypatch):
    asked = []

    def refuse(name: str) -> None:
        asked.append(name)
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    monkeypatch.delitem(sys.modules, "kdmcse.processes.preload", raising=False)
    from kdmcse.processes import preload

    assert asked == list(preload.LIBRARIES) and gc.isenabled()
