"""Charts as SVG, for the page and the PDF: vector, without scripts, every text escaped. Draws what the content says, and calculates no result."""

from html import escape

from kdmcse.documents.content import BarChart, Chart, Line, LineChart, MapChart
from kdmcse.presentation.palette import INK, RULE, SOFT, WASH

WIDTH = 720
FONT = "Noto Sans CJK JP"
_ROW = 46
_LABELS = 190


def svg(chart: Chart, *, alone: bool = False) -> str:
    """The chart. alone: as a file of its own, which needs a namespace and names its font; else it takes the font of the page."""
    draw = {BarChart: _bars, LineChart: _curves, MapChart: _maps}[type(chart)]
    height, parts = draw(chart)
    space = f' xmlns="http://www.w3.org/2000/svg" font-family="{FONT}"' if alone else ""
    about = f' role="img" aria-label="{escape(chart.description)}"'
    return f'<svg viewBox="0 0 {WIDTH} {height}"{space}{about}>{"".join(parts)}</svg>'


def _bars(chart: BarChart) -> tuple[int, list[str]]:
    """A bar a row from 0: its name on the left, its value on the right, its interval as a line over it."""
    ticks = list(chart.ticks)
    room = max(130, *(_length(bar.text, 13) + 18 for bar in chart.bars))
    left, right = _LABELS, WIDTH - room
    bottom = 8 + len(chart.bars) * _ROW

    def x(value: float) -> float:
        return round(left + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (right - left), 1)

    parts = [_line(x(tick), 4, x(tick), bottom, SOFT if tick == 0 else RULE) for tick in ticks]
    for place, bar in enumerate(chart.bars):
        y = 8 + place * _ROW + _ROW / 2
        begin, end = sorted((x(0), x(bar.value)))
        lines = _wrapped(bar.label, _LABELS - 14, 13)
        for number, text in enumerate(lines):
            parts.append(_text(0, y + 4.5 + (number - (len(lines) - 1) / 2) * 16, text, 13, INK))
        width = round(max(end - begin, 1), 1)
        parts.append(
            f'<rect x="{begin}" y="{y - 11}" width="{width}" height="22" fill="{bar.colour}"><title>{escape(bar.text)}</title></rect>'
        )
        if bar.low is not None and bar.high is not None:
            low, high = x(bar.low), x(bar.high)
            for at, thick, colour in ((low, 4, "#ffffff"), (low, 2, INK)):
                parts.append(_line(at, y, high, y, colour, thick))
            parts += [_line(at, y - 6, at, y + 6, INK, 2) for at in (low, high)]
        parts.append(_text(right + 14, y + 4.5, bar.text, 13, INK))
    return int(bottom + 8), parts


def _curves(chart: LineChart) -> tuple[int, list[str]]:
    height, left, top = 330, 110, 12
    right, bottom = WIDTH - 16, height - 78
    xs, ys = list(chart.xticks), list(chart.yticks)

    def at(x: float, y: float) -> tuple[float, float]:
        across = left + (x - xs[0]) / (xs[-1] - xs[0]) * (right - left)
        return round(across, 1), round(bottom - (y - ys[0]) / (ys[-1] - ys[0]) * (bottom - top), 1)

    parts = []
    for tick, label in chart.yticks.items():
        y = at(xs[0], tick)[1]
        parts += [_line(left, y, right, y, RULE), _text(left - 8, y + 4, label, 12, SOFT, "end")]
    parts += [_text(at(tick, ys[0])[0], bottom + 18, label, 12, SOFT, "middle") for tick, label in chart.xticks.items()]
    for line in chart.lines:
        points = " ".join("{},{}".format(*at(*point)) for point in line.points)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="2"/>')
    for line in chart.lines:
        if line.mark:
            x, y = at(*line.mark)
            about = f"<title>{escape(line.label)}</title>"
            ring = f'r="5.5" fill="#ffffff" stroke="{line.colour}" stroke-width="3"'
            parts.append(f'<circle cx="{x}" cy="{y}" {ring}>{about}</circle>')
    parts.append(_text((left + right) / 2, bottom + 38, chart.axis, 12, SOFT, "middle"))
    return height, [*parts, *_legend(chart.lines, bottom + 64)]


def _legend(lines: list[Line], y: float) -> list[str]:
    parts, x = [], 110.0
    for line in lines:
        parts += [_line(x, y - 4, x + 22, y - 4, line.colour, 3), _text(x + 30, y, line.label, 13, INK)]
        x += 60 + _length(line.label, 13)
    return parts


def _maps(chart: MapChart) -> tuple[int, list[str]]:
    """Both sides on one scale."""
    size, gap, top = 350, 20, 26
    places = [place for group in chart.groups for side in (group.before, group.after) for place in side]
    low = [min(place[axis] for place in places) for axis in (0, 1)]
    span = [(max(place[axis] for place in places) - low[axis]) or 1 for axis in (0, 1)]
    scale = min((size - 20) / one for one in span)
    margin = [(size - one * scale) / 2 for one in span]
    radius = 2.6 if len(places) < 1000 else 1.8
    parts = []
    for number, title in enumerate(chart.titles):
        left = number * (size + gap)
        parts.append(_text(left, 16, title, 13, INK))
        parts.append(
            f'<rect x="{left + 0.5}" y="{top}" width="{size - 1}" height="{size}" fill="{WASH}" stroke="{RULE}"/>'
        )
        for group in chart.groups:
            for x, y in group.after if number else group.before:
                across = round(left + margin[0] + (x - low[0]) * scale, 1)
                down = round(top + size - margin[1] - (y - low[1]) * scale, 1)
                parts.append(
                    f'<circle cx="{across}" cy="{down}" r="{radius}" fill="{group.colour}" fill-opacity=".8"/>'
                )
    x, y = 0.0, top + size + 22.0
    for group in (one for one in chart.groups if one.label):
        wide = 34 + _length(group.label, 13)
        if x + wide > WIDTH and x:
            x, y = 0.0, y + 20
        parts.append(f'<circle cx="{x + 6}" cy="{y - 4}" r="5" fill="{group.colour}"/>')
        parts.append(_text(x + 18, y, group.label, 13, INK))
        x += wide
    return int(y + 10), parts


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, size: int, colour: str, anchor: str = "start") -> str:
    at = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x}" y="{round(y, 1)}" font-size="{size}" fill="{colour}"{at}>{escape(text)}</text>'


def _length(text: str, size: int) -> float:
    """Pixels, about: a letter is a little over half as wide as it is high, a Japanese sign as wide."""
    return sum(size * (1 if ord(one) > 0x2E00 else 0 if one == "\u2060" else 0.58) for one in text)


def _wrapped(text: str, width: float, size: int) -> list[str]:
    """At most two lines; what does not fit is cut."""
    if _length(text, size) <= width:
        return [text]
    cut = next((at for at in range(len(text) - 1, 0, -1) if _length(text[:at], size) <= width), 1)
    at = max((place for place in range(1, cut + 1) if text[place] in " （(" or text[place - 1] in " ）)"), default=cut)
    first, rest = text[:at].rstrip(), text[at:].lstrip()
    while len(rest) > 1 and _length(rest + "…", size) > width:
        rest, cut = rest[:-1], -1
    return [first, rest + ("…" if cut < 0 else "")]
