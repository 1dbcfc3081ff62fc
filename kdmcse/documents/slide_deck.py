"""The deck: size, typefaces and colours of its theme, a title, a foot and notes on every slide, and the file it becomes."""

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from kdmcse.documents.content import Document
from kdmcse.documents.fonts import text_width
from kdmcse.documents.slide_parts import FACES, LANGUAGES, Pen, Style, _bare, _emu, clean, faced
from kdmcse.presentation.palette import GROUP_COLOURS, INK, RULE, SOFT, TONES

_LEFT = 44.0
_TITLE = (24.0, 62.0)
"""Top and height."""
_LAYOUT = 5
"""Of python-pptx's own template, the one with a title alone."""
_DAY = (1980, 1, 1, 0, 0, 0)
"""Of every file within, so that the same content makes the same bytes."""


class Deck:
    """Slides of one document."""

    def __init__(self, document: Document, width: float, height: float) -> None:
        import datetime

        from pptx import Presentation

        self.document, self.width, self.height = document, width, height
        self.deck = Presentation()
        self.deck.slide_width, self.deck.slide_height = _emu(width, height)
        self.layout = self.deck.slide_layouts[_LAYOUT]
        for layout in list(self.deck.slide_layouts):
            if layout is not self.layout and layout.name != self.layout.name:
                self.deck.slide_layouts.remove(layout)
        self._theme()
        self._placeholders()
        about = self.deck.core_properties
        about.title, about.author, about.subject = clean(document.title), "KDMCSE", clean(document.name)
        about.language, about.last_modified_by = LANGUAGES[document.language][0], "KDMCSE"
        about.created = about.modified = datetime.datetime.fromisoformat(f"{document.day}T12:00:00")

    def slide(self, title: str, notes: Sequence[str], *, tone: str = INK, large: bool = False) -> Pen:
        """An empty slide with its title, what stands at its foot, and the notes of the speaker."""
        slide = self.deck.slides.add_slide(self.layout)
        pen = Pen(slide, self.document.language)
        top = _TITLE[0]
        if large:
            pen.text(_LEFT, top, self.width - 2 * _LEFT, 18, [self._about()], Style(12, SOFT))
            top += 26
        self._title(slide, pen, title, Style(32 if large else 25, tone, True), top)
        self._foot(pen)
        if notes:
            self._notes(slide, [self.document.measured_label, *notes])
        return pen

    def divider(self, title: str) -> None:
        """A slide that says what follows."""
        slide = self.deck.slides.add_slide(self.layout)
        pen = Pen(slide, self.document.language)
        self._title(slide, pen, title, Style(36, TONES["plain"], True), self.height / 2 - 50)
        self._foot(pen)

    def to_bytes(self) -> bytes:
        """The file, the same for the same content."""
        written, again = io.BytesIO(), io.BytesIO()
        self.deck.save(written)
        with zipfile.ZipFile(written) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                data = old.read(name)
                if name.endswith(".xlsx"):
                    data = undated(data)
                new.writestr(zipfile.ZipInfo(name, _DAY), data, zipfile.ZIP_DEFLATED)
        return again.getvalue()

    def _about(self) -> str:
        return f"{self.document.heading} · {self.document.name} · {self.document.date}"

    def _title(self, slide: Any, pen: Pen, title: str, style: Style, top: float) -> None:
        """In the placeholder, so that outlines and screen readers find it; smaller where it is long."""
        room = self.width - 2 * _LEFT
        while style.size > 14 and text_width(clean(title), style.size, bold=True) > room * 0.97:
            style = Style(style.size - 1, style.colour, True)
        shape = slide.shapes.title
        shape.left, shape.top, shape.width, shape.height = _emu(_LEFT, top, room, _TITLE[1] - 14)
        _bare(shape.text_frame)
        pen.paragraph(shape.text_frame.paragraphs[0], title, style)

    def _foot(self, pen: Pen) -> None:
        style, top = Style(10, SOFT), self.height - 28
        pen.box(_LEFT, top - 6, self.width - 2 * _LEFT, 0.75, RULE)
        said = self.document.notice or self._about()
        pen.text(_LEFT, top, self.width - 2 * _LEFT - 60, 14, [said], style)
        box = pen.text(self.width - _LEFT - 50, top, 50, 14, [""], style)
        paragraph = box.text_frame.paragraphs[0]
        for run in list(paragraph.runs):
            paragraph._p.remove(run._r)
        pen.paragraph(paragraph, "0", style, right=True)
        _numbered(paragraph)

    def _notes(self, slide: Any, texts: Sequence[str]) -> None:
        frame = slide.notes_slide.notes_text_frame
        for number, text in enumerate(texts):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text = clean(text)
            run.font.bold = number == 0
            faced(run._r.get_or_add_rPr(), self.document.language)

    def _theme(self) -> None:
        """The theme's own typefaces and colours, for what somebody adds later."""
        from pptx.opc.constants import RELATIONSHIP_TYPE

        part = self.deck.slide_masters[0].part.part_related_by(RELATIONSHIP_TYPE.THEME)
        latin, japanese = FACES[self.document.language]
        theme = part.blob.decode("utf-8")
        for kind in ("majorFont", "minorFont"):
            faces = f'<a:latin typeface="{latin}"/><a:ea typeface="{japanese}"/><a:cs typeface=""/>'
            theme = re.sub(
                rf"(<a:{kind}>)<a:latin [^>]*/><a:ea [^>]*/><a:cs [^>]*/>", lambda m, faces=faces: m[1] + faces, theme
            )
        for number, colour in enumerate(GROUP_COLOURS[:6], 1):
            theme = re.sub(
                rf"(<a:accent{number}><a:srgbClr val=\")[0-9A-Fa-f]{{6}}",
                lambda m, colour=colour: m[1] + colour[1:].upper(),
                theme,
            )
        part._blob = theme.encode("utf-8")

    def _placeholders(self) -> None:
        """The template is made for 4 to 3: its places are widened, and its foot, which no slide shows, taken out of the layout."""
        master = self.deck.slide_masters[0]
        across = self.width * 12700 / 9144000
        for shape in master.shapes:
            shape.left, shape.width = round(shape.left * across), round(shape.width * across)
        for shape in list(self.layout.placeholders):
            if shape.placeholder_format.idx == 0:
                room = self.width - 2 * _LEFT
                shape.left, shape.top, shape.width, shape.height = _emu(_LEFT, _TITLE[0], room, _TITLE[1])
            else:
                shape._element.getparent().remove(shape._element)


def undated(data: bytes) -> bytes:
    """An XLSX file without the moment at which it was written."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb">[^<]*Z</dcterms:", b">2000-01-01T00:00:00Z</dcterms:", content)
            new.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _numbered(paragraph: Any) -> None:
    """The run becomes the number of its slide."""
    from pptx.oxml.ns import qn

    run = paragraph.runs[0]._r
    field = run.makeelement(qn("a:fld"), {"id": "{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}", "type": "slidenum"})
    for child in list(run):
        field.append(child)
    run.getparent().replace(run, field)
