"""In which language captions are: as the upload says, else whether they have Japanese letters."""

import re

import pandas as pd

COLUMNS = ("language", "lang", "言語")
"""Names of a column that says it."""
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def column_of_language(pairs: pd.DataFrame) -> str | None:
    """The column of the upload that says it, None where there is none."""
    known = {name.strip().lower(): name for name in pairs.columns}
    return next((known[name] for name in COLUMNS if name in known), None)


def languages(pairs: pd.DataFrame) -> pd.Series:
    """Of each pair the language of its caption: as the upload has it, else `ja` or `other`."""
    if column := column_of_language(pairs):
        return pairs[column].astype(str)
    japanese = pairs["caption"].astype(str).str.contains(_JAPANESE)
    return japanese.map({True: "ja", False: "other"}).astype(str)
