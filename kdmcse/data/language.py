"""In which language texts are, as far as models are proposed by it."""

import re
from collections.abc import Sequence

_KANA = re.compile("[\u3041-\u30ff]")
_SHARE = 0.2
"""Of Japanese texts more have kana in them, of any others fewer."""


def language_of(texts: Sequence[str]) -> str:
    """`ja` or, for whatever else and for none, `en`. Kana are Japanese alone; names of goods may have none."""
    return "ja" if sum(bool(_KANA.search(text)) for text in texts) > _SHARE * len(texts) else "en"
