"""A background process leaves the processor to whoever waits for a page."""

import os
import time

import pytest

from kdmcse.engine.process import NICENESS, start_detached

SAY = "import os, time; time.sleep(0.3); print('nice', os.getpriority(os.PRIO_PROCESS, 0), open('/proc/self/autogroup').read())"


@pytest.mark.skipif(not os.path.exists("/proc/self/autogroup"), reason="Linux weighs sessions against each other")
def test_a_background_process_yields_to_others_with_its_whole_session(tmp_path):
    log = tmp_path / "log.txt"
    start_detached("timeit", ["-n", "1", "-r", "1", SAY], log)
    deadline = time.monotonic() + 30
    while "loop" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    said = log.read_text().split()
    assert int(said[said.index("nice") + 1]) == max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))
    assert f"nice {NICENESS}" in " ".join(said[2:])
