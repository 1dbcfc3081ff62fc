"""Native charts of slides, which can be edited: bars with intervals, curves, maps. Their sheets hold the numbers of the content as plain values."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kdmcse.documents.content import BarChart, Chart, Group, LineChart, MapChart
from kdmcse.documents.fonts import text_width
from kdmcse.documents.slide_parts import Pen, Style, _emu, _rgb, clean, described, faced
from kdmcse.presentation.palette import INK, RULE, SOFT

_SIZE = 12.0


def draw_chart(pen: Pen, chart: Chart, x: float, y: float, width: float, height: float, scale: float) -> None:
    """The chart in a box, without its title."""
    if isinstance(chart, BarChart):
        _bars(pen, chart, x, y, width, height, scale)
    elif isinstance(chart, LineChart):
        _curves(pen, chart, x, y, width, height, scale)
    else:
        _maps(pen, chart, x, y, width, height, scale)


def _bars(pen: Pen, chart: BarChart, x: float, y: float, width: float, height: float, scale: float) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_TICK_LABEL_POSITION, XL_TICK_MARK
    from pptx.util import Pt

    size = round(11.5 * scale * 2) / 2
    # Values stand beside the chart: a label at its bar would lie on the interval.
    beside = max(text_width(clean(bar.text), size) for bar in chart.bars) * 1.05 + 12
    each, width = height / len(chart.bars), width - beside
    for number, bar in enumerate(chart.bars):
        middle = y + (number + 0.5) * each
        pen.text(x + width + 8, middle - size * 0.67, beside - 8, size * 1.34, [bar.text], Style(size))
    data = CategoryChartData()
    data.categories = [clean(bar.label) for bar in chart.bars]
    data.add_series(clean(chart.title), [bar.value for bar in chart.bars])
    drawn = _add(pen, XL_CHART_TYPE.BAR_CLUSTERED, data, x, y, width, height, chart.description, scale)
    names, values, plot = drawn.category_axis, drawn.value_axis, drawn.plots[0]
    names.reverse_order = True
    names.major_tick_mark = XL_TICK_MARK.NONE
    names.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    names.format.line.color.rgb = _rgb(SOFT)
    names.tick_labels.font.size = Pt(size)
    _upright(names)
    share = min(0.45, (max(text_width(clean(bar.label), size) for bar in chart.bars) * 1.2 + 16) / width)
    ticks = list(chart.ticks)
    values.minimum_scale, values.maximum_scale, values.major_unit = ticks[0], ticks[-1], ticks[1] - ticks[0]
    values.major_gridlines.format.line.color.rgb = _rgb(RULE)
    values.major_gridlines.format.line.width = Pt(0.75)
    values.tick_label_position = XL_TICK_LABEL_POSITION.NONE
    values.major_tick_mark = XL_TICK_MARK.NONE
    values.format.line.fill.background()
    plot.gap_width, plot.vary_by_categories = 75, False
    series = plot.series[0]
    series.invert_if_negative = False
    for number, bar in enumerate(chart.bars):
        fill = series.points[number].format.fill
        fill.solid()
        fill.fore_color.rgb = _rgb(bar.colour)
    _intervals(series._element, chart)
    _placed(drawn, share)
    _faces(drawn, pen.language)
    minus, plus = _ends(chart)
    rows = [[bar.label, bar.value, low, high] for bar, low, high in zip(chart.bars, minus, plus, strict=True)]
    _sheet(drawn, ["", chart.title, "-", "+"], rows)


def _ends(chart: BarChart) -> tuple[list[float], list[float]]:
    """How far the interval reaches below and above each value; 0 where there is none."""
    minus = [0.0 if bar.low is None else bar.value - bar.low for bar in chart.bars]
    return minus, [0.0 if bar.high is None else bar.high - bar.value for bar in chart.bars]


def _intervals(series: Any, chart: BarChart) -> None:
    """Error bars with ends of their own: python-pptx has no words for them. Without caps, as a bar without an interval would have one too."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls, qn

    minus, plus = _ends(chart)
    if not any(minus) and not any(plus):
        return

    def numbers(values: Sequence[float]) -> str:
        points = "".join(f'<c:pt idx="{place}"><c:v>{value!r}</c:v></c:pt>' for place, value in enumerate(values))
        return f'<c:numLit><c:formatCode>General</c:formatCode><c:ptCount val="{len(values)}"/>{points}</c:numLit>'

    bars = parse_xml(
        f'<c:errBars {nsdecls("c", "a")}><c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="1"/>'
        f"<c:plus>{numbers(plus)}</c:plus><c:minus>{numbers(minus)}</c:minus>"
        f'<c:spPr><a:ln w="25400"><a:solidFill><a:srgbClr val="{INK[1:]}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )
    series.insert(series.index(series.find(qn("c:cat"))), bars)


def _curves(pen: Pen, chart: LineChart, x: float, y: float, width: float, height: float, scale: float) -> None:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import (
        XL_AXIS_CROSSES,
        XL_CHART_TYPE,
        XL_LEGEND_POSITION,
        XL_MARKER_STYLE,
        XL_TICK_LABEL_POSITION,
    )
    from pptx.util import Pt

    data, rows = XyChartData(), []
    for line in chart.lines:
        series = data.add_series(clean(line.label))
        for point in line.points:
            series.add_data_point(*point)
        rows.append([line.label, line.points])
    marked = [line for line in chart.lines if line.mark]
    for line in marked:
        data.add_series(clean(f"{line.label} ○")).add_data_point(*line.mark)
        rows.append([f"{line.label} ○", [line.mark]])
    drawn = _add(pen, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, data, x, y, width, height, chart.description, scale)
    for series, line in zip(drawn.plots[0].series, [*chart.lines, *marked], strict=True):
        series.smooth = False
        if len(series._element.findall(".//{*}xVal//{*}pt")) > 1:
            series.format.line.color.rgb, series.format.line.width = _rgb(line.colour), Pt(2)
        else:
            series.format.line.fill.background()
            marker = series.marker
            marker.style, marker.size = XL_MARKER_STYLE.CIRCLE, 11
            marker.format.fill.solid()
            marker.format.fill.fore_color.rgb = _rgb("#ffffff")
            marker.format.line.color.rgb, marker.format.line.width = _rgb(line.colour), Pt(2.5)
    across, up = drawn.category_axis, drawn.value_axis
    for axis, ticks in ((across, list(chart.xticks)), (up, list(chart.yticks))):
        axis.minimum_scale, axis.maximum_scale, axis.major_unit = ticks[0], ticks[-1], ticks[1] - ticks[0]
        axis.format.line.color.rgb = _rgb(SOFT)
        axis.crosses = XL_AXIS_CROSSES.MINIMUM
    across.has_major_gridlines = False
    up.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    up.major_gridlines.format.line.color.rgb = _rgb(RULE)
    across.tick_labels.number_format, across.tick_labels.number_format_is_linked = "0.00", False
    up.tick_labels.number_format, up.tick_labels.number_format_is_linked = chart.number_format, False
    across.has_title = True
    paragraph = across.axis_title.text_frame.paragraphs[0]
    run = paragraph.add_run()
    run.text = clean(chart.axis)
    pen.run(run, Style(11.0 * scale, SOFT))
    drawn.has_legend = True
    drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    _unlisted(drawn, range(len(chart.lines), len(rows)))
    _faces(drawn, pen.language)
    _curve_sheet(drawn, rows)


def _maps(pen: Pen, chart: MapChart, x: float, y: float, width: float, height: float, scale: float) -> None:
    """Both sides on one scale, and below what the colours mean."""
    title, legend, gap = Style(_SIZE, bold=True).scaled(scale), Style(11.5).scaled(scale), 24.0
    size = (width - gap) / 2
    labelled = [group for group in chart.groups if group.label]
    below = 24.0 if labelled else 0.0
    places = [place for group in chart.groups for side in (group.before, group.after) for place in side]
    ends = [(min(one[axis] for one in places), max(one[axis] for one in places)) for axis in (0, 1)]
    for number, name in enumerate(chart.titles):
        left = x + number * (size + gap)
        pen.text(left, y, size, 18, [name], title)
        sides = {group.label or name: group.after if number else group.before for group in chart.groups}
        alt = f"{name}. {chart.description}"
        _map(pen, chart.groups, sides, ends, (left, y + 20, size, height - 20 - below), alt, scale)
    left, each = x, width / max(1, len(labelled))
    for group in labelled:
        pen.box(left, y + height - 14, 9, 9, group.colour)
        pen.text(left + 14, y + height - 18, each - 18, 18, [_short(group.label, legend, each - 18)], legend)
        left += each


def _map(
    pen: Pen,
    groups: Sequence[Group],
    sides: Mapping[str, Sequence[tuple[float, float]]],
    ends: Sequence[tuple[float, float]],
    place: tuple[float, float, float, float],
    alt: str,
    scale: float,
) -> None:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE

    data = XyChartData()
    for label, points in sides.items():
        series = data.add_series(clean(label))
        for point in points:
            series.add_data_point(*point)
    drawn = _add(pen, XL_CHART_TYPE.XY_SCATTER, data, *place, alt, scale)
    for series, group in zip(drawn.plots[0].series, groups, strict=True):
        series.format.line.fill.background()
        series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 5 if len(groups[0].before) < 300 else 3
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = _rgb(group.colour)
        series.marker.format.line.fill.background()
    for axis, (low, high) in zip((drawn.category_axis, drawn.value_axis), ends, strict=True):
        margin = (high - low or 1) * 0.04
        axis.minimum_scale, axis.maximum_scale = low - margin, high + margin
        axis.has_major_gridlines = False
        axis.visible = False
    _framed(drawn)
    _curve_sheet(drawn, [[label, points] for label, points in sides.items()])


def _add(
    pen: Pen, kind: Any, data: Any, x: float, y: float, width: float, height: float, alt: str, scale: float
) -> Any:
    """A chart without title and legend, its text in the typefaces of the slides."""
    from pptx.util import Pt

    frame = pen.slide.shapes.add_chart(kind, *_emu(x, y, width, height), data)
    described(frame._element.nvGraphicFramePr.cNvPr, alt)
    chart = frame.chart
    chart.has_title, chart.has_legend = False, False
    chart.font.size, chart.font.color.rgb = Pt(round(_SIZE * scale * 2) / 2), _rgb(INK)
    _faces(chart, pen.language)
    return chart


def _faces(chart: Any, language: str) -> None:
    """Typefaces on everything in it that has letters."""
    from pptx.oxml.ns import qn

    for tag in ("a:defRPr", "a:rPr", "a:endParaRPr"):
        for properties in chart._chartSpace.iter(qn(tag)):
            faced(properties, language)


def _unlisted(chart: Any, series: Iterable[int]) -> None:
    """These stand in no legend."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    for number in reversed([*series]):
        entry = f'<c:legendEntry {nsdecls("c")}><c:idx val="{number}"/><c:delete val="1"/></c:legendEntry>'
        chart.legend._element.insert(1, parse_xml(entry))  # after where it stands


def _upright(axis: Any) -> None:
    """Its labels are never turned to save room."""
    from pptx.oxml.ns import qn

    body = axis._element.find(qn("c:txPr")).find(qn("a:bodyPr"))
    body.set("rot", "0")
    body.set("vert", "horz")


def _placed(chart: Any, share: float) -> None:
    """Labels take this share of the width, bars the rest."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls, qn

    area = chart._chartSpace.chart.find(qn("c:plotArea"))
    for old in area.findall(qn("c:layout")):
        area.remove(old)
    place = {"x": share, "y": 0.0, "w": 0.98 - share, "h": 1.0}
    ends = "".join(f'<c:{name} val="{value:.4f}"/>' for name, value in place.items())
    layout = f'<c:layoutTarget val="inner"/><c:xMode val="edge"/><c:yMode val="edge"/>{ends}'
    area.insert(0, parse_xml(f"<c:layout {nsdecls('c')}><c:manualLayout>{layout}</c:manualLayout></c:layout>"))


def _framed(chart: Any) -> None:
    """A thin frame around what is drawn."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls, qn

    area = chart._chartSpace.chart.find(qn("c:plotArea"))
    frame = parse_xml(
        f'<c:spPr {nsdecls("c", "a")}><a:solidFill><a:srgbClr val="F5F7F9"/></a:solidFill>'
        f'<a:ln w="9525"><a:solidFill><a:srgbClr val="{RULE[1:]}"/></a:solidFill></a:ln></c:spPr>'
    )
    for old in area.findall(qn("c:spPr")):
        area.remove(old)
    area.append(frame)


def _short(text: str, style: Style, width: float) -> str:
    while len(text) > 1 and text_width(text, style.size) > width:
        text = text.removesuffix("…")[:-1] + "…"
    return text


# The sheets behind charts: python-pptx writes what begins with = as a formula


def _curve_sheet(chart: Any, series: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> None:
    """As python-pptx lays it out: a series below the other, x and y, its name above its y."""
    rows: list[list[Any]] = []
    for label, points in series:
        rows += [["", label], *[list(point) for point in points], []]
    _sheet(chart, None, rows)


def _sheet(chart: Any, head: Sequence[str] | None, rows: Sequence[Sequence[Any]]) -> None:
    """Text as text, whatever it begins with, and numbers as numbers."""
    import xlsxwriter

    written = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(written, plain) as book:
        sheet = book.add_worksheet("Sheet1")
        for number, row in enumerate([*([head] if head else []), *rows]):
            for place, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, place, clean(value))
                elif value is not None:
                    sheet.write_number(number, place, value)
    chart.part.chart_workbook.update_from_xlsx_blob(written.getvalue())
