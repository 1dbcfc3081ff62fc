"""Every failure that the source can raise is told in both languages, with every field that its sentence needs."""

import ast
import json
import pickle
import string
from dataclasses import dataclass
from pathlib import Path

import pytest

from kdmcse import i18n
from kdmcse.errors import Reason, Reasons, UserError, first_line
from kdmcse.i18n import MISSING, Locale

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for room in ("kdmcse", "dashboard", "pages") for path in sorted((ROOT / room).rglob("*.py"))]
ROLES = ("teacher", "student")
"""What `role` stands for in codes such as f"{role}_unknown"."""
TOLD = frozenset(("field", "value", "low", "high", "known", "allowed"))
"""What the one adapter of `validation` can tell of a value that does not fit its type."""
KNOWN = {key.split(".")[1] for key in i18n.sentences("en") if key.startswith("errors.")}


@dataclass(frozen=True)
class Raised:
    """A place in the source that makes an error: its possible codes and the fields it gives, None where they vary."""

    where: str
    codes: tuple[str, ...]
    fields: frozenset[str] | None


def _constants(node: ast.AST) -> tuple[str, ...]:
    """The codes that an expression may give: a literal, an f-string over the roles, or either branch of an if-else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.IfExp):
        return _constants(node.body) + _constants(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return tuple(
            "".join(role if isinstance(part, ast.FormattedValue) else part.value for part in node.values)
            for role in ROLES
        )
    return ()


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _fields(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(names)


def _raised_in(path: Path) -> list[Raised]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    place = path.relative_to(ROOT).as_posix()
    kinds = {"UserError": None, "Refused": None}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(_name(base) == "UserError" for base in node.bases):
            passed_on = next(c for c in ast.walk(node) if isinstance(c, ast.Call) and _name(c.func) == "__init__")
            kinds[node.name] = _fields(passed_on)
    found = []
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.FunctionDef):
            continue
        assigned = {
            target.id: _constants(node.value)
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(scope):
            if isinstance(call, ast.Call) and _name(call.func) in kinds and call.args:
                code = call.args[0]
                codes = assigned.get(code.id, ()) if isinstance(code, ast.Name) else _constants(code)
                fields = kinds[_name(call.func)] or _fields(call)
                if _name(call.func) == "Refused" and fields is not None:
                    fields |= {"field"}
                found.append(Raised(f"{place}:{call.lineno} in {scope.name}", codes, fields))
    types = [
        call
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _name(call.func) in ("ErrorCodes", "checked", "partial")
    ]
    named = {
        node.value
        for part in ([tree] if place == "kdmcse/validation.py" else types)
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and node.value in KNOWN
    }
    return [*found, Raised(f"types of {place}", tuple(named - {code for one in found for code in one.codes}), TOLD)]


@pytest.fixture(scope="module")
def everything_raised() -> list[Raised]:
    return [raised for path in SOURCES for raised in _raised_in(path)]


def placeholders(code: str, language: str) -> set[str]:
    said = i18n.sentences(language)
    sentences = (said[f"errors.{code}.{part}"] for part in ("message", "hint"))
    return {name for text in sentences for _, name, _, _ in string.Formatter().parse(text) if name is not None}


# What the source raises


def test_the_walk_finds_what_is_known_to_be_there(everything_raised):
    codes = {code for raised in everything_raised for code in raised.codes}
    assert {
        "run_unknown",
        "teacher_unknown",
        "student_unloadable",
        "no_pairs_left",
        "no_rows_left",
        "disk_full",
    } <= codes
    assert len(everything_raised) > 60


def test_the_code_of_every_error_can_be_read_from_the_source(everything_raised):
    """But where an error is made again from what a run wrote down: there it is the code that was raised."""
    assert [
        raised.where for raised in everything_raised if not raised.codes and raised.fields not in (None, TOLD)
    ] == []


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_error_that_is_raised_has_a_message_and_a_hint(everything_raised, language):
    said = i18n.sentences(language)
    untold = {
        (raised.where, code)
        for raised in everything_raised
        for code in raised.codes
        if not (said.get(f"errors.{code}.message") and said.get(f"errors.{code}.hint"))
    }
    assert untold == set()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_raiser_gives_the_fields_that_the_sentence_needs(everything_raised, language):
    lacking = {
        (raised.where, code, field)
        for raised in everything_raised
        if raised.fields is not None
        for code in raised.codes
        if code in KNOWN
        for field in placeholders(code, language) - raised.fields
    }
    assert lacking == set()


def test_no_error_is_told_that_nothing_raises(everything_raised):
    assert KNOWN - {code for raised in everything_raised for code in raised.codes} == set()


def test_an_entry_holds_a_message_and_a_hint_and_nothing_else():
    for language in i18n.LANGUAGES:
        parts: dict[str, set[str]] = {}
        for key in i18n.sentences(language):
            if key.startswith("errors."):
                parts.setdefault(key.split(".")[1], set()).add(key.split(".", 2)[2])
        assert all(found == {"message", "hint"} for found in parts.values())


# What libraries say


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no file", "no file"), ("No file.\nsecond line", "No file"), ("", "OSError"), ("\n late", "late"),
        ("One. Two e.g. this. " + "Three three " * 30, "One. Two e.g. this"), ("一。二。" + "三" * 300, "一。二"),
        ("word " * 80, "word " * 60 + "…"), ("x" * 400, "x" * 300 + " …"), ("x " + "y" * 400, "x …"),
    ],
)  # fmt: skip
def test_what_a_library_says_is_cut_between_sentences_or_at_least_between_words(said, told):
    assert first_line(OSError(said)) == told


# The error itself


def test_an_error_tells_what_happened_and_what_to_do_in_the_language_of_the_reader():
    error = UserError("run_unknown", run="kdmcse-0")
    assert error.message() == "There is no training kdmcse-0 in this workspace."
    assert "kdmcse runs" in error.hint("ja") and "kdmcse-0" in error.message("ja")
    assert str(error) == f"{error.message()} {error.hint()}"


def nothing_left() -> UserError:
    missing = Reason("data.problems.picture_missing", {"name": "a.png", "nearest": "–"}, 2)
    return UserError("no_pairs_left", file="p.csv", rows=2, reasons=Reasons((missing,)))


@pytest.mark.parametrize(
    "make", [lambda: UserError("port_in_use", port=8501), nothing_left], ids=["plain", "with reasons"]
)
def test_an_error_survives_the_way_between_two_processes(make):
    error = make()
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # as multiprocessing does
    assert type(again) is type(error) and again.code == error.code
    for language in i18n.LANGUAGES:
        assert again.message(language) == error.message(language) and again.hint(language) == error.hint(language)


@pytest.mark.parametrize(
    "make", [lambda: UserError("file_missing", file=ROOT / "x"), nothing_left], ids=["plain", "with reasons"]
)
def test_an_error_survives_json_and_can_be_told_again(make):
    error = make()
    told = json.loads(json.dumps(error.to_dict()))
    assert set(told) == {"code", "fields", "message", "hint"}
    assert told["message"] == error.message() and told["hint"] == error.hint()
    assert UserError(told["code"], **told["fields"]).message() == error.message()


def test_a_reason_in_a_field_is_said_in_the_language_of_the_reader():
    error = UserError("command_unreadable", reason=Reason("cli.reason.names_alone", {"names": "Aiko"}))
    assert error.message() == "The command cannot be read: unknown: Aiko; names stand after --agreed-by."
    assert "不明な指定：Aiko" in error.message("ja") and "unknown" not in error.message("ja")
    assert error.to_dict()["fields"] == {"reason": "unknown: Aiko; names stand after --agreed-by"}
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # as multiprocessing does
    assert again.message("ja") == error.message("ja")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_reason_has_a_sentence(language):
    calls = [
        node
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _name(node.func) == "Reason" and isinstance(node.args[0], ast.Constant)
    ]
    assert len(calls) >= 5
    assert [call.args[0].value for call in calls if not Locale(language).has(call.args[0].value)] == []


def test_several_things_in_a_field_are_listed_as_the_language_does():
    error = UserError("unknown_method", method="x", known=("mcse", "kdmcse"))
    assert "mcse, kdmcse" in error.message() + error.hint()
    assert "mcse、kdmcse" in error.message("ja") + error.hint("ja")
    assert UserError.from_dict(error.to_dict()).message() == error.message()
    assert MISSING in UserError("recipe_unknown", recipe="x", known=()).sentences(Locale("en"))


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_number_in_an_error_is_written_as_it_was_typed(language):
    refused = UserError("setting_out_of_range", field="epochs", value=-5.0, low=0.5, high=120.0)
    said = refused.message(language)
    assert "-5" in said and "120" in said and "0.5" in said and ".0" not in said
