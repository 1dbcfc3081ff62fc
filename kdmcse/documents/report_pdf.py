"""A document as PDF by Typst, with fonts from packages: tagged, with its language and title, charts as vectors, the same bytes for the same content.

The template reads texts as data: nothing of an upload is ever read as markup.
"""

import dataclasses
import datetime
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdmcse.documents.charts_svg import svg
from kdmcse.documents.content import Chart, Document, Picture, printable
from kdmcse.documents.fonts import FAMILY, font_path
from kdmcse.presentation import palette

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"


def render_pdf(document: Document) -> bytes:
    """The whole document. ModuleNotFoundError where a font's package is not installed."""
    import typst

    noon = datetime.datetime.fromisoformat(f"{document.day}T12:00:00+00:00")
    with tempfile.TemporaryDirectory(prefix="kdmcse-") as folder:
        data = _Data(Path(folder))
        content = data.of(document)
        colours = {name: getattr(palette, name) for name in ("INK", "SOFT", "RULE", "WASH")} | palette.TONES
        about = {"content": content, "colours": colours, "font": FAMILY}
        (data.folder / "content.json").write_text(json.dumps(about), encoding="utf-8")
        main = data.folder / "main.typ"
        main.write_bytes(_TEMPLATE.read_bytes())
        compiler = typst.Compiler(
            str(main),
            root=folder,
            font_paths=typst.Fonts(
                include_system_fonts=False,
                include_embedded_fonts=False,
                font_paths=[str(font_path(bold=bold).parent) for bold in (False, True)],
            ),
        )
        return compiler.compile(format="pdf", timestamp=int(noon.timestamp()))


class _Data:
    """A document as what JSON knows; charts and pictures become files of `folder`, and stand there by their names."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, 0

    def of(self, value: Any) -> Any:
        if isinstance(value, str):
            return printable(value)
        if isinstance(value, Picture):
            return {"file": self._file(value.data, "jpg"), "alt": printable(value.alt)}
        if isinstance(value, Chart):
            drawn = printable(svg(value, alone=True)).encode()
            about = {
                "kind": "Chart",
                "file": self._file(drawn, "svg"),
                "alt": printable(value.description),
                "title": "",
                "caption": "",
            }
            for name in ("title", "caption"):
                about[name] = printable(getattr(value, name, ""))
            return about
        if dataclasses.is_dataclass(value):
            fields = {field.name: self.of(getattr(value, field.name)) for field in dataclasses.fields(value)}
            return {"kind": type(value).__name__} | fields
        if isinstance(value, Mapping):
            return {str(key): self.of(one) for key, one in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, bytes):
            return [self.of(one) for one in value]
        return value

    def _file(self, data: bytes, kind: str) -> str:
        self.files += 1
        path = self.folder / f"{self.files}.{kind}"
        path.write_bytes(data)
        return path.name
