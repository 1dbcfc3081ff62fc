"""Slides, PDF and page say the same, in the language asked for: each file is opened again and read."""

import dataclasses
import datetime
import io
import re
import zipfile

import openpyxl
import pytest
from example_poc import PRICES, analysed, complete, import_example

from kdmcse import cost
from kdmcse.config import BASELINE
from kdmcse.documents.chart_data import chart_csv, chart_csvs, chart_workbook
from kdmcse.documents.content import (
    Bar,
    BarChart,
    Bullets,
    Document,
    Phrases,
    Section,
    Sentence,
    Table,
    chart_rows,
    printable,
)
from kdmcse.documents.fonts import wrapped
from kdmcse.documents.report import FORMATS, file_name, render
from kdmcse.documents.report_content import report
from kdmcse.documents.report_html import render_html
from kdmcse.documents.report_pdf import render_pdf
from kdmcse.documents.report_pptx import render_pptx
from kdmcse.documents.slide_parts import FACES
from kdmcse.evaluation import projection
from kdmcse.evaluation.projection import project_run
from kdmcse.i18n import LANGUAGES, plain_text
from kdmcse.results.outlook import default_scenario
from kdmcse.roi import scenario_store
from kdmcse.store.workspace import Workspace

TODAY = datetime.date(2026, 4, 1)
FORMULA = "=cmd|' /C calc'!A0"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A complete proof of concept with two scenarios, one of them named like a formula, and a map."""
    folder = tmp_path_factory.mktemp("forms")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "sources", sts=200, decisions=180, pairs=120, name="Pilot #1 *x*")
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    plain = default_scenario(analysed(workspace, dataset).results, "Plan")
    for name in ("Plan", FORMULA):
        scenario_store.save(workspace, dataset.fingerprint, dataclasses.replace(plain, name=name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "MIN_UMAP_PAIRS", 10**6)
        project_run(runs["kdmcse"][1], runs[BASELINE][0])
    return analysed(workspace, dataset)


@pytest.fixture(scope="module", params=LANGUAGES)
def document(found, request) -> Document:
    return report(found, request.param, today=TODAY)


@pytest.fixture(scope="module")
def deck(document):
    from pptx import Presentation

    return Presentation(io.BytesIO(render_pptx(document)))


def simple(text: str) -> str:
    """Without blanks and marks that a form may set otherwise."""
    return re.sub(r"[\s\u2060\u200b]+", "", plain_text(printable(text)))


def shapes(deck):
    return [shape for slide in deck.slides for shape in slide.shapes]


def slide_texts(deck) -> str:
    texts = []
    for shape in shapes(deck):
        if shape.has_text_frame:
            texts.append(shape.text_frame.text)
        elif shape.has_table:
            texts += [cell.text_frame.text for row in shape.table.rows for cell in row.cells]
        elif shape.has_chart:
            axis = shape.chart.category_axis
            texts += [axis.axis_title.text_frame.text] if axis.has_title else []
            for plot in shape.chart.plots:
                texts += [str(one) for one in [*plot.categories, *(series.name for series in plot.series)]]
    return simple(" ".join(texts))


def pdf_text(data: bytes) -> str:
    import pypdfium2

    pdf = pypdfium2.PdfDocument(data)
    return simple(" ".join(page.get_textpage().get_text_bounded() for page in pdf))


def test_every_text_of_the_content_is_in_every_form(document, deck):
    import html

    page = simple(html.unescape(re.sub(r"<[^>]*>", " ", render_html(document))))
    printed, slides = pdf_text(render_pdf(document)), slide_texts(deck)
    notes = simple(" ".join(slide.notes_slide.notes_text_frame.text for slide in deck.slides if slide.has_notes_slide))
    assert len(document.texts) > 200
    said = [one for one in map(simple, document.texts) if one and one != simple(document.sections[0].title)]
    for text in said:  # the first section begins with its headline
        assert text in page, text
        assert text in slides + notes, text
    # A long text goes on on another page, after a foot.
    missing = [text for text in said if text not in printed]
    assert len(missing) <= 12 and all(text[:12] in printed for text in missing), missing


def test_slides_hold_native_charts_with_the_values_of_the_content(document, deck):
    charts = [shape.chart for shape in shapes(deck) if shape.has_chart]
    drawn = [[float(value) for series in chart.plots[0].series for value in series.values] for chart in charts]
    for chart in document.charts:
        if isinstance(chart, BarChart):
            assert [bar.value for bar in chart.bars] in drawn, chart.name
        elif chart.name == "curve":
            ups = [up for line in chart.lines for _, up in line.points] + [
                line.mark[1] for line in chart.lines if line.mark
            ]
            assert ups in drawn
        else:
            for side in ("before", "after"):
                assert [up for group in chart.groups for _, up in getattr(group, side)] in drawn
    intervals = [one for chart in charts for one in chart._chartSpace.iter() if one.tag.endswith("}errBars")]
    assert len(intervals) == sum(isinstance(chart, BarChart) for chart in document.charts)


def test_every_run_on_a_slide_and_in_a_chart_names_both_typefaces(document, deck):
    latin, japanese = FACES[document.language]
    roots = [slide._element for slide in deck.slides]
    roots += [slide.notes_slide.notes_text_frame._txBody for slide in deck.slides if slide.has_notes_slide]
    runs = [
        one.find(one.tag.rpartition("}")[0] + "}rPr")
        for root in roots
        for one in root.iter()
        if one.tag.endswith(("}main}r", "}r", "}fld")) and "drawingml" in one.tag
    ]
    charts = [shape.chart._chartSpace for shape in shapes(deck) if shape.has_chart]
    runs += [one for chart in charts for one in chart.iter() if one.tag.endswith(("}defRPr", "}rPr"))]
    assert len(runs) > 300
    for properties in runs:
        faces = {child.tag.rpartition("}")[2]: child.get("typeface") for child in properties}
        assert (faces["latin"], faces["ea"]) == (latin, japanese) and properties.get("lang")


def test_slides_are_wide_have_a_title_a_number_and_texts_for_those_who_cannot_see(document, deck):
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9)
    for slide in deck.slides:
        assert slide.shapes.title.text_frame.text
        assert b'type="slidenum"' in slide.part.blob
    about = [
        one._element.xpath(".//p:cNvPr")[0].get("descr")
        for one in shapes(deck)
        if one.has_chart or one.shape_type == 13
    ]
    assert len(about) > 8 and all(about)
    first = [section for section in document.sections if not section.appendix]
    assert len(first) <= 10
    noted = [slide for slide in deck.slides if slide.has_notes_slide]
    assert len(noted) >= len([section for section in first if section.measured])


def test_nothing_on_a_slide_runs_over_its_box_or_its_slide(document, deck):
    for shape in shapes(deck):
        assert shape.left >= 0 and shape.left + shape.width <= deck.slide_width + 1, shape.name
        assert shape.top >= 0 and shape.top + shape.height <= deck.slide_height, shape.name
        if shape.has_text_frame and shape.text_frame.text and not shape.is_placeholder:
            lines, tall = 0, 0.0
            for paragraph in shape.text_frame.paragraphs:
                run = next(iter(paragraph.runs), None)
                if run is not None:
                    size, text = run.font.size.pt, "".join(one.text for one in paragraph.runs)
                    lines = len(wrapped(text, shape.width / 12700, size, bold=bool(run.font.bold)))
                    tall += lines * paragraph.line_spacing.pt
            assert tall <= shape.height / 12700 + 1, shape.text_frame.text


def test_the_pdf_has_its_language_its_title_and_its_own_fonts(document):
    import pypdfium2

    data = render_pdf(document)
    pdf = pypdfium2.PdfDocument(data)
    assert pdf.get_metadata_value("Title") == document.title
    assert f"/Lang({'ja-JP' if document.language == 'ja' else 'en-US'})".encode() in data.replace(b"/Lang (", b"/Lang(")
    assert b"NotoSansCJKjp" in data and b"DejaVu" not in data and b"Libertinus" not in data
    assert all(page.get_width() == pytest.approx(595, abs=1) for page in pdf)
    assert render_pdf(document) == data, "the same content makes the same bytes"


def test_each_form_is_the_same_for_the_same_content(found):
    for form in (*FORMATS, "xlsx", "zip"):
        first, again = (render(found, "ja", form, today=TODAY) for _ in range(2))
        assert first == again, form
    with pytest.raises(KeyError):
        render(found, "fr", "html", today=TODAY)


def test_the_numbers_behind_charts_are_in_full_digits_and_no_cell_is_a_formula(document):
    book = openpyxl.load_workbook(io.BytesIO(chart_workbook(document)))
    assert len(book.worksheets) == len(document.charts)
    for sheet, chart in zip(book.worksheets, document.charts, strict=True):
        rows = [[cell for cell in row] for row in sheet.iter_rows(min_row=4, values_only=True)]
        for row, wanted in zip(rows, chart_rows(chart), strict=True):
            assert row == [*map(_comparable, wanted)]
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    names = zipfile.ZipFile(io.BytesIO(chart_csvs(document))).namelist()
    assert names == [f"{chart.name}.csv" for chart in document.charts]
    values = next(chart for chart in document.charts if chart.name == "value")
    assert f"'{FORMULA}" in chart_csv(values).decode("utf-8-sig")


def _comparable(value):
    """As a sheet of 16 digits holds it."""
    return plain_text(value) if isinstance(value, str) else value and pytest.approx(value, rel=1e-12)


def test_no_name_of_a_user_becomes_a_formula_in_the_sheet_of_a_chart(deck):
    for shape in shapes(deck):
        if shape.has_chart:
            book = openpyxl.load_workbook(io.BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob))
            assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


def small(section: Section, **changes) -> Document:
    about = dict.fromkeys(("title", "heading", "name", "date", "appendix", "footer", "measured_label"), "x")
    return Document(
        language="en", day="2026-04-01", colon=": ", continued="{title} (2)", sections=[section], **(about | changes)
    )


def test_what_does_not_fit_on_one_slide_goes_on_on_the_next():
    from pptx import Presentation

    rows = [[f"row {number}", "a sentence that takes some room in its cell " * 4] for number in range(60)]
    section = Section("s", "Long", [Sentence("First"), Table(rows, ["a", "b"]), Bullets(["word " * 80] * 12)])
    deck = Presentation(io.BytesIO(render_pptx(small(section))))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles[0] == "Long" and len(titles) > 4 and set(titles[1:]) == {"Long (2)"}
    assert all(f"row{number}" in slide_texts(deck) for number in range(60))
    assert max(shape.top + shape.height for shape in shapes(deck)) <= deck.slide_height


@pytest.mark.parametrize(
    "text", ["#set page(", "*b* _i_ $x$ @a <b> #x[", "\\u{1F600} // /* ", "a\x00\x0bb\ud800", "]]>", FORMULA]
)
def test_whatever_an_upload_holds_is_text_in_every_form(text):
    from pptx import Presentation

    chart = BarChart(
        "c", text, text, [Bar(text, 1.0, 0.5, 2.0, text, "#1f4e79")], ["", "", "", ""], ticks={0.0: "", 2.0: ""}
    )
    section = Section("s", text, [Sentence(text), Table([[text, text]], caption=text), chart, Phrases([], text)])
    made = small(section, name=text, title=text, notice=text)
    assert simple(text) in pdf_text(render_pdf(made)) or len(text) > 12
    assert simple(text) in slide_texts(Presentation(io.BytesIO(render_pptx(made))))
    assert "<b>" not in render_html(made) and render_html(made).count("<svg") == 1
    assert chart_workbook(made)


def test_two_different_reports_never_share_a_name():
    assert file_name("店 / 1", b"a", "pdf") != file_name("店 / 1", b"b", "pdf")
    assert re.fullmatch(r"kdmcse-店-1-[0-9a-f]{10}\.pdf", file_name("店 / 1", b"a", "pdf"))


def test_japanese_breaks_no_line_before_what_closes_nor_after_what_opens():
    lines = wrapped("新モデルは、現行モデルを上回りました（0.29）。コーヒーカップ、マグカップ。" * 4, 120, 12)
    assert not [line for line in lines if line[0] in "、。）ー" or line[-1] in "（"]
    assert "".join(lines) == "新モデルは、現行モデルを上回りました（0.29）。コーヒーカップ、マグカップ。" * 4
