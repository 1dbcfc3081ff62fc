"""The real dashboard server on a free port, and a Chromium to look at it. For the tests in this folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"]
"""Where no GPU is, Chromium would imitate one, on the cores on which the server works."""


def chromium() -> str | None:
    """A Chromium of this machine, or None: then Playwright looks for its own."""
    return next((found for name in ("chromium", "google-chrome", "chrome") if (found := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator:
    """A Playwright browser. RuntimeError that names what to install where there is none."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        except Error as error:
            raise RuntimeError(
                "no Chromium: install the package `chromium` or run `playwright install chromium`"
            ) from error
        try:
            yield found
        finally:
            found.close()


@contextmanager
def server(workspace: Path, log: Path) -> Iterator[str]:
    """The dashboard's address; the server ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dashboard", "--server.port", str(port)]
    environment = {**os.environ, "KDMCSE_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process, log)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(address: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer within 30 s")
