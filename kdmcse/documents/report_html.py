"""A proof of concept as one HTML file for a meeting: self-contained, printable on A4, no script, nothing fetched.

What comes from an upload is escaped by the template.
"""

import datetime
from pathlib import Path

from kdmcse.documents.report_content import ReportContent
from kdmcse.i18n import MISSING, Locale
from kdmcse.results.analysis import Analysis
from kdmcse.store.files import write_file


def write_report(analysis: Analysis, out: Path, language: str, *, today: datetime.date) -> None:
    """The report as the file `out`, whole or not at all."""
    write_file(Path(out), render_html(analysis, language, today=today).encode("utf-8"))


def render_html(analysis: Analysis, language: str, *, today: datetime.date) -> str:
    """The report in `language`, judged and dated `today`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    t = Locale(language)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    return template.render(page=ReportContent(t, analysis, today), t=t, date=t.date(today), dash=MISSING)
