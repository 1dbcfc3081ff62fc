"""What stands on slides: text in boxes that it fits, cards, tables, pictures. Lengths are in points (1/72 inch); a slide is 960 by 540.

Every run names its typefaces, Latin and Japanese, and its language. Line heights are fixed, so that what was measured here holds in every program.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from kdmcse.documents.content import Card, Cards, Example, Examples, Phrase, Phrases, Table, printable
from kdmcse.documents.fonts import text_width, wrapped
from kdmcse.i18n import plain_text
from kdmcse.presentation.palette import INK, RULE, SOFT, TONES, WASH

FACES = {"en": ("Arial", "Yu Gothic"), "ja": ("Yu Gothic", "Yu Gothic")}
"""Latin and Japanese typeface: both come with Office, on Windows and on a Mac."""
LANGUAGES = {"en": ("en-US", "ja-JP"), "ja": ("ja-JP", "en-US")}
LINE = 1.34
"""Height of a line by the size of its letters."""
CELL = (7.0, 4.0)
"""Space beside and above the text of a cell."""
PICTURE = 92.0
"""Height of the picture of an example."""


@dataclass(frozen=True)
class Style:
    """How a text is written."""

    size: float
    colour: str = INK
    bold: bool = False
    after: float = 0.0
    """space below a paragraph"""
    indent: float = 0.0
    """room for the mark of a list"""

    def scaled(self, scale: float) -> "Style":
        return Style(round(self.size * scale * 2) / 2, self.colour, self.bold, self.after * scale, self.indent * scale)


def clean(text: str) -> str:
    """A text as slides take it: without control characters and the marks that keep it on one line."""
    return printable(plain_text(text))


def lines_of(text: str, style: Style, width: float) -> Sequence[str]:
    """The lines that it takes; a little room is left for typefaces that run wider."""
    return wrapped(clean(text), (width - style.indent) * 0.97, style.size, bold=style.bold)


def text_height(texts: Sequence[str], style: Style, width: float) -> float:
    """Of paragraphs one below the other."""
    rows = sum(len(lines_of(text, style, width)) for text in texts)
    return rows * style.size * LINE + max(0, len(texts)) * style.after


class Pen:
    """Draws on one slide."""

    def __init__(self, slide: Any, language: str) -> None:
        self.slide, self.language = slide, language

    # -- text

    def text(
        self, x: float, y: float, width: float, height: float, texts: Sequence[str], style: Style, *, mark: str = ""
    ) -> Any:
        """A box with paragraphs. mark: before each, as of a list."""
        box = self.slide.shapes.add_textbox(*_emu(x, y, width, height))
        frame = box.text_frame
        _bare(frame)
        for number, text in enumerate(texts):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            self.paragraph(paragraph, text, style)
            if mark:
                _listed(paragraph, style.indent, mark)
        return box

    def paragraph(self, paragraph: Any, text: str, style: Style, *, right: bool = False) -> None:
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        paragraph.line_spacing, paragraph.space_after = Pt(style.size * LINE), Pt(style.after)
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        for number, line in enumerate(clean(text).split("\n")):
            if number:
                paragraph.add_line_break()
            run = paragraph.add_run()
            run.text = line
            self.run(run, style)

    def run(self, run: Any, style: Style) -> None:
        from pptx.util import Pt

        font = run.font
        font.size, font.bold = Pt(style.size), style.bold
        font.color.rgb = _rgb(style.colour)
        faced(run._r.get_or_add_rPr(), self.language)

    def box(self, x: float, y: float, width: float, height: float, fill: str, line: str | None = None) -> Any:
        """A quiet area, which says nothing."""
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.util import Pt

        shape = self.slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *_emu(x, y, width, height))
        shape.fill.solid()
        shape.fill.fore_color.rgb = _rgb(fill)
        if line:
            shape.line.color.rgb, shape.line.width = _rgb(line), Pt(0.75)
        else:
            shape.line.fill.background()
        shape.shadow.inherit = False
        return shape

    # -- blocks

    def cards(self, block: Cards, x: float, y: float, width: float, scale: float) -> None:
        each = width / len(block.cards)
        height = cards_height(block, width, scale)
        self.box(x, y, width, height, "#ffffff", RULE)
        for number, card in enumerate(block.cards):
            left = x + number * each
            if number:
                self.box(left, y, 0.75, height, RULE)
            top = y + 10 * scale
            for (text, style), tall in zip(card_texts(card, scale, each), card_rows(block, width, scale), strict=False):
                self.text(left + 12, top, each - 24, tall, [text], style)
                top += tall

    def table(self, block: Table, x: float, y: float, width: float, scale: float) -> None:
        columns, heights, style = table_shape(block, width, scale)
        rows = [block.head, *block.rows] if block.head else list(block.rows)
        frame = self.slide.shapes.add_table(len(rows), len(columns), *_emu(x, y, width, sum(heights)))
        described(frame._element.nvGraphicFramePr.cNvPr, block.caption or (block.rows[0][0] if block.rows else ""))
        table = frame.table
        _plain_table(table, header=bool(block.head))
        for number, one in enumerate(columns):
            table.columns[number].width = _emu(one)[0]
        for number, (row, tall) in enumerate(zip(rows, heights, strict=True)):
            table.rows[number].height = _emu(tall)[0]
            head = bool(block.head) and number == 0
            strong = block.strong is not None and number - bool(block.head) == block.strong
            for place, text in enumerate([*row, *[""] * (len(columns) - len(row))]):
                cell = table.cell(number, place)
                self._cell(
                    cell,
                    text,
                    Style(style.size, SOFT if head else INK, strong),
                    right=place in block.numbers,
                    fill="#eef3f8" if strong else None,
                    line=SOFT if head else RULE,
                )

    def _cell(self, cell: Any, text: str, style: Style, *, right: bool, fill: str | None, line: str) -> None:
        from pptx.enum.text import MSO_ANCHOR
        from pptx.util import Pt

        cell.margin_left = cell.margin_right = Pt(CELL[0])
        cell.margin_top = cell.margin_bottom = Pt(CELL[1])
        cell.vertical_anchor = MSO_ANCHOR.TOP
        self.paragraph(cell.text_frame.paragraphs[0], text, style, right=right)
        if fill:
            cell.fill.solid()
            cell.fill.fore_color.rgb = _rgb(fill)
        else:
            cell.fill.background()
        _line_below(cell, line)

    def examples(self, block: Examples, x: float, y: float, width: float, scale: float) -> None:
        title = Style(15, TONES[block.tone], True).scaled(scale)
        self.text(x, y, width, title.size * LINE, [block.title], title)
        top, gap = y + title.size * LINE + 6 * scale, 10 * scale
        for one, tall in zip(block.examples, example_heights(block, width, scale), strict=True):
            self._example(one, x, top, width, tall, scale)
            top += tall + gap

    def _example(self, one: Example, x: float, y: float, width: float, height: float, scale: float) -> None:
        self.box(x, y, width, height, "#ffffff", RULE)
        self.box(x, y, 3, height, TONES[one.tone])
        picture, left, inner = picture_size(one, scale), x + 14, width - 24
        for _, shown in one.texts:
            if shown is not None:
                self.picture(shown.data, shown.alt, left, y + 8 * scale, picture, height - 16 * scale)
                left, inner = left + picture + 10, inner - picture - 10
        top = y + 8 * scale
        for texts, style in example_texts(one, scale):
            tall = text_height(texts, style, inner)
            self.text(left, top, inner, tall, texts, style)
            top += tall

    def picture(self, data: bytes, alt: str, x: float, y: float, width: float, height: float) -> None:
        """In the middle of a quiet area, all of it."""
        import io

        self.box(x, y, width, height, WASH)
        shape = self.slide.shapes.add_picture(io.BytesIO(data), *_emu(x, y))
        factor = min(_emu(width)[0] / shape.width, _emu(height)[0] / shape.height)
        shape.width, shape.height = int(shape.width * factor), int(shape.height * factor)
        shape.left = int(_emu(x)[0] + (_emu(width)[0] - shape.width) / 2)
        shape.top = int(_emu(y)[0] + (_emu(height)[0] - shape.height) / 2)
        described(shape._element.nvPicPr.cNvPr, alt)

    def phrases(self, block: Phrases, x: float, y: float, width: float, scale: float, colon: str) -> None:
        for phrase in block.phrases:
            tall = phrase_height(phrase, block.label + colon, width, scale)
            self.box(x, y + 1, 2.5, tall - 12 * scale, TONES["plain"])
            top = y
            for text, style in phrase_texts(phrase, block.label + colon, scale):
                each = text_height([text], style, width - 16)
                self.text(x + 14, top, width - 16, each, [text], style)
                top += each
            y += tall


# How much room they take


def card_texts(card: Card, scale: float, width: float) -> list[tuple[str, Style]]:
    """Name, value and note; a value that is too wide for its card is written smaller."""
    value = Style(24, TONES[card.tone], True).scaled(scale)
    while value.size > 12 and text_width(clean(card.value), value.size, bold=True) > (width - 24) * 0.95:
        value = Style(value.size - 0.5, value.colour, True)
    small = Style(11.5, SOFT).scaled(scale)
    return [(card.name, small), (card.value, value), *([(card.note, small)] if card.note else [])]


def cards_height(block: Cards, width: float, scale: float) -> float:
    """Of cards side by side."""
    return sum(card_rows(block, width, scale)) + 20 * scale


def card_rows(block: Cards, width: float, scale: float) -> list[float]:
    """The heights of names, values and notes, alike for all cards."""
    each = width / len(block.cards)
    texts = [card_texts(card, scale, each) for card in block.cards]
    return [
        max((text_height([text], style, each - 24) for text, style in row if text), default=0.0)
        for row in zip_longest(*texts, fillvalue=("", Style(1)))
    ]


def table_shape(block: Table, width: float, scale: float) -> tuple[list[float], list[float], Style]:
    """The widths of the columns, the heights of the rows, and how cells are written."""
    rows = [block.head, *block.rows] if block.head else list(block.rows)
    count = max(len(row) for row in rows)
    style = Style(12.0 if count < 6 else 10.5).scaled(scale)
    weights = list(block.weights)
    if not weights:
        weights = [
            max(30.0, *(min(_widest(row[at], style), 260) for row in rows if at < len(row))) + 2 * CELL[0] + 4
            for at in range(count)
        ]
    columns = [width * weight / sum(weights) for weight in weights]
    heights = []
    for number, row in enumerate(rows):
        bold = Style(style.size, bold=block.strong is not None and number - bool(block.head) == block.strong)
        tallest = max(text_height([text], bold, one - 2 * CELL[0] - 1) for text, one in zip(row, columns, strict=False))
        heights.append(tallest + 2 * CELL[1] + 1)
    return columns, heights, style


def _widest(cell: str, style: Style) -> float:
    return max(text_width(line, style.size) for line in clean(cell).split("\n")) * 1.05


def picture_size(one: Example, scale: float) -> float:
    """Width of the picture of an example: less where it has two."""
    count = sum(shown is not None for _, shown in one.texts)
    return PICTURE * scale * (1.15 if count < 2 else 0.9)


def example_texts(one: Example, scale: float) -> list[tuple[list[str], Style]]:
    """What stands beside the pictures of an example, and how."""
    parts = [([one.title], Style(11.5, bold=True, after=2).scaled(scale))] if one.title else []
    parts.append(([text for text, _ in one.texts], Style(12.5, after=3).scaled(scale)))
    return [*parts, (list(one.lines), Style(11.5, SOFT).scaled(scale))] if one.lines else parts


def example_heights(block: Examples, width: float, scale: float) -> list[float]:
    """Of each example."""
    heights = []
    for one in block.examples:
        count = sum(shown is not None for _, shown in one.texts)
        inner = width - 24 - count * (picture_size(one, scale) + 10)
        tall = sum(text_height(texts, style, inner) for texts, style in example_texts(one, scale))
        heights.append(max(tall + 16 * scale, (PICTURE * scale + 12 * scale) if count else 0))
    return heights


def phrase_texts(phrase: Phrase, label: str, scale: float) -> list[tuple[str, Style]]:
    """The sentence, and below it the condition."""
    said = Style(15.5, after=1).scaled(scale)
    return [(phrase.text, said), (label + phrase.condition, Style(10.5, SOFT).scaled(scale))]


def phrase_height(phrase: Phrase, label: str, width: float, scale: float) -> float:
    """Of a phrase with the space below it."""
    parts = phrase_texts(phrase, label, scale)
    return sum(text_height([text], style, width - 16) for text, style in parts) + 12 * scale


# XML that python-pptx has no words for


def faced(properties: Any, language: str) -> None:
    """Typefaces and language of a run, or of what runs take theirs from."""
    from pptx.oxml.ns import qn

    latin, japanese = FACES[language]
    first, second = LANGUAGES[language]
    properties.set("lang", first)
    properties.set("altLang", second)
    for tag in ("a:latin", "a:ea", "a:cs"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    at = sum(one.tag in {qn(f"a:{tag}") for tag in ("ln", "noFill", "solidFill", "effectLst")} for one in properties)
    for offset, (tag, face) in enumerate((("a:latin", latin), ("a:ea", japanese))):
        element = properties.makeelement(qn(tag), {"typeface": face})
        properties.insert(at + offset, element)


def described(properties: Any, text: str) -> None:
    """The text for those who cannot see it."""
    properties.set("descr", clean(text))


def _emu(*points: float) -> list[int]:
    return [round(one * 12700) for one in points]


def _rgb(colour: str) -> Any:
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(colour.removeprefix("#").upper())


def _bare(frame: Any) -> None:
    """No space within the box, and none that it takes by itself."""
    from pptx.enum.text import MSO_AUTO_SIZE

    frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0


def _listed(paragraph: Any, indent: float, mark: str) -> None:
    from pptx.oxml.ns import qn

    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(_emu(indent)[0]))
    properties.set("indent", str(-_emu(indent)[0]))
    properties.append(properties.makeelement(qn("a:buFont"), {"typeface": "Arial"}))
    properties.append(properties.makeelement(qn("a:buChar"), {"char": mark}))


def _plain_table(table: Any, *, header: bool) -> None:
    """Without the bands and colours of the program's own style."""
    properties = table._tbl.tblPr
    for name in ("bandRow", "firstRow", "firstCol", "lastRow", "lastCol", "bandCol"):
        properties.set(name, "1" if header and name == "firstRow" else "0")
    for style in list(properties):
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style, no grid


def _line_below(cell: Any, colour: str) -> None:
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    line = parse_xml(
        f'<a:lnB {nsdecls("a")} w="9525"><a:solidFill><a:srgbClr val="{colour.removeprefix("#")}"/></a:solidFill></a:lnB>'
    )
    cell._tc.get_or_add_tcPr().insert(0, line)
