"""A forest plot: a row each with its name, its score and its verdict in words, and below them the difference with its interval."""

from collections.abc import Sequence
from typing import Any

from dashboard.charts.theme import GRID, INK, Chart, chart, hover, label, mark, width_of
from kdmcse.i18n import Locale
from kdmcse.presentation.forest import ForestRow, verdict_text
from kdmcse.presentation.palette import SOFT, TONES
from kdmcse.presentation.statistics import difference_text

FLOOR = 0.05
"""The axis reaches as far to either side of 0 at least: a hair's breadth must not fill the picture."""
_ROW, _HEAD, _FOOT = 62, 34, 46
"""Pixels of a row, of the heads above all rows, and of the axis below them."""
_WORDS, _FIRST, _BAR = 0.26, 0.17, 0.72
"""Where in its row the words stand, and the interval."""
_TALL, _SECOND = 84, 0.42
"""A row where names are long: they have its first line, and score and verdict the second."""
_LONG = 135
"""Pixels of a name from which on it would run into the score on a phone."""
_SCORE_AT = 0.35
"""Share of the width at which the scores begin: on a phone too, what stands before and behind them has room."""


def forest(t: Locale, rows: Sequence[ForestRow], heads: tuple[str, str, str], axis: str) -> Chart:
    """heads: of the names, the scores and the verdicts; axis: what a difference is, and which side is better."""
    traces = [_trace(t, row, place + _BAR) for place, row in enumerate(rows)]
    tall = any(width_of(row.name) > _LONG for row in rows)
    first, row_height = (_FIRST, _TALL) if tall else (_WORDS, _ROW)
    named = (heads[0], "" if tall else heads[1], heads[2])
    shapes, words = [], [_word(x, 0, text, SOFT, anchor, size=13) for x, text, anchor in _columns(named)]
    for place, row in enumerate(rows):
        verdict = f"{verdict_text(t, row)}  {t.signed(row.difference.estimate, 3)}" if row.verdict else ""
        score = t.number(row.score.estimate, 3)
        second = _SECOND if tall else first
        words += [
            _word(0, place + first, f"<b>{label(row.name, 40)}</b>", INK, "left"),
            _word(0, place + second, label(f"{heads[1]} {score}"), SOFT, "left")
            if tall
            else _word(_SCORE_AT, place + second, score, INK, "left"),
            _word(1, place + second, f"<b>{label(verdict)}</b>", TONES.get(row.verdict, INK), "right"),
        ]
        shapes.append(_line("paper", (0, 1), (place, place), color=GRID, width=1))
        shapes.append(_line("x", (0, 0), (place + _BAR - 0.16, place + _BAR + 0.16), color=SOFT, width=1))
    return chart(
        t,
        traces,
        height=_HEAD + row_height * len(rows) + _FOOT,
        margin={"l": 8, "r": 8, "t": _HEAD, "b": _FOOT},
        x={"range": _reach(rows), "showgrid": False, "nticks": 7, "tickformat": ".2~f", "fixedrange": True, "ticks": "outside"},
        y={"range": [len(rows), 0], "visible": False, "fixedrange": True},
        axis_x=axis,
        shapes=shapes,
        annotations=words,
    )  # fmt: skip


def _reach(rows: Sequence[ForestRow]) -> list[float]:
    """The ends of the axis: every interval, and the floor, with a little air."""
    ends = [
        end
        for row in rows
        for end in (row.difference.estimate, row.difference.low, row.difference.high)
        if end is not None
    ]
    low, high = min(-FLOOR, *ends), max(FLOOR, *ends)
    air = 0.04 * (high - low)
    return [low - air, high + air]


def _trace(t: Locale, row: ForestRow, y: float) -> dict[str, Any]:
    """The estimate with its mark, the interval as a bar through it where it is known."""
    difference, look = row.difference, mark(row.method, 14)
    trace = {
        "type": "scatter",
        "x": [difference.estimate],
        "y": [y],
        "mode": "markers",
        "name": label(row.name),
        "cliponaxis": False,
        "marker": look | {"opacity": 1},
        "customdata": [difference_text(t, difference)],
        "hovertemplate": hover(t, label(row.name), "%{customdata}"),
    }
    if difference.low is not None:
        arms = {"array": [difference.high - difference.estimate], "arrayminus": [difference.estimate - difference.low]}
        trace["error_x"] = {
            "type": "data",
            "symmetric": False,
            "color": look["color"],
            "thickness": 3,
            "width": 6,
        } | arms
    return trace


def _columns(cells: tuple[str, str, str]) -> list[tuple[float, str, str]]:
    """Each cell with where it stands, as a share of the width, and which of its ends stands there."""
    return list(zip((0, _SCORE_AT, 1), cells, ("left", "left", "right"), strict=True))


def _word(x: float, y: float, text: str, colour: str, anchor: str, size: int = 14) -> dict[str, Any]:
    place = {"x": x, "xref": "paper", "xanchor": anchor, "y": y, "yref": "y", "yanchor": "middle" if y else "bottom"}
    return place | {"text": text, "showarrow": False, "font": {"size": size, "color": colour}}


def _line(xref: str, x: tuple[float, float], y: tuple[float, float], **line: Any) -> dict[str, Any]:
    ends = {"x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1]}
    return {"type": "line", "xref": xref, "yref": "y", "line": line} | ends
