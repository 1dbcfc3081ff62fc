"""What all commands share: what they work with, what they return, and the options that several of them take. No command itself."""

import functools
import inspect
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kdmcse.config import METHODS
from kdmcse.errors import Reason, UserError
from kdmcse.i18n import LANGUAGES, Locale, plain_text
from kdmcse.store.workspace import Workspace

DONE, FAULT, REFUSED = 0, 1, 2
"""Exit status."""


@dataclass(frozen=True)
class Output:
    """What a command answers."""

    data: dict[str, Any]
    """printed with --json"""
    text: str
    """printed without, in the chosen language"""


@dataclass(frozen=True)
class Session:
    """What every command works with."""

    workspace: Workspace
    t: Locale
    as_json: bool

    def note(self, line: str) -> None:
        """A remark beside the answer, on stderr."""
        print(plain_text(line), file=sys.stderr, flush=True)

    def progress(self, line: str) -> None:
        """The same for how far the work is; not with --json."""
        if not self.as_json:
            self.note(line)


def command(function: Callable[..., Output]) -> Callable[..., int]:
    """`function(session, **options)` as typer calls it: with the options of every command, printing its Output, returning the exit status."""

    @functools.wraps(function)
    def run(*, workspace: Path, as_json: bool, language: str, **options: Any) -> int:
        t = Locale(language)
        try:
            output = function(Session(Workspace(workspace), t, as_json), **options)
        except UserError as error:
            return refuse(error, t, as_json)
        except KeyboardInterrupt:
            print(t("cli.interrupted"), file=sys.stderr)
            return FAULT
        print(_as_json(output.data) if as_json else plain_text(output.text))
        return DONE

    _, *own = inspect.signature(function).parameters.values()
    run.__signature__ = inspect.Signature([*inspect.signature(_options_of_every_command).parameters.values(), *own])
    return run


def refuse(error: UserError, t: Locale, as_json: bool) -> int:
    """Print what is refused and what to do next; the exit status."""
    if as_json:
        print(_as_json({"error": error.to_dict()}))
    print(plain_text(f"{error.message(t.language)}\n{error.hint(t.language)}"), file=sys.stderr)
    return REFUSED


def _as_json(value: dict[str, Any]) -> str:
    """On one line; where stdout lacks a character of it, in ASCII, as JSON knows every character."""
    text = plain_text(json.dumps(value, ensure_ascii=False))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(json.loads(text))
    return text


def require(option: str, given: object, **others: object) -> None:
    """UserError where one of `others`, named as a parameter and None or False where it was not typed, would change nothing without `option`."""
    alone = [name for name, value in others.items() if value is not None and value is not False]
    if alone and not given:
        fields = {"option": f"--{alone[0].replace('_', '-')}", "needed": option}
        raise UserError("command_unreadable", reason=Reason("cli.reason.alone", fields))


def _options_of_every_command(
    *,
    workspace: Annotated[
        Path, typer.Option(envvar="KDMCSE_WORKSPACE", help="folder of datasets, runs and judgements")
    ] = Path("workspace"),
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
    language: Annotated[Literal[*LANGUAGES], typer.Option()] = "en",
) -> None:
    """Only its signature is used."""


def _numbers(kind: type, what: str) -> Callable[[str], tuple]:
    """A parser of numbers with commas between them."""

    def parse(text: str) -> tuple:
        try:
            return tuple(kind(part) for part in text.split(","))
        except ValueError as error:
            raise typer.BadParameter(f"{text!r} is not a list of {what}") from error

    return parse


DatasetOption = Annotated[str, typer.Option(help="fingerprint or name")]
MethodOption = Annotated[Literal[*METHODS], typer.Option()]
StudentOption = Annotated[str | None, typer.Option(help="folder or hub name; default: the sample's")]
TeacherOption = Annotated[
    str | None,
    typer.Option(
        help="folder, open_clip or hub name, or file of vectors; default: the sample's; for rankcse a text model"
    ),
]
SeedsOption = Annotated[
    tuple, typer.Option(parser=_numbers(int, "whole numbers such as 0,1,2"), metavar="N,N,...", help="a run for each")
]
SharesOption = Annotated[
    tuple,
    typer.Option(
        parser=_numbers(float, "shares such as 0.1,0.25,0.5,1"), metavar="X,X,...", help="parts of the training pairs"
    ),
]
WaitOption = Annotated[bool, typer.Option("--wait", help="return when all runs have ended")]
ModelsOption = Annotated[list[str], typer.Option("--model", help="run, folder or hub name; may be repeated")]
BaselinesOption = Annotated[list[str], typer.Option("--baseline", help="the same, to compare with")]
