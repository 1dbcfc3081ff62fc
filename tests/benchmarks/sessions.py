"""Ten people at once while a run trains: `python tests/benchmarks/sessions.py WORKSPACE`, a workspace in which `kdmcse demo` has run.

Each reads a page for 3 to 7 seconds and goes on to another. Timed is what the server takes from the click until its script has ended; what a
browser draws afterwards is its own machine's work, and ten of them on the server's two cores would measure themselves. Prints
minimum, median, 95th percentile and maximum in seconds, how much memory the server holds, and whether torch is in it. Each person opens every
page once before it counts. It works on a copy of the workspace.
"""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
import websockets
from browser.server import server
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages import PAGES, tell, training

PEOPLE, CHANGES = 10, 20


@asynccontextmanager
async def person(address: str) -> AsyncIterator[websockets.ClientConnection]:
    place = f"ws://{urlsplit(address).netloc}/_stcore/stream"
    async with websockets.connect(place, subprotocols=["streamlit"], max_size=None, origin=address) as socket:
        yield socket


async def change(socket: websockets.ClientConnection, page: str, language: str) -> float:
    """Seconds until the script of the page has ended."""
    asked = BackMsg()
    asked.rerun_script.query_string = f"lang={language}"
    asked.rerun_script.page_name = "" if page == "overview" else page
    started = time.perf_counter()
    await socket.send(asked.SerializeToString())
    while True:
        told = ForwardMsg.FromString(await socket.recv())
        if told.WhichOneof("type") == "script_finished":
            if told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return time.perf_counter() - started
            raise RuntimeError(f"{page}: {ForwardMsg.ScriptFinishedStatus.Name(told.script_finished)}")


async def visit(address: str, number: int, warm: asyncio.Barrier) -> list[float]:
    drawn, language, seconds = random.Random(number), ("en", "ja")[number % 2], []
    async with person(address) as socket:
        for page in PAGES:
            await change(socket, page, language)
        await warm.wait()
        for _ in range(CHANGES):
            await asyncio.sleep(drawn.uniform(3, 7))
            seconds.append(await change(socket, drawn.choice(PAGES), language))
    return seconds


async def visits(address: str) -> list[float]:
    warm = asyncio.Barrier(PEOPLE)
    found = await asyncio.gather(*(visit(address, number, warm) for number in range(PEOPLE)))
    return [seconds for one in found for seconds in one]


def of_server(address: str) -> psutil.Process:
    port = urlsplit(address).port
    mine = psutil.Process().children(recursive=True)
    return next(
        one for one in mine if any(c.laddr.port == port and c.status == "LISTEN" for c in one.net_connections())
    )


def main(workspace: Path) -> None:
    folder = Path(tempfile.mkdtemp())
    copy = folder / "workspace"
    shutil.copytree(workspace, copy)
    with server(copy, folder / "server.log") as address:
        tell(f"page change, {PEOPLE} sessions", asyncio.run(visits(address)))
        with training(copy):
            tell(f"page change, {PEOPLE} sessions while a run trains", asyncio.run(visits(address)))
        process = of_server(address)
        torch = any("libtorch" in one.path for one in process.memory_maps())
        print(f"server: {process.memory_info().rss / 2**20:.0f} MiB, torch {'in' if torch else 'not in'} it")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
