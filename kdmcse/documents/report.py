"""The report of a proof of concept in one of its forms, as bytes or as a file: slides, PDF or HTML; and the numbers behind its charts."""

import datetime
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from kdmcse.documents.chart_data import chart_csvs, chart_workbook
from kdmcse.documents.content import Document
from kdmcse.documents.report_content import report
from kdmcse.documents.report_html import render_html
from kdmcse.documents.report_pdf import render_pdf
from kdmcse.documents.report_pptx import render_pptx
from kdmcse.i18n import LANGUAGES
from kdmcse.results.analysis import Analysis
from kdmcse.store.files import write_file

Format = Literal["html", "pdf", "pptx"]
FORMATS = get_args(Format)
_FORMS: dict[str, Callable[[Document], bytes]] = {
    "html": lambda document: render_html(document).encode("utf-8"),
    "pdf": render_pdf,
    "pptx": render_pptx,
    "xlsx": chart_workbook,
    "zip": chart_csvs,
}


def render(analysis: Analysis, language: str, form: str, *, today: datetime.date) -> bytes:
    """The report in one of `FORMATS`, judged and dated `today`; or its chart data: `xlsx`, or CSV files as `zip`.

    The same bytes for the same content. KeyError for another form or language.
    """
    if language not in LANGUAGES:
        raise KeyError(f"no such language: {language}")
    return _FORMS[form](report(analysis, language, today=today))


def write_report(
    analysis: Analysis, out: Path | str, language: str, *, today: datetime.date, format: Format = "html"
) -> None:
    """The report as the file `out`, whole or not at all."""
    write_file(Path(out), render(analysis, language, format, today=today))


def file_name(dataset: str, content: bytes, form: str) -> str:
    """Named by dataset and content: two different reports never share a name."""
    name = re.sub(r"[^\w-]+", "-", dataset).strip("-")[:40] or "dataset"
    return f"kdmcse-{name}-{hashlib.sha256(content).hexdigest()[:10]}.{form}"
