"""Text of the user's as text, wherever it is shown. No Streamlit here."""

import re

_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object) -> str:
    """`text` for a place that reads Markdown, shown as it is: every mark escaped, line breaks to spaces, a space that breaks no line kept."""
    return _MARKUP.sub(r"\\\1", re.sub(r"[^\S\u00a0]+", " ", str(text)))
