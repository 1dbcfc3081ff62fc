"""The numbers behind the charts of a document, for spreadsheets: one XLSX with a sheet a chart, and a CSV a chart. No cell is a formula."""

import io
import re
import zipfile

import pandas as pd

from kdmcse.data.csv_export import csv_for_spreadsheets
from kdmcse.documents.content import Chart, Document, chart_rows, printable
from kdmcse.i18n import plain_text

_DAY = (1980, 1, 1, 0, 0, 0)
"""Of every file within, so that the same content makes the same bytes."""
_WIDTHS = (30, 18)
"""Of the first column and the others, in letters."""


def chart_workbook(document: Document) -> bytes:
    """An XLSX file: a sheet a chart, its title above the table. Full digits."""
    import xlsxwriter

    written = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(written, plain) as book:
        import datetime

        book.set_properties({"title": _clean(document.title), "created": datetime.datetime.fromisoformat(document.day)})
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        titles: set[str] = set()
        for chart in document.charts:
            sheet = book.add_worksheet(_sheet_name(chart, titles))
            sheet.set_column(0, 0, _WIDTHS[0])
            sheet.set_column(1, len(chart.heads), _WIDTHS[1])
            sheet.write_string(0, 0, _clean(_title(chart)), bold)
            for place, head in enumerate(chart.heads):
                sheet.write_string(2, place, _clean(head), bold)
            for number, row in enumerate(chart_rows(chart), 3):
                for place, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(number, place, _clean(value), text)
                    elif value is not None:
                        sheet.write_number(number, place, value)
            sheet.freeze_panes(3, 1)
        if not document.charts:
            book.add_worksheet()
    return written.getvalue()


def chart_csv(chart: Chart) -> bytes:
    """The table of one chart as CSV."""
    table = pd.DataFrame(chart_rows(chart), columns=list(chart.heads), dtype="object")
    return csv_for_spreadsheets(table.where(table.notna(), ""))


def chart_csvs(document: Document) -> bytes:
    """A ZIP file with a CSV a chart."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for chart in document.charts:
            archive.writestr(zipfile.ZipInfo(f"{chart.name}.csv", _DAY), chart_csv(chart), zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _clean(text: str) -> str:
    return printable(plain_text(text))


def _title(chart: Chart) -> str:
    return getattr(chart, "title", "") or " / ".join(getattr(chart, "titles", ()))


def _sheet_name(chart: Chart, taken: set[str]) -> str:
    """As a spreadsheet allows it: 31 letters at most, unlike the others."""
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f']", " ", _clean(_title(chart))).strip()
    cut = name.encode("utf-16-le")[:60].decode("utf-16-le", errors="ignore").strip() or chart.name
    if cut.lower() in taken:
        cut = chart.name
    taken.add(cut.lower())
    return cut
