"""What a method is called: SimCSE, MCSE, KDMCSE and the others, and the student as it is."""

from kdmcse.config import BASELINE
from kdmcse.i18n import Locale


def method_name(t: Locale, method: str) -> str:
    """As it begins a row or stands in a legend. KeyError for an unknown method."""
    return t(f"results.method.{method}")


def method_in_sentence(t: Locale, method: str) -> str:
    """As it stands in the midst of a sentence."""
    return t(f"results.name.{method}") if method == BASELINE else method_name(t, method)
