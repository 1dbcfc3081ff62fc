"""A document as slides: a section a slide where it fits, tables and charts native, speaker notes that say how it was measured.

What a slide takes is measured before it is drawn: letters become a little smaller until all fits, and what never does goes on on the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kdmcse.documents.content import (
    BarChart,
    Block,
    Bullets,
    Cards,
    Document,
    Examples,
    Heading,
    LineChart,
    MapChart,
    Phrases,
    Section,
    Sentence,
    Table,
)
from kdmcse.documents.slide_charts import draw_chart
from kdmcse.documents.slide_deck import Deck
from kdmcse.documents.slide_parts import (
    Pen,
    Style,
    cards_height,
    example_heights,
    phrase_height,
    table_shape,
    text_height,
)
from kdmcse.presentation.palette import INK, SOFT, TONES

WIDTH, HEIGHT = 960.0, 540.0
"""points: 16 to 9"""
LEFT, TOP, BOTTOM = 44.0, 100.0, 500.0
"""of what stands below the title"""
GAP = 36.0
"""between two columns"""
SCALES = (1.3, 1.2, 1.1, 1.0, 0.94, 0.88, 0.82, 0.76, 0.7)
"""by which letters may become smaller, so that a section fits on its slide"""
_TOGETHER = 6
"""So many entries stay together, where the next slide has room for them."""
SPACE = 12.0
"""between two blocks"""
_STYLES = {
    "headline": Style(30, bold=True),
    "lead": Style(19),
    "text": Style(14.5),
    "soft": Style(12, SOFT),
}
_LIST, _HEADING = Style(14.5, after=5, indent=15), Style(15, bold=True)


def render_pptx(document: Document) -> bytes:
    """The whole document."""
    deck = Deck(document, WIDTH, HEIGHT)
    sections = list(document.sections)
    for place, section in enumerate(sections):
        if section.appendix and not (place and sections[place - 1].appendix):
            deck.divider(document.appendix)
        _section(deck, document, section, first=place == 0)
    return deck.to_bytes()


def _section(deck: Deck, document: Document, section: Section, *, first: bool) -> None:
    title, tone, blocks = section.title, INK, list(section.blocks)
    if first and blocks and isinstance(blocks[0], Sentence) and blocks[0].style == "headline":
        title, tone, blocks = blocks[0].text, TONES[blocks[0].tone], blocks[1:]
    top = TOP + 24 if first else TOP
    slides = _fitted(document, replace(section, blocks=blocks), BOTTOM - top)
    for number, one in enumerate(slides):
        name = title if not number else document.continued.format(title=title)
        pen = deck.slide(name, section.measured, tone=tone, large=first)
        below = top
        if one.above:
            _draw(pen, document, one.above, (LEFT, top, WIDTH - 2 * LEFT), one.scale, 0)
            below += _height(document, one.above, WIDTH - 2 * LEFT, one.scale) + SPACE * one.scale
        for place, (column, width) in enumerate(zip(one.columns, one.widths, strict=True)):
            x = LEFT + sum(one.widths[:place]) + place * GAP
            _draw(pen, document, column, (x, below, width), one.scale, BOTTOM - below)


@dataclass(frozen=True)
class _Slide:
    """What stands on one slide: columns of blocks, and by how much letters are smaller."""

    columns: Sequence[Sequence[Block]]
    scale: float
    above: Sequence[Block] = ()

    @property
    def widths(self) -> list[float]:
        """Of its columns, all alike."""
        count = len(self.columns)
        return [(WIDTH - 2 * LEFT - GAP * (count - 1)) / count] * count


def _fitted(document: Document, section: Section, room: float) -> list[_Slide]:
    """On one slide in one column or two, as large as it can be; else one column over several."""
    whole, above = WIDTH - 2 * LEFT, list(section.above)
    columns = [one for one in (list(section.blocks), list(section.aside)) if one] or [[]]
    largest = SCALES if not section.appendix else SCALES[3:]
    for scale in largest:
        slide = _Slide(columns, scale, above)
        taken = _height(document, above, whole, scale) + SPACE * scale if above else 0.0
        tallest = max(_height(document, one, width, scale) for one, width in zip(columns, slide.widths, strict=True))
        if taken + tallest <= room:
            return [slide]
    scale, slides, rest = 0.88, [], section.all_blocks
    while rest:
        taken, rest = _page(document, rest, whole, scale, room)
        slides.append(_Slide([taken], scale))
    return slides


def _page(
    document: Document, blocks: list[Block], width: float, scale: float, room: float
) -> tuple[list[Block], list[Block]]:
    """What fits on one slide, and the rest; always something."""
    taken: list[Block] = []
    for place, block in enumerate(blocks):
        used = _height(document, taken, width, scale) + (SPACE if taken else 0)
        if _height(document, [*taken, block], width, scale) <= room:
            taken.append(block)
            continue
        part, rest = _split(document, block, width, scale, room - used, whole=bool(taken))
        if part is None and taken and isinstance(taken[-1], Heading):
            return taken[:-1], [taken[-1], *blocks[place:]]
        if part is None and not taken:
            return [block], blocks[place + 1 :]
        return [*taken, *([part] if part else [])], [*([rest] if part else [block]), *blocks[place + 1 :]]
    return taken, []


def _split(
    document: Document, block: Block, width: float, scale: float, room: float, *, whole: bool
) -> tuple[Block | None, Block | None]:
    """The first part of a table, list or phrases that fits, and the rest, no entry left alone; None where too few do.

    whole: few entries are not parted, as they fit on the next slide.
    """
    field = {Table: "rows", Bullets: "items", Phrases: "phrases", Examples: "examples"}.get(type(block))
    if field is None:
        return None, block
    entries = list(getattr(block, field))
    if whole and len(entries) <= _TOGETHER:
        return None, block
    for count in range(len(entries) - 1, 0, -1):
        part = replace(block, **{field: entries[:count]})
        if _height(document, [part], width, scale) <= room:
            if whole and count < 2:
                return None, block
            count -= count > 2 and len(entries) - count == 1
            part = replace(block, **{field: entries[:count]})
            strong = {}
            if isinstance(block, Table) and block.strong is not None:
                strong = {"strong": block.strong - count if block.strong >= count else None}
            return part, replace(block, **{field: entries[count:]}, **strong)
    return None, block


def _height(document: Document, blocks: Sequence[Block], width: float, scale: float) -> float:
    """Of blocks one below the other."""
    return sum(_block_height(document, one, width, scale) for one in blocks) + SPACE * scale * max(0, len(blocks) - 1)


def _block_height(document: Document, block: Block, width: float, scale: float) -> float:
    """The least that a block takes."""
    if isinstance(block, Sentence):
        return text_height([block.text], _STYLES[block.style].scaled(scale), width)
    if isinstance(block, Heading):
        return text_height([block.text], _HEADING.scaled(scale), width)
    if isinstance(block, Bullets):
        return text_height(list(block.items), _LIST.scaled(scale), width)
    if isinstance(block, Cards):
        return cards_height(block, width, scale)
    if isinstance(block, Table):
        return _caption(block, width, scale) + sum(table_shape(block, width, scale)[1])
    if isinstance(block, Examples):
        heights = example_heights(block, width, scale)
        return 15 * scale * 1.34 + 8 + sum(heights) + 10 * scale * max(0, len(heights) - 1)
    if isinstance(block, Phrases):
        label = block.label + document.colon
        return sum(phrase_height(one, label, width, scale) for one in block.phrases)
    if isinstance(block, BarChart):
        return _title(block, width, scale) + (30 + 54 * len(block.bars)) * scale
    if isinstance(block, LineChart):
        return _title(block, width, scale) + 250 * scale
    return 300 * scale + text_height([block.caption], _STYLES["soft"].scaled(scale), width)


def _title(chart: BarChart | LineChart, width: float, scale: float) -> float:
    return text_height([chart.title], _HEADING.scaled(scale), width)


def _caption(table: Table, width: float, scale: float) -> float:
    return text_height([table.caption], _HEADING.scaled(scale), width) + 2 if table.caption else 0.0


def _draw(
    pen: Pen,
    document: Document,
    blocks: Sequence[Block],
    place: tuple[float, float, float],
    scale: float,
    room: float,
) -> None:
    """Blocks one below the other from x, y at a width; charts take what room is left, to a measure."""
    x, y, width = place
    spare = room - _height(document, blocks, width, scale)
    charts = [one for one in blocks if isinstance(one, BarChart | LineChart | MapChart)]
    more = {id(one): max(0.0, min(spare / len(charts), _most(one))) for one in charts}
    for block in blocks:
        tall = _block_height(document, block, width, scale) + more.get(id(block), 0.0)
        _draw_block(pen, document, block, (x, y, width, tall), scale)
        y += tall + SPACE * scale


def _most(chart: Block) -> float:
    """By how much a chart may grow."""
    return 20.0 * len(chart.bars) if isinstance(chart, BarChart) else 90.0


def _draw_block(
    pen: Pen, document: Document, block: Block, place: tuple[float, float, float, float], scale: float
) -> None:
    x, y, width, tall = place
    if isinstance(block, Sentence):
        style = _STYLES[block.style].scaled(scale)
        if block.style == "headline":
            style = replace(style, colour=TONES[block.tone])
        pen.text(x, y, width, tall, [block.text], style)
    elif isinstance(block, Heading):
        pen.text(x, y, width, tall, [block.text], _HEADING.scaled(scale))
    elif isinstance(block, Bullets):
        pen.text(x, y, width, tall, list(block.items), _LIST.scaled(scale), mark="•")
    elif isinstance(block, Cards):
        pen.cards(block, x, y, width, scale)
    elif isinstance(block, Table):
        above = _caption(block, width, scale)
        if above:
            pen.text(x, y, width, above, [block.caption], _HEADING.scaled(scale))
        pen.table(block, x, y + above, width, scale)
    elif isinstance(block, Examples):
        pen.examples(block, x, y, width, scale)
    elif isinstance(block, Phrases):
        pen.phrases(block, x, y, width, scale, document.colon)
    elif isinstance(block, MapChart):
        below = text_height([block.caption], _STYLES["soft"].scaled(scale), width)
        draw_chart(pen, block, x, y, width, tall - below - 4, scale)
        pen.text(x, y + tall - below, width, below, [block.caption], _STYLES["soft"].scaled(scale))
    else:
        above = _title(block, width, scale)
        pen.text(x, y, width, above, [block.title], _HEADING.scaled(scale))
        draw_chart(pen, block, x, y + above, width, tall - above, scale)
