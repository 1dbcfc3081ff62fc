"""A proof of concept as one HTML file for a meeting: self-contained, printable on A4, no script, nothing fetched.

What comes from an upload is escaped by the template.
"""

import datetime
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from kdmcse.documents.report_content import ReportContent
from kdmcse.i18n import MISSING, Locale
from kdmcse.presentation.settings import choice_sentences, option_rows
from kdmcse.results.analysis import Analysis
from kdmcse.store.files import write_file

if TYPE_CHECKING:
    from jinja2 import Template


def write_report(analysis: Analysis, out: Path, language: str, *, today: datetime.date) -> None:
    """The report as the file `out`, whole or not at all."""
    write_file(Path(out), render_html(analysis, language, today=today).encode("utf-8"))


def render_html(analysis: Analysis, language: str, *, today: datetime.date) -> str:
    """The report in `language`, judged and dated `today`."""
    t = Locale(language)
    page, results = ReportContent(t, analysis, today), analysis.results
    chosen = {
        "choice_sentences": choice_sentences(t, results.choices, results.dataset),
        "option_rows": option_rows(t, results.choices),
    }
    return _template().render(page=page, t=t, date=t.date(today), dash=MISSING, **chosen)


@functools.cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")
