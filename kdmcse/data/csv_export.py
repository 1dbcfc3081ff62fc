"""Tables as CSV files that can be opened in a spreadsheet: UTF-8 with a byte order mark, and no cell can start a formula."""

import csv
import io
from typing import TYPE_CHECKING

from kdmcse.i18n import plain_text

if TYPE_CHECKING:
    import pandas as pd


def csv_safe(cell: object) -> str | int | float:
    """`cell` with a leading apostrophe where a spreadsheet would read it as a formula; numbers stay as they are."""
    if isinstance(cell, int | float):
        return cell
    text = plain_text(str(cell))
    return f"'{text}" if text.lstrip('"')[:1] in tuple("=+-@\t\r\0＝＋－＠") else text


def csv_for_spreadsheets(table: "pd.DataFrame") -> bytes:
    """Any table, with its column names as the first row."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([csv_safe(name) for name in table.columns])
    writer.writerows([csv_safe(cell) for cell in row] for row in table.itertuples(index=False))
    return text.getvalue().encode("utf-8-sig")


def csv_for_upload(judged: "pd.DataFrame") -> bytes:
    """Judged pairs as `sentence1,sentence2,score`, which the import reads again. judged: sentence1, sentence2, score."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["sentence1", "sentence2", "score"])
    for row in judged.itertuples(index=False):
        writer.writerow([csv_safe(row.sentence1), csv_safe(row.sentence2), f"{row.score:.3f}".rstrip("0").rstrip(".")])
    return text.getvalue().encode("utf-8-sig")
