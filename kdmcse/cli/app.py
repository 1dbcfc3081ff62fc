"""The same functions from a shell. Every command has --json: one JSON object on stdout and nothing else there.

Exit status: 0 done, 2 refused input (a sentence says what and what next), 1 a fault of ours.
"""

import io
import sys

import typer
from typer.main import get_command

from kdmcse.cli import audit, data, governance, results, runs, serve, snapshot, training
from kdmcse.cli.command import command, refuse
from kdmcse.errors import UserError
from kdmcse.i18n import Locale

COMMANDS = {
    "demo": training.demo,
    "import": data.import_,
    "audit": audit.audit,
    "contract": governance.contract,
    "train": training.train,
    "tune": training.tune,
    "reproduce": training.reproduce,
    "runs": runs.runs,
    "stop": runs.stop,
    "resume": runs.resume,
    "delete": runs.delete,
    "evaluate": results.evaluate,
    "interpolate": results.interpolate,
    "yardsticks": results.benchmarks,
    "cost": results.cost,
    "curve": results.curve,
    "report": results.report,
    "label": data.label,
    "snapshot": snapshot.snapshot,
    "dashboard": serve.dashboard,
}
"""Name -> function, in the order of the help."""


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `kdmcse`; the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console that lacks a character is no reason to fail
    try:
        return get_command(app).main(arguments, prog_name="kdmcse", standalone_mode=False)
    except typer.TyperException as error:
        if context := getattr(error, "ctx", None):
            print(context.get_usage(), file=sys.stderr)
        reason = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
        return refuse(UserError("command_unreadable", reason=reason), _locale(arguments), "--json" in arguments)


def _locale(arguments: list[str]) -> Locale:
    """The language of a command line that cannot be read: Japanese where it is asked for."""
    japanese = "--language=ja" in arguments or ("--language", "ja") in zip(arguments, arguments[1:], strict=False)
    return Locale("ja" if japanese else "en")


def _app() -> typer.Typer:
    app = typer.Typer(
        help="Does KDMCSE pay off on your images and texts?",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, function in COMMANDS.items():
        app.command(name, short_help=function.__doc__.split("\n")[0])(command(function))
    return app


app = _app()
