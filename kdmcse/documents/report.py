"""The report of a proof of concept in one of its forms, as bytes or as a file: slides, PDF or HTML; and its numbers as workbooks."""

import datetime
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from kdmcse.documents.chart_data import chart_csvs, chart_workbook
from kdmcse.documents.content import Document
from kdmcse.documents.report_content import report
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.documents.report_html import render_html
from kdmcse.documents.report_pdf import render_pdf
from kdmcse.documents.report_pptx import render_pptx
from kdmcse.documents.return_workbook import cost_workbook, return_workbook
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.results.analysis import Analysis
from kdmcse.results.outlook import default_scenario, has_saving
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
    """The report in one of `FORMATS`, judged and dated `today`; or its chart data: `xlsx`, or CSV files as `zip`; or the live `workbook`.

    The same bytes for the same content. KeyError for another form or language. ValueError for a workbook without costs.
    """
    if language not in LANGUAGES:
        raise KeyError(f"no such language: {language}")
    if form == "workbook":
        return _workbook(Locale(language), analysis, today)
    return _FORMS[form](report(analysis, language, today=today))


def _workbook(t: Locale, analysis: Analysis, today: datetime.date) -> bytes:
    """Cost and return of the scenario that the report shows, else of what is proposed; without a return the costs alone."""
    outlook = next(iter(ReportFacts(t, analysis, today).outlooks), None)
    if outlook is None and has_saving(analysis.costs()):
        outlook = analysis.outlook(default_scenario(analysis.results, t("workbook.proposed")), today)
    if outlook is not None:
        return return_workbook(t, outlook, day=today)
    if (comparison := analysis.costs().comparison) is None:
        raise ValueError("there are no costs")
    return cost_workbook(t, comparison, day=today)


def write_report(
    analysis: Analysis, out: Path | str, language: str, *, today: datetime.date, format: Format = "html"
) -> None:
    """The report as the file `out`, whole or not at all."""
    write_file(Path(out), render(analysis, language, format, today=today))


def file_name(dataset: str, content: bytes, form: str) -> str:
    """Named by dataset and content: two different reports never share a name."""
    name = re.sub(r"[^\w-]+", "-", dataset).strip("-")[:40] or "dataset"
    ending = "xlsx" if form == "workbook" else form
    return f"kdmcse-{name}-{hashlib.sha256(content).hexdigest()[:10]}.{ending}"
