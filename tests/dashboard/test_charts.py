"""Figures are made of what they are given, escape what comes from users, and use one colour and mark per method."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from plotly.graph_objects import Figure
from plotly.tools import return_figure_from_figure_or_data

from dashboard.charts import audit, costs, roi, scores, theme, training
from dashboard.charts import forest as forest_plot
from dashboard.charts.table import chart_table
from kdmcse.audit.cosines import BIN, Look, Spread
from kdmcse.config import BASELINE, METHODS
from kdmcse.i18n import Locale, plain_text
from kdmcse.presentation import palette
from kdmcse.presentation.forest import ForestRow
from kdmcse.stats import Interval

EN, JA = Locale("en"), Locale("ja")
HOSTILE = "<b onmouseover=alert(1)>$\\href{javascript:1}$</b>"


@pytest.mark.parametrize("t", [EN, JA], ids=lambda t: t.language)
@pytest.mark.parametrize("currency", ["JPY", "USD", "CHF"])
def test_amounts_of_a_chart_are_written_as_everywhere(t, currency):
    rng = np.random.default_rng(0)
    values = [0.0, -0.0, 0.4, -0.4, 0.5, 1.5, 999.5, -999.5, np.nan, *rng.normal(0, 1e7, 300), *rng.normal(0, 1e3, 300)]
    assert theme.amounts(t, values, currency) == [plain_text(t.money(value, currency)) for value in values]


def as_plotly_reads_it(draw: Callable[..., theme.Chart]) -> Callable[..., Figure]:
    """Plotly, as Streamlit asks it, refuses a property that it does not know."""

    def read(*given, **named) -> Figure:
        chart = draw(EN, *given, **named)
        return_figure_from_figure_or_data(chart, validate_figure=True)
        return Figure(chart)

    return read


cosine_spread = as_plotly_reads_it(audit.cosine_spread)
cost_by_base_rate = as_plotly_reads_it(costs.cost_by_base_rate)
cost_by_threshold = as_plotly_reads_it(costs.cost_by_threshold)
forest = as_plotly_reads_it(forest_plot.forest)
histogram = as_plotly_reads_it(roi.histogram)
losses = as_plotly_reads_it(training.losses)
losses_side_by_side = as_plotly_reads_it(training.losses_side_by_side)
scores_by_seed = as_plotly_reads_it(scores.scores_by_seed)
stacked_costs = as_plotly_reads_it(costs.stacked_costs)
tornado = as_plotly_reads_it(roi.tornado)


def test_every_method_has_a_colour_and_a_mark_of_its_own():
    assert list(palette.COLOURS) == [BASELINE, *METHODS]
    assert len(set(palette.COLOURS.values())) == len(set(theme.MARKS.values())) == len(palette.COLOURS)


COLOUR_BLIND = {  # Machado et al. 2009, on linear RGB
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("eyes", COLOUR_BLIND)
def test_colours_differ_in_lightness_or_in_blue_against_yellow_for_colour_blind_eyes(eyes):
    def seen(colour: str) -> np.ndarray:
        rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return np.clip(np.array(COLOUR_BLIND[eyes]) @ linear, 0, 1) ** (1 / 2.2)

    colours = [seen(colour) for colour in palette.COLOURS.values()]
    assert min(np.abs(a - b).max() for i, a in enumerate(colours) for b in colours[:i]) > 0.15


def difference(estimate: float | None, low: float | None = None, high: float | None = None) -> Interval:
    return Interval(estimate, low, high, 0.95, 60, 60, 3, rows_only=False, reason=None)


def compared(low: float, middle: float, high: float, name: str = "MCSE") -> ForestRow:
    return ForestRow(name, "mcse", difference(0.5), difference(middle, low, high), "not_decisive")


def test_a_hairs_breadth_does_not_fill_a_forest_plot_and_what_is_wider_fits():
    low, high = forest([compared(-0.001, 0.0013, 0.003)], ("A", "B", "C"), "axis").layout.xaxis.range
    assert low < -forest_plot.FLOOR and high > forest_plot.FLOOR
    low, high = forest([compared(-0.3, 0.1, 0.6)], ("A", "B", "C"), "axis").layout.xaxis.range
    assert low < -0.3 and high > 0.6


def test_a_row_of_a_forest_plot_has_name_score_and_verdict_in_its_own_colour():
    drawn = forest([compared(-0.1, 0.02, 0.1)], ("A", "B", "C"), "axis")
    name, score, verdict = drawn.layout.annotations[3:]
    assert name.text == "<b>MCSE</b>" and score.text == "0.500"
    assert EN("shared.verdict.not_decisive") in verdict.text and "+0.020" in verdict.text
    assert verdict.font.color == palette.TONES["not_decisive"] not in palette.COLOURS.values()
    (dot,) = drawn.data
    assert dot.marker.color == dot.error_x.color == palette.COLOURS["mcse"]


def test_a_long_name_has_a_line_of_its_own_above_score_and_verdict():
    drawn = forest([compared(-0.1, 0.02, 0.1, HOSTILE)], ("A", "B", "C"), "axis")
    name, score, verdict = drawn.layout.annotations[3:]
    assert "<b onmouseover" not in name.text and score.text == "B 0.500"
    assert name.y < score.y == verdict.y


def test_losses_of_one_method_have_one_colour_and_lines_of_their_own():
    points = [(1, 3.0), (2, 1.0)]
    drawn = losses_side_by_side([("A", "mcse", points), ("B", "mcse", points), ("C", "kdmcse", ())], "step", "loss")
    assert [trace.name for trace in drawn.data] == ["A", "B"]
    first, second = (trace.line for trace in drawn.data)
    assert first.color == second.color == palette.COLOURS["mcse"] and first.dash != second.dash


def test_a_dot_per_seed_and_none_where_nothing_was_measured():
    rows = pd.DataFrame(
        {"method": ["baseline", "kdmcse", "kdmcse", "mcse"], "seed": [0, 0, 1, 0], "sts": [0.5, 0.6, 0.7, np.nan]}
    )
    figure = scores_by_seed(rows, "sts", {"baseline": "A", "mcse": "B", "kdmcse": "C"}, "axis")
    assert [len(trace.x) for trace in figure.data] == [1, 0, 2]
    assert list(figure.data[2].text) == ["Seed 0", "Seed 1"]


def test_losses_by_term_whatever_else_the_lines_hold():
    lines = [
        {"stage": "embedding", "done": 1},
        {"step": 1, "loss": {"sentence": 2.0, "total": 3.0}},
        {"step": 2, "loss": {"total": 2.5}},
    ]
    figure = losses(lines, {"sentence": "Sentence", "image": "Image", "total": "Total"}, "x", "y")
    assert [(trace.name, list(trace.y)) for trace in figure.data] == [("Sentence", [2.0]), ("Total", [3.0, 2.5])]


def test_a_ranking_term_that_is_far_larger_does_not_flatten_the_others():
    lines = [{"step": n, "loss": {"sentence": 1.0, "ranking": 200.0, "total": 201.0}} for n in (1, 2)]
    names = {"sentence": "Sentence", "ranking": "Ranking", "total": "Total"}
    figure = losses(lines, names, "x", "y")
    assert figure.layout.yaxis.type == "log" and len({trace.line.dash for trace in figure.data}) == 3
    assert losses(lines, {"total": "Total"}, "x", "y").layout.yaxis.type is None


def test_steps_on_sentences_without_images_do_not_jump_among_the_others():
    pair, text = {"kind": "pairs", "loss": {"total": 3.0}}, {"kind": "texts", "loss": {"total": 0.2}}
    names = {"total": "Total"}
    mixed = losses([pair | {"step": 1}, text | {"step": 2}, pair | {"step": 3}], names, "x", "y")
    assert [list(trace.x) for trace in mixed.data] == [[1, 3]]
    alone = losses([text | {"step": 1}, text | {"step": 2}], names, "x", "y")
    assert [list(trace.x) for trace in alone.data] == [[1, 2]]


def test_a_model_that_is_cheapest_unused_has_a_curve_and_no_mark():
    curve = pd.DataFrame({"threshold": [0.0, 1.0], "monthly_cost": [5.0, 3.0], "low": [4.0, 2.0], "high": [6.0, 5.0]})
    names = {"baseline": "A", "kdmcse": "B"}
    curves = {"baseline": curve, "kdmcse": curve}
    figure = cost_by_threshold("EUR", curves, {"kdmcse": (1.0, 3.0)}, names, ("baseline", "kdmcse"), "x", "y")
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    assert [trace.mode for trace in figure.data if trace not in bands] == ["lines", "lines", "markers"]
    named = [trace for trace in figure.data if trace.hoverinfo != "skip"]
    assert all(trace.hovertemplate.endswith(f"<extra>{trace.name}</extra>") for trace in named)
    assert list(bands[0].x) == [0, 1, 1, 0] and list(bands[0].y) == [6, 5, 2, 4], (
        "up on the one side, back on the other"
    )


def test_only_the_two_that_are_compared_have_bands():
    curve = pd.DataFrame({"threshold": [0.0, 1.0], "monthly_cost": [5.0, 3.0], "low": [4.0, 2.0], "high": [6.0, 5.0]})
    curves = dict.fromkeys(("baseline", "mcse", "kdmcse"), curve)
    figure = cost_by_threshold("EUR", curves, {}, dict.fromkeys(curves, "A"), ("baseline", "kdmcse"), "x", "y")
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    assert [trace.legendgroup for trace in bands] == ["baseline", "kdmcse"]
    for band in bands:
        assert band.line.width == 1 and band.line.color.startswith(palette.COLOURS[band.legendgroup])
    assert sum(trace.mode == "lines" and trace.fill is None for trace in figure.data) == 3


def test_a_cost_is_stacked_by_kind_and_what_matches_gain_lies_left_of_nothing():
    table = pd.DataFrame(
        {"name": ["A", "A", "B"], "kind": ["wrong", "gain", "wrong"], "monthly_cost": [5.0, -2.0, 4.0]}
    ).assign(error=["false_match", "benefit", "false_match"])
    figure = stacked_costs("EUR", table, "x")
    assert [(trace.name, list(trace.x)) for trace in figure.data] == [("wrong", [5, 4]), ("gain", [-2, 0])]
    assert figure.layout.barmode == "relative"


def test_mistakes_of_one_kind_have_one_colour_that_no_method_has_and_a_pattern_for_each_segment():
    kinds = pd.DataFrame({"kind": ["wrong, a", "missed, a", "wrong, b"], "monthly_cost": 1.0})
    drawn = stacked_costs("EUR", kinds.assign(name="A", error=["false_match", "missed_match", "false_match"]), "x")
    first, missed, second = (trace.marker for trace in drawn.data)
    assert first.color == second.color == palette.MISTAKES["false_match"] != missed.color
    assert first.pattern.shape != second.pattern.shape
    assert not {first.color, missed.color} & set(palette.COLOURS.values())


def test_a_chart_as_a_table_has_a_row_a_mark_with_the_interval_that_is_drawn_around_it():
    curve = pd.DataFrame({"threshold": [0.0, 1.0], "monthly_cost": [5.0, 3.5], "low": [4.0, 2.0], "high": [6.0, 5.0]})
    names = {"mcse": "M", "kdmcse": "K <2>"}
    curves = dict.fromkeys(names, curve)
    drawn = costs.cost_by_threshold(EN, "EUR", curves, {"mcse": (0.5, 3.0)}, names, ("kdmcse",), "Threshold", "Cost")
    told = chart_table(EN, drawn)
    ends = [EN("shared.chart.low"), EN("shared.chart.high")]
    assert list(told) == [EN("shared.chart.series"), "Threshold", "Cost", *ends]
    assert told.iloc[:, 0].tolist() == ["M", "M", "M", "K <2>", "K <2>"], "a band is no line of its own"
    assert told["Cost"].tolist() == [5, 3.5, 3, 5, 3.5]
    assert told[ends].iloc[3:].to_numpy().tolist() == [[4, 6], [2, 5]] and told[ends].iloc[:3].isna().all(axis=None)


def test_a_forest_plot_as_a_table_has_differences_and_no_places():
    drawn = forest_plot.forest(EN, [compared(-0.1, 0.02, 0.3)], ("A", "B", "C"), "axis")
    told = chart_table(EN, drawn)
    assert told.iloc[0].tolist() == ["MCSE", 0.02, pytest.approx(-0.1), pytest.approx(0.3)]


def test_a_bar_as_a_table_ends_where_it_is_drawn_to_and_its_name_stands_first():
    rows = pd.DataFrame({"label": ["a"], "value_low": [-5.0], "value_high": [30.0], "low": "1", "high": "9"})
    told = chart_table(EN, roi.tornado(EN, "EUR", rows, 6.0, {"low": "L", "high": "H"}, "value"))
    assert told.to_numpy().tolist() == [["L", "a", -5, "1"], ["H", "a", 30, "9"]]


def test_what_models_cost_sets_the_scale_where_taking_all_or_none_costs_many_times_as_much():
    table = pd.DataFrame(
        {
            "model": ["kdmcse", "kdmcse", "all", "all"],
            "base_rate": [0.0, 1.0] * 2,
            "monthly_cost": [1.0, 2.0, 900.0, 0.0],
        }
    )
    figure = cost_by_base_rate("EUR", table, {"kdmcse": "K", "all": "take all"}, 0.1, "x", "y")
    assert figure.layout.yaxis.range[1] < 3 and len(figure.layout.shapes) == 1
    assert "%{x:.3~%}" in figure.data[0].hovertemplate, "17.5% stays 17.5%"
    assert len(cost_by_base_rate("EUR", table, {"kdmcse": "K", "all": "take all"}, None, "x", "y").layout.shapes) == 0


def test_a_tornado_goes_from_the_value_as_entered_to_both_ends():
    rows = pd.DataFrame({"label": ["a", HOSTILE], "value_low": [-5.0, 8.0], "value_high": [30.0, 7.0]})
    figure = tornado("EUR", rows.assign(low="1", high=HOSTILE), 6.0, {"low": "L", "high": "H"}, "value")
    low, high = figure.data
    assert low.base == high.base == 6.0
    assert list(low.base + low.x) == [-5, 8] and list(high.base + high.x) == [30, 7]
    assert figure.layout.barmode == "group", (
        "both ends of the second input are lower or higher: neither bar hides the other"
    )
    assert low.marker.pattern.shape and not high.marker.pattern.shape, "colour is never the only difference"
    texts = [text for trace in json.loads(figure.to_json())["data"] for text in [*trace["y"], *trace["text"]]]
    assert not any(mark in text for text in texts for mark in "<$")


def test_a_histogram_parts_what_pays_from_what_does_not_and_leaves_out_the_outermost():
    low = pd.Series(range(-10, 90), dtype=float)
    bins = pd.DataFrame({"low": low, "high": low + 1, "draws": [1000] * 40 + [0] * 59 + [1]})
    below, above = histogram("EUR", bins, {"below": "B", "above": "A"}, ("value", "draws")).data
    assert max(below.x) == -0.5 and min(above.x) == 0.5
    assert max(above.x) < 60 and sum(below.y) + sum(above.y) >= 40_000 * (1 - 2 * roi.TAIL)


@pytest.mark.parametrize(("pairs", "joined"), [(30, True), (100_000, False)])
def test_few_cosines_are_drawn_in_wider_bars_that_add_up_to_all_of_them(pairs, joined):
    draw = np.random.default_rng(0)
    kinds = (draw.normal(0.3, 0.1, pairs), *(draw.normal(0, 0.2, 100_000) for _ in range(3)))
    look = Look(pairs, *(Spread.of(one.clip(-1, 1)) for one in kinds), 0.5, 0.5)
    drawn = cosine_spread(look, {"true": "T", "wrong": "W", "images": "I", "captions": "C"}, ("Cosine", "Share"))
    widths = {round(float(np.diff(trace.x)[0]), 4) for trace in drawn.data}
    assert len(widths) == 1 and (widths.pop() > BIN) == joined
    assert all(sum(trace.y) == pytest.approx(1, abs=1e-3) for trace in drawn.data)
    assert drawn.layout.yaxis.tickformat == ".1~%", "half a percent is not written as one"


@pytest.mark.parametrize("t", [EN, JA], ids=lambda t: t.language)
def test_what_a_mark_tells_is_written_as_the_language_does(t):
    table = pd.DataFrame({"name": ["A"], "kind": ["gain"], "error": ["benefit"], "monthly_cost": [-1234.4]})
    drawn = costs.stacked_costs(t, "EUR", table, "x")
    assert drawn["layout"]["separators"] == ".,"
    assert drawn["data"][0]["customdata"] == ["-€1,234"]
    assert drawn["data"][0]["hovertemplate"] == f"%{{y}}{t('shared.colon')}%{{customdata}}<extra>gain</extra>"
    bins = pd.DataFrame({"low": [-10.0, 0.0], "high": [0.0, 10.0], "draws": [5, 5]})
    below, _ = roi.histogram(t, "EUR", bins, {"below": "B", "above": "A"}, ("value", "draws"))["data"]
    assert below["customdata"] == [{"en": "-€10 to €0", "ja": "-€10〜€0"}[t.language]]


def test_nothing_in_the_config_leaves_the_machine():
    assert theme.CONFIG["showSendToCloud"] is False and theme.CONFIG["plotlyServerURL"] == ""


def test_room_is_made_for_the_widest_label_before_it_is_drawn():
    def left(*names: str, axis_y: str = "") -> int:
        trace = {"type": "bar", "x": [1.0] * len(names), "y": list(names), "orientation": "h"}
        return theme.chart(EN, [trace], height=100, axis_y=axis_y)["layout"]["margin"]["l"]

    assert left("MCSE") < left("MCSE", "SimCSE + margin") < left("誤った一致を人手で確認する費用")
    assert left("MCSE") < left("MCSE", axis_y="Cost")
    amounts = {"type": "scatter", "x": [0, 1, 2], "y": np.array([0.0, -7e6, np.nan])}
    assert theme.chart(EN, [amounts], height=100)["layout"]["margin"]["l"] > left("7,000,000") - 10
    assert theme.chart(EN, [], height=100)["layout"]["margin"]["l"] < left("MCSE")


def test_half_of_the_last_label_has_room_at_the_right_edge():
    def right(*values: float, **bar: float) -> int:
        trace = {"type": "bar", "x": np.array(values), "y": ["A"] * len(values), "orientation": "h"} | bar
        return theme.chart(EN, [trace], height=100)["layout"]["margin"]["r"]

    digit, comma = theme.width_of("0"), theme.width_of(",")
    assert right(0.5, 1.0) >= (3 * digit + comma) / 2, "0.95"
    assert right(0.0, -12_000_000.0, np.nan) >= (8 * digit + 2 * comma) / 2
    assert right(1_000.0, base=12_000_000.0) == right(12_001_000.0), "where the bar ends, and not how long it is"
