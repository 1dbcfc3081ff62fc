"""Slides for the meeting room: the report's own sections with few words in large type. Says nothing that the report does not."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets import components, layout, slides
from dashboard.widgets.text import plain
from kdmcse.documents.content import (
    BarChart,
    Block,
    Bullets,
    Card,
    Cards,
    Document,
    Example,
    Examples,
    Heading,
    Section,
    Sentence,
    Table,
)

ORDER = ("answer", "axes", "return", "examples", "criteria", "risks")
"""Sections in the order of a talk; the last ones stand in for what this proof of concept does not have."""
MOST = 5
_EXAMPLES = 2
"""of each kind: more would be too small from the back of a room"""
_LINES = 10
"""of a table; where its sentences would need more, they are left to who speaks"""
_LINE = 62
"""Letters in a line of a table's sentences; a Japanese one counts twice."""


def sections(document: Document) -> list[Section]:
    """What is shown, at most `MOST` of the report's sections."""
    known = {section.name: section for section in document.sections if not section.appendix}
    return [known[name] for name in ORDER if name in known][:MOST]


@st.fragment
def show(context: PageContext, document: Document) -> None:
    """The slide that the address names, and what moves on from it; drawn alone, and of one moment, while somebody talks."""
    t, shown = context.t, sections(document)
    slide = slides.chosen_slide(len(shown))
    st.html(Path(__file__).parents[1] / "components" / "meeting" / "slide.css")
    slides.keys(t, slide, len(shown), f"{document.name} · {document.date}")
    with st.container(key="leave"):
        st.page_link(
            layout.page_path("overview"),
            label=plain(t("page_meeting.leave")),
            icon=":material/close:",
            query_params=context.address,
        )
    with st.container(key="slide"):
        _section(shown[slide - 1])


def _section(section: Section) -> None:
    if any(isinstance(block, Sentence) and block.style == "headline" for block in section.all_blocks):
        with st.container(key="over"):
            st.markdown(plain(section.title))
    else:
        st.header(plain(section.title), anchor=False)
    _blocks(section.above, "above", wide=True)
    if not section.aside:
        _blocks(section.blocks, "blocks", wide=True)
        return
    below = [block for block in section.blocks if isinstance(block, Cards)]
    for column, name in zip(st.columns(2, gap="large"), ("blocks", "aside"), strict=True):
        with column:
            _blocks([block for block in getattr(section, name) if block not in below], name)
    _blocks(below, "below", wide=True)


def _blocks(blocks: Sequence[Block], place: str, *, wide: bool = False) -> None:
    if any(isinstance(block, BarChart) for block in blocks):  # it has a title, and its table says the same once more
        blocks = [block for block in blocks if not isinstance(block, Heading | Table)]
    for number, block in enumerate(blocks):
        _block(block, f"{place}_{number}", wide)


def _block(block: Block, key: str, wide: bool) -> None:
    match block:
        case Sentence():
            _sentence(block, key)
        case Heading():
            st.subheader(plain(block.text), anchor=False)
        case Bullets():
            st.markdown("\n".join(f"- {plain(item)}" for item in block.items))
        case Cards():
            _cards(block.cards, key, columns=max(len(block.cards), 1 + wide))
        case Table():
            _table(block)
        case BarChart():
            with st.container(key=f"chart_{block.name}"):
                st.subheader(plain(block.title), anchor=False)
            components.bars(
                block.description, {bar.label: bar for bar in block.bars}, f"slide_{block.name}", written=True
            )
        case Examples():
            st.subheader(plain(block.title), anchor=False)
            for number, example in enumerate(block.examples[:_EXAMPLES]):
                _example(example, f"{block.tone}_{key}_{number}")


def _sentence(sentence: Sentence, key: str) -> None:
    if sentence.style == "headline":
        with st.container(key=f"said_headline_{sentence.tone}"):
            st.header(plain(sentence.text), anchor=False)
    else:
        with st.container(key=f"said_{sentence.style}_{key}"):
            st.text(sentence.text)


def _cards(cards: Sequence[Card], key: str, *, columns: int) -> None:
    for number, (column, card) in enumerate(zip(st.columns(columns), cards, strict=False)):
        with column, st.container(border=True, height="stretch", key=f"card_{card.tone}_{key}_{number}", gap="xxsmall"):
            st.markdown(plain(card.name))
            st.markdown(f"**{plain(card.value)}**")
            if card.note:
                st.text(card.note)


def _table(table: Table) -> None:
    rows = [list(row) for row in table.rows]
    width = max(map(len, rows), default=0)
    if width > 2 and sum(max(1, -(-_letters(row[-1]) // _LINE)) for row in rows) > _LINES:
        width -= 1
    heads = table.head or ["\u00a0" * (number + 1) for number in range(width)]  # each its own, and nothing to read
    with st.container(key="table" if table.head else "table_bare"):
        layout.table([dict(zip(heads[:width], row[:width], strict=True)) for row in rows])


def _letters(text: str) -> int:
    return sum(2 if ord(one) >= 0x1100 else 1 for one in text)


def _example(example: Example, key: str) -> None:
    """Its pictures, its texts cut after two lines, and what each model said."""
    pictures = [(text, picture) for text, picture in example.texts if picture]
    with st.container(border=True, key=f"example_{key}"):
        beside = st.columns([1.2 * len(pictures), 4], vertical_alignment="center") if pictures else [st.container()]
        if pictures:
            for column, (text, picture) in zip(beside[0].columns(len(pictures)), pictures, strict=True):
                column.image(picture.data, width="stretch", alt=text)
        with beside[-1], st.container(key=f"what_{key}", gap="xxsmall"):
            if example.title:
                st.text(example.title)
            for text, _ in example.texts:
                st.text(text)
        with beside[-1]:
            st.markdown("  \n".join(map(plain, example.lines)))
