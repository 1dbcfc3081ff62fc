"""The terms that pages and report use, each explained in one sentence. The sentences stand in `messages/glossary.*.toml`.

    t("glossary.payback"), t("glossary.term.payback")

The first explains a term where it stands, as help of an input or a heading; the second is what it is called.
"""

from kdmcse.i18n import Locale, sentences

_TERM = "glossary.term."


def glossary(t: Locale) -> list[tuple[str, str]]:
    """Every term with its explanation, in the order of the room: what is compared, measured, paid, agreed on, trained."""
    keys = [key.removeprefix(_TERM) for key in sentences(t.language) if key.startswith(_TERM)]
    return [(t(f"{_TERM}{key}"), t(f"glossary.{key}")) for key in keys]
