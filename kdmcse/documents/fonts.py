"""The fonts of documents, from packages: nothing of the system is needed. Where they lie, and how wide a text is in them."""

import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FAMILY = "Noto Sans CJK JP"
_FILES = {
    False: ("noto_cjk_sans_jp_regular", "NotoSansCJKjp-Regular.otf"),
    True: ("noto_cjk_sans_jp_bold", "NotoSansCJKjp-Bold.otf"),
}
_SIZE = 100


def font_path(*, bold: bool = False) -> Path:
    """The file of the font. ModuleNotFoundError where its package is not installed."""
    package, name = _FILES[bold]
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"the font package {package} is not installed", name=package)
    return Path(found.submodule_search_locations[0]) / name


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line is, in the unit of `size`."""
    return sum(_advance(one, bold) for one in text) * size / _SIZE


@functools.lru_cache(8192)
def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> tuple[str, ...]:
    """The lines that a text takes in a box of `width`: broken at spaces, and between Japanese signs, as slides break them."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _pieces(paragraph):
            if line and text_width((line + word).rstrip(), size, bold=bold) > width:
                lines.append(line.rstrip())
                line = word.lstrip(" ")
            else:
                line += word
            while text_width(line, size, bold=bold) > width and len(line) > 1:  # one word longer than the box
                cut = next(
                    at for at in range(len(line), 0, -1) if at == 1 or text_width(line[:at], size, bold=bold) <= width
                )
                lines.append(line[:cut])
                line = line[cut:]
        lines.append(line.rstrip())
    return tuple(lines)


_NOT_FIRST = set("、。，．・：；？！）」』】〉》〕］｝ー～…゛゜々ぁぃぅぇぉっゃゅょァィゥェォッャュョ%％,.!?:;)]}”’")
_NOT_LAST = set("（「『【〈《〔［｛([{“‘¥￥$€£")


def _pieces(text: str) -> list[str]:
    """What no line is broken within."""
    pieces: list[str] = []
    for one in text:
        wide = ord(one) > 0x2E00
        last = pieces[-1][-1] if pieces else ""
        joins = last and (
            one in _NOT_FIRST or last in _NOT_LAST or (last != " " and not wide and ord(last) <= 0x2E00) or one == " "
        )
        if joins:
            pieces[-1] += one
        else:
            pieces.append(one)
    return pieces


@functools.cache
def _advance(sign: str, bold: bool) -> float:
    """Of one sign at `_SIZE`. Latin letters of slides may be wider than those of this font."""
    width = _font(bold).getlength(sign)
    return width if ord(sign) > 0x2E00 else width * 1.08


@functools.cache
def _font(bold: bool) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(str(font_path(bold=bold)), _SIZE)
