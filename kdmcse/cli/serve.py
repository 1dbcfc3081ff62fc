"""The command that opens the dashboard."""

import errno
import json
import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from kdmcse.cli.command import Output, Session
from kdmcse.errors import Reason, UserError

PORT = 8501
ROOT = Path(__file__).resolve().parents[2]


def dashboard(
    session: Session,
    *,
    port: Annotated[int, typer.Option()] = PORT,
    sample: Annotated[bool, typer.Option("--sample", help="import the sample first")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="do not open a browser window")] = False,
    votes: Annotated[
        Path | None, typer.Option(metavar="DIR", help="of a snapshot, into which nothing is written: where votes go")
    ] = None,
) -> Output:
    """Open the dashboard on this machine only; it runs until Ctrl-C."""
    _require_free(port)
    if sample:
        from kdmcse import sample as example

        example.import_sample(session.workspace)
    if session.workspace.is_frozen():
        from kdmcse.governance import snapshot

        snapshot.check(session.workspace.path)
    elif votes:
        raise UserError("command_unreadable", reason=Reason("cli.reason.votes_beside"))
    if votes:
        os.environ["KDMCSE_VOTES"] = str(votes.expanduser().resolve())
    address = f"http://127.0.0.1:{port}"
    print(json.dumps({"address": address}) if session.as_json else address, flush=True)
    os.dup2(2, 1)  # what the server prints is not the answer
    os.environ["KDMCSE_WORKSPACE"] = str(session.workspace.path)
    os.chdir(ROOT)  # where .streamlit/config.toml lies
    os.execv(sys.executable, _server_command(port, with_browser=_has_screen() and not no_browser))


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OverflowError as error:
            raise UserError("setting_out_of_range", field="port", value=port, low=1, high=65535) from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise UserError("port_unusable", port=port, reason=error.strerror) from error
            raise UserError("port_in_use", port=port) from error


def _has_screen() -> bool:
    return not sys.platform.startswith("linux") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))


def _server_command(port: int, *, with_browser: bool) -> list[str]:
    settings = {
        "server.port": str(port),
        "server.headless": "false" if with_browser else "true",
        "server.showEmailPrompt": "false",
    }
    flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "dashboard", *flags]
