"""What a dataset is enough for, in words. Calculates nothing."""

from collections.abc import Sequence

from kdmcse.cost import FEW_ROWS
from kdmcse.criteria.readiness import OPTIONAL, Readiness
from kdmcse.i18n import Locale, uncapital


def purpose_name(t: Locale, one: Readiness) -> str:
    """What it is enough for, or not."""
    return t(f"readiness.purpose.{one.purpose}")


def state_word(t: Locale, one: Readiness) -> str:
    """Enough, barely, not enough or not there."""
    return t(f"readiness.state.{one.state}")


def readiness_sentence(t: Locale, one: Readiness) -> str:
    """How many rows serve it, and why these are not enough."""
    counts = {"usable": t.number(one.usable), "brought": t.number(one.brought), "aim": t.number(one.aim)}
    if one.state == "not_there":
        return t(f"readiness.none.{one.purpose}")
    form = "enough" if one.state == "enough" else "short"
    why = t(f"readiness.cause.{one.cause}", count=one.count, least=t.number(FEW_ROWS)) if one.cause else None
    return t.join([t(f"readiness.{form}.{one.purpose}", **counts), why])


def readiness_lines(t: Locale, found: Sequence[Readiness]) -> list[str]:
    """A line a purpose; what is not there and no verdict needs is left out."""
    return [
        t("readiness.line", purpose=purpose_name(t, one), state=state_word(t, one), sentence=readiness_sentence(t, one))
        for one in found
        if not (one.purpose in OPTIONAL and one.state == "not_there")
    ]


def not_needed(t: Locale, found: Sequence[Readiness]) -> str | None:
    """What is not there and that no verdict needs, in a sentence; None where all of it is."""
    missing = [uncapital(purpose_name(t, one)) for one in found if one.purpose in OPTIONAL and one.state == "not_there"]
    return t("readiness.not_needed", purposes=t.list(missing)) if missing else None
