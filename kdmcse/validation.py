"""How values are checked: what is allowed stands in the type of a field, pydantic compares, and what it refuses becomes a UserError here."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform, get_args, get_origin

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, WrapValidator
from pydantic.dataclasses import dataclass as pydantic_dataclass

from kdmcse.errors import Reason, UserError

T = TypeVar("T")
MAX_AMOUNT = 1e12
"""in the units of the field"""
_STRICT = ConfigDict(strict=True, allow_inf_nan=False, extra="forbid")
_MISSING, _UNKNOWN = "missing", "unexpected_keyword_argument"
_CODES = {"int_type": "setting_not_whole", "string_type": "not_a_text"} | dict.fromkeys(
    ("dict_type", "dataclass_type", "dataclass_exact_type"), "not_a_table"
)
_AS_TEXT = ("not_a_number", "not_a_text", "not_a_table", "setting_not_a_choice", "setting_not_whole", "setting_is_text")
_SHOWN = 60  # characters of a value that may be anything


@dataclass(frozen=True, eq=False)
class ErrorCodes:
    """Part of a type: pydantic's name of a problem -> the code by which this type tells it, where that is not the usual one."""

    codes: Mapping[str, str]


class Refused(ValueError):
    """What a check that is part of a type raises: it becomes the UserError of this code at the field of the type."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code, fields)


def before(check: Callable[[Any], Any]) -> BeforeValidator:
    """Part of a type: what becomes of a value first. `check` raises `Refused`, or a UserError that names a field within the value."""
    return BeforeValidator(_collected(check))


def after(check: Callable[[Any], Any]) -> AfterValidator:
    """The same, of a value that fits the rest of the type."""
    return AfterValidator(_collected(check))


def table_of(kind: type) -> BeforeValidator:
    """Part of a type: a table is taken for the arguments of this `checked` class."""
    return before(lambda given: kind(**given) if isinstance(given, Mapping) else given)


def _collected(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A UserError as pydantic collects it: of several problems the first counts, whoever finds it."""

    def collected(value: Any) -> Any:
        try:
            return check(value)
        except UserError as error:
            raise Refused(error.code, **error.fields) from error

    return collected


def _as_entered(value: Any, check: Callable[[Any], Any]) -> Any:
    check(value)
    return value


def _not_zero(value: float) -> float:
    if value == 0:
        raise Refused("volume_zero")
    return value


def _known_currency(value: Any) -> str:
    from babel.core import get_global

    if not isinstance(value, str) or value not in get_global("all_currencies"):
        raise Refused("currency_unknown", value=value)
    return value


Amount = Annotated[float, Field(ge=0, le=MAX_AMOUNT)]
Share = Annotated[float, Field(ge=0, le=1)]
Cosine = Annotated[float, Field(ge=-1, le=1)]
Currency = Annotated[str, before(_known_currency)]
"""an ISO 4217 code"""
Entered = Annotated[
    T, WrapValidator(_as_entered), ErrorCodes(dict.fromkeys(("float_type", "finite_number"), "not_a_number"))
]
"""A number that is kept as it was entered: 1 does not become 1.0."""
NOT_NEGATIVE = ErrorCodes({"greater_than_equal": "amount_negative"})
NOT_ZERO = after(_not_zero)


@dataclass_transform(frozen_default=True)
def checked(
    cls: type | None = None,
    *,
    room: str = "",
    missing: str | None = None,
    unknown: str | None = None,
    kw_only: bool = False,
) -> Any:
    """A frozen dataclass whose values pydantic checks against their types at birth, without converting text to numbers.

    The first value that does not fit raises the UserError of `refusal`, its field within `room`. `missing`, `unknown`: codes by which an argument
    that is missing or unknown is refused; None: by a TypeError. A whole number for a decimal field is kept as a decimal, unless it is `Entered`.
    """
    if cls is None:
        return functools.partial(checked, room=room, missing=missing, unknown=unknown, kw_only=kw_only)
    made = pydantic_dataclass(frozen=True, kw_only=kw_only, config=_STRICT)(cls)
    check, names = made.__init__, [f.name for f in dataclasses.fields(made) if not f.kw_only]

    @functools.wraps(check)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) > len(names):
            raise TypeError(f"{made.__name__} takes {len(names)} arguments, {len(args)} were given")
        try:
            check(self, **dict(zip(names, args, strict=False)), **kwargs)
        except ValidationError as error:
            raise refusal(made, error, room, {_MISSING: missing, _UNKNOWN: unknown}) from None

    made.__init__ = __init__
    return made


def fitting(kind: Any, field: str, value: Any) -> Any:
    """`value` as a field of this type keeps it. UserError naming the field where it does not fit."""
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as error:
        raise _user_error(error.errors(include_url=False)[0], kind, field) from None


def within(field: str, value: float, **ends: float) -> None:
    """UserError naming the field unless `value` is a finite number between these ends: `ge`, `gt` and `le` as pydantic has them."""
    fitting(Annotated[float, Field(**ends)], field, value)


@functools.cache
def _adapter(kind: Any) -> TypeAdapter:
    return TypeAdapter(kind, config=_STRICT)


def refusal(kind: type, error: ValidationError, room: str, arguments: Mapping[str, str | None]) -> Exception:
    """What a failed validation of a `checked` class means to the person who entered the value. arguments: codes of wrong arguments."""
    order = (_UNKNOWN, _MISSING)  # before what is wrong with a value
    problems = error.errors(include_url=False)
    first = next((one for why in order for one in problems if one["type"] == why), problems[0])
    types = {f.name: f.type for f in dataclasses.fields(kind)}
    name = str(first["loc"][0])
    field = f"{room}/{name}" if room else name
    if first["type"] not in order:
        return _user_error(first, types[name], field)
    if (code := arguments[first["type"]]) is None:
        return TypeError(f"{kind.__name__}: {first['msg']}: {name}")
    return UserError(code, field=field, **({"known": tuple(types)} if first["type"] == _UNKNOWN else {}))


def _user_error(problem: Mapping[str, Any], kind: Any, field: str) -> UserError:
    """`setting_not_whole`, `setting_is_text` and so on for a value of another type, else `setting_out_of_range`, or `setting_not_above` where the
    lower end itself is not allowed, with the range of the type."""
    why, value, choices = problem["type"], problem["input"], choices_of(kind)
    if why == "value_error":
        code, fields = problem["ctx"]["error"].args
        return UserError(code, **{"field": field} | fields)
    codes = {why: code for mark in _marks(kind) if isinstance(mark, ErrorCodes) for why, code in mark.codes.items()}
    code = (_CODES | codes).get(why, "setting_not_a_choice" if choices else "setting_out_of_range")
    if code in ("setting_not_whole", "setting_out_of_range") and why not in codes:
        code = _code_of_number(code, value, kind)
    fields = {"field": field, "value": str(value)[:_SHOWN] if code in _AS_TEXT and value is not None else value}
    if code == "setting_not_a_choice":
        fields["known"] = choices
    if code in ("setting_not_whole", "setting_is_text"):
        fields["allowed"] = _allowed(kind)
    if code in ("setting_out_of_range", "setting_not_above"):
        fields["low"], fields["high"] = range_of(kind)
    return UserError(code, **fields)


def _code_of_number(code: str, value: Any, kind: Any) -> str:
    """What is truly wrong with a value that is not the number that it must be."""
    if isinstance(value, str):
        return "setting_is_text"
    if code == "setting_not_whole":
        # 1e9 is as whole as it is too large: what is wrong with it is its size.
        too_far = isinstance(value, float) and value.is_integer() and _ends(kind) and not _within(value, kind)
        return "setting_out_of_range" if too_far else code
    if value is None or isinstance(value, bool | list | tuple | Mapping):
        return "not_a_number"
    return "setting_not_above" if _is_open(kind) else code


def _allowed(kind: Any) -> Reason:
    """The numbers that a type takes, and the words beside them, in words."""
    number = next((one for one in (kind, *get_args(kind)) if get_origin(one) is Annotated), kind)
    what = "whole" if get_args(number)[:1] == (int,) or number is int else "number"
    if not _ends(kind):
        return Reason(f"settings.allowed.any_{what}")
    low, high = (str(end).removesuffix(".0") for end in range_of(kind))
    key = f"settings.allowed.{what}_above" if _is_open(kind) else f"settings.allowed.{what}"
    if words := [word for one in get_args(kind) for word in choices_of(one)]:
        return Reason("settings.allowed.number_or_word", {"low": low, "high": high, "words": ", ".join(words)})
    return Reason(key, {"low": low, "high": high})


def _within(value: float, kind: Any) -> bool:
    low, high = range_of(kind)
    return low <= value <= high


def _is_open(kind: Any) -> bool:
    """Whether the least number itself is not allowed."""
    return any(hasattr(end, "gt") for end in _ends(kind))


def choices_of(kind: Any) -> tuple[str, ...]:
    """The words that a type takes; none where it is a number."""
    if kind is bool:
        return ("true", "false")
    return get_args(kind) if get_origin(kind) is Literal else ()


def range_of(kind: Any) -> tuple[float, float]:
    """The least and the greatest number that a type takes; the least itself only where it is not open."""
    ends = _ends(kind)
    low = next(getattr(end, "ge", getattr(end, "gt", None)) for end in ends if hasattr(end, "ge") or hasattr(end, "gt"))
    return low, next(end.le for end in ends if hasattr(end, "le"))


def _ends(kind: Any) -> list[Any]:
    return [end for mark in _marks(kind) for end in getattr(mark, "metadata", ())]


def _marks(kind: Any) -> tuple[Any, ...]:
    """What stands beside the type, also of one that may be None or a word."""
    return next((one.__metadata__ for one in (kind, *get_args(kind)) if get_origin(one) is Annotated), ())
