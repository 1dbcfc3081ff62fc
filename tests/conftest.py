"""For every test: no hub, no telemetry, and locks of its own for each worker of pytest-xdist."""

import os
import tempfile

_LOCKS = tempfile.TemporaryDirectory(prefix="kdmcse-locks-", ignore_cleanup_errors=True)

os.environ["OMP_NUM_THREADS"] = "1"  # tests run beside each other, and their models are tiny
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["KDMCSE_LOCKS"] = _LOCKS.name
