"""A document as one HTML file for a meeting: self-contained, printable on A4, no script, nothing fetched.

What comes from an upload is escaped by the template.
"""

import base64
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from kdmcse.documents.charts_svg import svg
from kdmcse.documents.content import Block, Document, Picture
from kdmcse.presentation import palette

if TYPE_CHECKING:
    from jinja2 import Template


def render_html(document: Document) -> str:
    """The whole document."""
    return _template().render(document=document, colours=palette, kind=_kind, drawn=svg, source=_source)


def _kind(block: Block) -> str:
    """By which part of the template a block is shown."""
    return "Chart" if hasattr(block, "description") else type(block).__name__


def _source(picture: Picture) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(picture.data).decode()}"


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
