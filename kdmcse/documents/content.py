"""What a document says, before it has a form: sections of sentences, lists, cards, tables, charts as numbers, pictures. Knows no results.

`report_content` builds one `Document`; `report_html`, `report_pdf` and `report_pptx` give it a form. What they show is the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass

TONES = ("better", "worse", "not_decisive", "plain")
"""What a verdict is coloured by."""


@dataclass(frozen=True)
class Sentence:
    """A paragraph."""

    text: str
    style: str = "text"
    """headline, lead, text, or soft for what is said aside"""
    tone: str = "plain"
    """one of `TONES`; of a headline"""


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list, an entry a line."""

    items: Sequence[str]


@dataclass(frozen=True)
class Card:
    """One figure: what it is, the value, what to know about it."""

    name: str
    value: str
    note: str = ""
    tone: str = "plain"


@dataclass(frozen=True)
class Cards:
    """Figures side by side."""

    cards: Sequence[Card]


@dataclass(frozen=True)
class Table:
    """Rows of text; a line break within a cell is kept."""

    rows: Sequence[Sequence[str]]
    head: Sequence[str] = ()
    caption: str = ""
    numbers: Sequence[int] = ()
    """columns that are aligned to the right"""
    weights: Sequence[float] = ()
    """of the columns' widths; empty: by what they hold"""
    strong: int | None = None
    """the row that the document is about"""


@dataclass(frozen=True)
class Bar:
    """A value with its interval, where that is known."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    text: str = ""
    """how the value is written beside the bar"""
    colour: str = ""


@dataclass(frozen=True)
class BarChart:
    """Bars with intervals, from 0."""

    name: str
    """a word for files and sheets"""
    title: str
    description: str
    """for those who cannot see it"""
    bars: Sequence[Bar]
    heads: Sequence[str]
    """of the table behind it: label, value, lower end, upper end"""
    unit: str = ""
    ticks: Mapping[float, str] = field(default_factory=dict)
    """values of the axis and how they are written"""


@dataclass(frozen=True)
class Line:
    """A curve."""

    label: str
    colour: str
    points: Sequence[tuple[float, float]]
    mark: tuple[float, float] | None = None


@dataclass(frozen=True)
class LineChart:
    """Curves over one axis."""

    name: str
    title: str
    description: str
    lines: Sequence[Line]
    heads: Sequence[str]
    """of the table behind it: label, x, y"""
    axis: str = ""
    number_format: str = "General"
    """of the other axis, as slides and spreadsheets read it"""
    xticks: Mapping[float, str] = field(default_factory=dict)
    yticks: Mapping[float, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Points of one colour on both sides of a map."""

    label: str
    colour: str
    before: Sequence[tuple[float, float]]
    after: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class MapChart:
    """Points before and after, in one coordinate system."""

    name: str
    titles: tuple[str, str]
    description: str
    groups: Sequence[Group]
    heads: Sequence[str]
    """of the table behind it: group, before x, before y, after x, after y"""
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """A small JPEG with its caption."""

    data: bytes = field(repr=False)
    alt: str = ""


@dataclass(frozen=True)
class Example:
    """One row of the data: what it shows, its texts each with its picture where there is one, and how it was judged."""

    title: str
    texts: Sequence[tuple[str, Picture | None]]
    lines: Sequence[str] = ()
    tone: str = "plain"


@dataclass(frozen=True)
class Examples:
    """Examples of one kind."""

    title: str
    examples: Sequence[Example]
    tone: str = "plain"


@dataclass(frozen=True)
class Phrase:
    """A sentence that somebody may say, and the condition under which the numbers support it."""

    text: str
    condition: str


@dataclass(frozen=True)
class Phrases:
    """Phrases, and what the condition is called."""

    phrases: Sequence[Phrase]
    label: str


Chart = BarChart | LineChart | MapChart
Block = Sentence | Heading | Bullets | Cards | Table | Chart | Examples | Phrases


@dataclass(frozen=True)
class Section:
    """One question with its answer: a slide, where it fits on one."""

    name: str
    title: str
    blocks: Sequence[Block]
    aside: Sequence[Block] = ()
    """what stands beside the blocks where there is room, else after them"""
    measured: Sequence[str] = ()
    """how it was measured: the notes of the speaker, the small print of a page"""
    appendix: bool = False
    above: Sequence[Block] = ()
    """what stands over both columns"""

    @property
    def all_blocks(self) -> list[Block]:
        return [*self.above, *self.blocks, *self.aside]


@dataclass(frozen=True)
class Document:
    """All of it in one language."""

    language: str
    title: str
    heading: str
    name: str
    """of the dataset"""
    date: str
    day: str
    """ISO 8601"""
    sections: Sequence[Section]
    measured_label: str
    """what `Section.measured` is called"""
    colon: str
    """between a word and what it says"""
    continued: str
    """how the title of a section goes on that needs another slide; {title}"""
    appendix: str
    """the title of what comes last"""
    footer: str
    notice: str = ""
    """what must stand beside everything"""

    @property
    def charts(self) -> list[Chart]:
        return [block for section in self.sections for block in section.all_blocks if isinstance(block, Chart)]

    @property
    def texts(self) -> list[str]:
        """Every text that a reader sees, but for the numbers in charts and on their axes."""
        shown = [text for section in self.sections for text in _texts(section)]
        return [self.heading, self.name, self.date, *shown, *filter(None, [self.notice])]


_UNSEEN = {
    "name",
    "style",
    "tone",
    "colour",
    "unit",
    "number_format",
    "description",
    "heads",
    "alt",
    "label",
    "ticks",
    "xticks",
    "yticks",
}
"""Fields of blocks whose texts stand nowhere on a page, or not as they are."""


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        seen = {"name", "label"} if isinstance(value, Card | Bar | Group | Line | Phrases) else set()
        for one in fields(value):
            if one.name not in _UNSEEN - seen:
                yield from _texts(getattr(value, one.name))
    elif isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for one in value:
            yield from _texts(one)


def chart_rows(chart: Chart) -> list[list[str | float | None]]:
    """The numbers behind a chart, as `heads` names their columns."""
    if isinstance(chart, BarChart):
        return [[bar.label, bar.value, bar.low, bar.high] for bar in chart.bars]
    if isinstance(chart, LineChart):
        return [[line.label, *point] for line in chart.lines for point in line.points]
    return [
        [group.label, *before, *after]
        for group in chart.groups
        for before, after in zip(group.before, group.after, strict=True)
    ]


def printable(text: str) -> str:
    """Without control characters, which XML forbids and which nobody sees."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "", text)
