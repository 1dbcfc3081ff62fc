"""Tables in, Plotly figures out. No Streamlit here; Plotly itself is imported when the first figure is drawn.

A method has one colour and one mark everywhere: colours of different lightness, so that they also differ in
print and for colour-blind eyes, and a mark of its own, so that colour is never the only difference.
"""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

COLOURS = {
    "baseline": "#7A848E",
    "simcse": "#D9952B",
    "mcse": "#5BA3CF",
    "kdmcse": "#1F4E79",
    "gist": "#6F5200",
    "dalr": "#8E1B3A",
}
MARKS = {
    "baseline": "diamond",
    "simcse": "circle",
    "mcse": "square",
    "kdmcse": "star",
    "gist": "triangle-up",
    "dalr": "hexagon",
}
TERMS = {"sentence": "#7A848E", "image": "#D9952B", "caption": "#5BA3CF", "ranking": "#8E1B3A", "total": "#1F4E79"}
DASHES = {"sentence": "dot", "image": "dash", "caption": "dashdot", "ranking": "longdash", "total": "solid"}
CATEGORIES = (
    "#1F4E79",
    "#D9952B",
    "#5BA3CF",
    "#1B7F5C",
    "#B5442B",
    "#8C6BB1",
    "#A8B545",
    "#4A545E",
    "#E3A6B8",
    "#6F5200",
    "#2FA8A0",
    "#E0703C",
)
OTHER = "#C9D0D7"
CONFIG = {"displaylogo": False, "showSendToCloud": False, "plotlyServerURL": "", "displayModeBar": False}
TAIL = 0.005
"""Share of the draws at either end that a histogram leaves out."""
_FONT = '"Source Sans", "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", Meiryo, sans-serif'
_INK, _GRID = "#3A444E", "#E6EAEE"


def label(text: object, length: int = 80) -> str:
    """User's text for a Plotly label, which reads a dialect of HTML and of TeX."""
    text = " ".join(str(text).split())
    text = text if len(text) <= length else text[: length - 1] + "…"
    return html.escape(text).replace("$", "&#36;")


def scores_by_seed(rows: "pd.DataFrame", column: str, names: Mapping[str, str], axis: str, seed: str) -> "Figure":
    """A line per method, a dot per seed. rows: method, seed, `column`; `names` by method; `seed`: "Seed {n}"."""
    figure = _figure(height=76 + 46 * len(names), axis_x=axis)
    for method, name in names.items():
        found = rows[(rows["method"] == method) & rows[column].notna()]
        figure.add_scatter(
            x=found[column],
            y=[name] * len(found),
            mode="markers",
            name=name,
            cliponaxis=False,
            marker={
                "color": COLOURS[method],
                "symbol": MARKS[method],
                "size": 13,
                "opacity": 0.85,
                "line": {"color": "white", "width": 1},
            },
            text=["" if method == "baseline" else seed.format(n=n) for n in found["seed"]],
            hovertemplate="%{y} %{text}<br>%{x:.3f}<extra></extra>",
        )
        if method == "baseline" and len(found):
            figure.add_vline(x=found[column].iloc[0], line={"color": COLOURS[method], "dash": "dot", "width": 1})
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=list(names.values()), showgrid=False)
    return figure


def warm_up() -> None:
    """Import Plotly and draw once: the first figure that somebody waits for is then no slower than the second."""
    import plotly.subplots  # noqa: F401

    losses([{"step": 1, "loss": {"total": 1.0}}], {"total": ""}, "", "").to_json()


def losses(lines: Sequence[Mapping], names: Mapping[str, str], axis_x: str, axis_y: str) -> "Figure":
    """One curve per loss term. lines: what the trainer wrote; those with `step` and `loss` count."""
    figure = _figure(height=280, axis_x=axis_x, axis_y=axis_y, legend=True)
    told = [line for line in lines if line.get("loss") and "step" in line]
    # A step on sentences without pictures has fewer terms: its total would jump among the others.
    told = [line for line in told if line.get("kind") != "texts"] or told
    for term, name in names.items():
        points = [(line["step"], line["loss"][term]) for line in told if line["loss"].get(term) is not None]
        if points:
            steps, values = zip(*points, strict=True)
            figure.add_scatter(
                x=steps,
                y=values,
                mode="lines" if len(points) > 1 else "markers",
                name=name,
                line={"color": TERMS.get(term, _INK), "dash": DASHES.get(term, "solid"), "width": 2},
                hovertemplate="%{y:.3f}<extra>" + html.escape(name) + "</extra>",
            )
    figure.update_layout(hovermode="x unified")
    if "ranking" in names:  # it grows with the batch and would flatten the others
        figure.update_yaxes(type="log", dtick=1)
    return figure


def cost_by_threshold(
    curves: Mapping[str, "pd.DataFrame"],
    optima: Mapping[str, tuple[float, float]],
    names: Mapping[str, str],
    axis_x: str,
    axis_y: str,
) -> "Figure":
    """One curve per model with its band, and a mark at its own threshold. curves: threshold, monthly_cost, low, high; optima: threshold, cost,
    of those that have one."""
    figure = _figure(height=380, axis_x=axis_x, axis_y=axis_y, legend=True)
    for method, curve in curves.items():
        figure.add_scatter(
            x=[*curve["threshold"], *curve["threshold"][::-1]],
            y=[*curve["high"], *curve["low"][::-1]],
            mode="lines",
            fill="toself",
            fillcolor=f"{COLOURS[method]}1F",
            line={"width": 0},
            showlegend=False,
            legendgroup=method,
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=curve["threshold"],
            y=curve["monthly_cost"],
            mode="lines",
            name=names[method],
            legendgroup=method,
            line={"color": COLOURS[method], "width": 2, "shape": "hv"},
            hovertemplate="%{x:.3f}: %{y:,.0f}<extra></extra>",
        )
        if method not in optima:
            continue
        threshold, amount = optima[method]
        figure.add_scatter(
            x=[threshold],
            y=[amount],
            mode="markers",
            showlegend=False,
            legendgroup=method,
            cliponaxis=False,
            marker={
                "color": COLOURS[method],
                "symbol": MARKS[method],
                "size": 14,
                "line": {"color": "white", "width": 1.5},
            },
            hovertemplate=f"{html.escape(names[method])}<br>%{{x:.3f}}: %{{y:,.0f}}<extra></extra>",
        )
    figure.update_yaxes(rangemode="tozero", tickformat=",.0f")
    return figure


def stacked_costs(table: "pd.DataFrame", axis: str) -> "Figure":
    """A bar per model, a part per kind of error. table: name, kind, monthly_cost (below 0: what matches gain)."""
    names, kinds = list(dict.fromkeys(table["name"])), list(dict.fromkeys(table["kind"]))
    figure = _figure(height=110 + 46 * len(names), axis_x=axis, legend=True)
    for place, kind in enumerate(kinds):
        part = table[table["kind"] == kind].set_index("name")["monthly_cost"].reindex(names).fillna(0)
        figure.add_bar(
            x=part,
            y=names,
            orientation="h",
            name=html.escape(kind),
            marker={
                "color": CATEGORIES[place % len(CATEGORIES)],
                "pattern": {"shape": ("", "/", ".", "x", "-", "|")[place // 2 % 6], "solidity": 0.2},
            },
            hovertemplate="%{y}: %{x:,.0f}<extra>" + html.escape(kind) + "</extra>",
        )
    figure.update_layout(barmode="relative", bargap=0.35)
    figure.update_xaxes(tickformat=",.0f")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def cost_by_base_rate(
    table: "pd.DataFrame", names: Mapping[str, str], now: float | None, axis_x: str, axis_y: str
) -> "Figure":
    """A line per model, dotted ones for taking all, none or asking people. table: model, base_rate, monthly_cost; now: the entered share."""
    figure = _figure(height=360, axis_x=axis_x, axis_y=axis_y, legend=True)
    for model, line in table.groupby("model", sort=False):
        known = model in COLOURS
        figure.add_scatter(
            x=line["base_rate"],
            y=line["monthly_cost"],
            mode="lines",
            name=html.escape(names[model]),
            line={
                "color": COLOURS.get(model, "#A9B2BB"),
                "width": 2 if known else 1.5,
                "dash": "solid" if known else {"all": "dot", "none": "dash"}.get(model, "dashdot"),
            },
            hovertemplate="%{x:.0%}: %{y:,.0f}<extra>" + html.escape(names[model]) + "</extra>",
        )
    if now is not None:
        figure.add_vline(x=now, line={"color": _INK, "width": 1, "dash": "dot"})
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    # Taking all or none soon costs many times as much: what the models cost sets the scale.
    models = table[table["model"].isin(COLOURS)]["monthly_cost"]
    low, high = float(models.min()), float(models.max())
    figure.update_yaxes(tickformat=",.0f", range=[min(0.0, low), (high or 1.0) * 1.15])
    return figure


def data_curve(
    points: "pd.DataFrame",
    line: "pd.DataFrame | None",
    names: Mapping[str, str],
    axes: tuple[str, str],
    baseline: float | None,
) -> "Figure":
    """Score by pairs learnt from: a dot per run, and the law with its band where there is one, dashed beyond what was measured.

    points: pairs, score, label. line: pairs, value, low, high, measured. names of: point, law, beyond, band, baseline.
    """
    figure = _figure(height=380, axis_x=axes[0], axis_y=axes[1], legend=True)
    colour = COLOURS["kdmcse"]
    if line is not None:
        figure.add_scatter(
            x=[*line["pairs"], *reversed(line["pairs"])],
            y=[*line["high"], *reversed(line["low"])],
            mode="lines",
            fill="toself",
            fillcolor="rgba(31,78,121,0.13)",
            line={"width": 0},
            name=names["band"],
            hoverinfo="skip",
        )
        beyond = line[line["pairs"] >= line.loc[line["measured"], "pairs"].max()]
        for name, part, dash in (("law", line[line["measured"]], "solid"), ("beyond", beyond, "dash")):
            figure.add_scatter(
                x=part["pairs"],
                y=part["value"],
                mode="lines",
                name=names[name],
                line={"color": colour, "width": 2, "dash": dash},
                customdata=part[["low", "high"]],
                hovertemplate="%{x:,.0f}: %{y:.3f} (%{customdata[0]:.3f} – %{customdata[1]:.3f})<extra></extra>",
            )
    figure.add_scatter(
        x=points["pairs"],
        y=points["score"],
        mode="markers",
        name=names["point"],
        cliponaxis=False,
        marker={
            "color": colour,
            "symbol": MARKS["kdmcse"],
            "size": 11,
            "opacity": 0.85,
            "line": {"color": "white", "width": 1},
        },
        text=points["label"],
        hovertemplate="%{text}<br>%{x:,.0f}: %{y:.3f}<extra></extra>",
    )
    if baseline is not None:
        ends = [0, max(points["pairs"].max(), 0 if line is None else line["pairs"].max())]
        figure.add_scatter(
            x=ends,
            y=[baseline] * 2,
            mode="lines",
            name=names["baseline"],
            line={"color": COLOURS["baseline"], "width": 1, "dash": "dot"},
            hovertemplate="%{y:.3f}<extra></extra>",
        )
    figure.update_xaxes(rangemode="tozero", tickformat=",.0f")
    return figure


def tornado(rows: "pd.DataFrame", base: float, names: Mapping[str, str], axis: str) -> "Figure":
    """A bar per input from the value as entered to the values at both ends of its range, the greatest swing on top.

    rows: label, value_low, value_high, low, high (as text). names of: low, high, the ends of an input.
    """
    figure = _figure(height=70 + 38 * len(rows), axis_x=axis, legend=True)
    shown = [label(text, 44) for text in rows["label"]]
    for end, colour, pattern in (("low", COLOURS["mcse"], "/"), ("high", COLOURS["kdmcse"], "")):
        figure.add_bar(
            y=shown,
            x=rows[f"value_{end}"] - base,
            base=base,
            orientation="h",
            name=names[end],
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "white", "size": 6},
            },
            text=[label(text) for text in rows[end]],
            textposition="none",
            customdata=rows[f"value_{end}"],
            hovertemplate="%{y}<br>%{text}: %{customdata:,.0f}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": _INK, "width": 1, "dash": "dot"})
    figure.update_layout(barmode="overlay", bargap=0.35)
    figure.update_xaxes(tickformat=",.0f", nticks=7)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ")
    return figure


def histogram(bins: "pd.DataFrame", names: Mapping[str, str], axes: tuple[str, str]) -> "Figure":
    """Draws of an amount, those below 0 marked; without the few outermost ones. bins: low, high, draws. names of: below, above."""
    counted = bins["draws"].cumsum() / bins["draws"].sum()
    bins = bins[(counted >= TAIL) & (counted.shift(fill_value=0.0) <= 1 - TAIL)]
    figure = _figure(height=320, axis_x=axes[0], axis_y=axes[1], legend=True)
    middle = (bins["low"] + bins["high"]) / 2
    for name, rows, colour, pattern in (
        ("below", middle < 0, "#B5442B", "/"),
        ("above", middle >= 0, COLOURS["kdmcse"], ""),
    ):
        figure.add_bar(
            x=middle[rows],
            y=bins["draws"][rows],
            width=(bins["high"] - bins["low"])[rows],
            name=names[name],
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "white", "size": 6},
            },
            customdata=bins[["low", "high"]][rows],
            hovertemplate="%{customdata[0]:,.0f} – %{customdata[1]:,.0f}: %{y:,.0f}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": _INK, "width": 1, "dash": "dot"})
    figure.update_layout(bargap=0, barmode="overlay")
    figure.update_xaxes(tickformat=",.0f", nticks=7)
    figure.update_yaxes(tickformat=",.0f")
    return figure


def before_and_after(
    points: "pd.DataFrame", titles: tuple[str, str], other: str, chosen: int | None = None
) -> "Figure":
    """Two maps in one coordinate system. points: pair, before_x, before_y, after_x, after_y, colour, caption.

    `customdata` carries the pair: all that a picked point says of itself. `other` names what is in no shown category.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(1, 2, subplot_titles=titles, horizontal_spacing=0.03, shared_yaxes=True, shared_xaxes="all")
    for category, colour in categories(points["colour"], other).items():
        rows = points[shown_category(points["colour"], other) == category]
        for column, side in ((1, "before"), (2, "after")):
            figure.add_scatter(
                x=rows[f"{side}_x"],
                y=rows[f"{side}_y"],
                mode="markers",
                row=1,
                col=column,
                name=label(category, 24),
                legendgroup=category,
                showlegend=column == 1,
                customdata=rows["pair"].astype(int).tolist(),
                text=[label(caption) for caption in rows["caption"]],
                hovertemplate="%{text}<extra></extra>",
                marker={"color": colour, "size": 7, "opacity": 0.75, "line": {"width": 0}},
                unselected={"marker": {"opacity": 0.75}},
            )
    for pair in points[points["pair"] == chosen].itertuples():
        for column, (x, y) in ((1, (pair.before_x, pair.before_y)), (2, (pair.after_x, pair.after_y))):
            figure.add_scatter(
                x=[x],
                y=[y],
                mode="markers",
                row=1,
                col=column,
                showlegend=False,
                hoverinfo="skip",
                marker={"symbol": "circle-open", "size": 18, "color": _INK, "line": {"width": 2.5}},
            )
    _style(figure, height=470, legend=True)
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False, linecolor=_GRID, mirror=True)
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, linecolor=_GRID, mirror=True)
    figure.update_layout(
        margin={"t": 34},
        clickmode="event+select",
        dragmode="pan",
        legend={"y": -0.03, "yanchor": "top", "itemclick": False, "itemdoubleclick": False},
    )
    return figure


def categories(values: "pd.Series", other: str) -> dict[str, str]:
    """The most frequent values with a colour each; the rest, and the empty one, share `other`."""
    counts = values[values.astype(str).str.strip() != ""].astype(str).value_counts()
    named = sorted(counts.index[: len(CATEGORIES)])
    found = dict(zip(named, CATEGORIES, strict=False))
    return found if set(values.astype(str)) <= set(named) else {**found, other: OTHER}


def shown_category(values: "pd.Series", other: str) -> "pd.Series":
    text = values.astype(str)
    return text.where(text.isin(set(categories(values, other)) - {other}), other)


def _figure(*, height: int, axis_x: str = "", axis_y: str = "", legend: bool = False) -> "Figure":
    from plotly.graph_objects import Figure

    figure = Figure()
    _style(figure, height=height, legend=legend)
    figure.update_xaxes(title_text=html.escape(axis_x), gridcolor=_GRID, zeroline=False, linecolor=_GRID)
    figure.update_yaxes(title_text=html.escape(axis_y), gridcolor=_GRID, zeroline=False)
    return figure


def _style(figure: "Figure", *, height: int, legend: bool) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": 12, "b": 8},
        showlegend=legend,
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={
            "family": _FONT,
            "size": 14,
            "color": _INK,
        },
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hoverlabel={
            "bgcolor": "white",
            "bordercolor": _GRID,
            "font": {"color": _INK, "family": _FONT},
            "align": "left",
        },
    )
    title = {"standoff": 10, "font": {"size": 13, "color": "#66717D"}}
    figure.update_xaxes(automargin=True, title=title)
    figure.update_yaxes(automargin=True, title=title)


def spread(values: Iterable[float]) -> tuple[float, float, float] | None:
    """Median, lowest and highest of what was measured; None where nothing was."""
    from statistics import median

    found = sorted(value for value in values if value is not None and value == value)
    return (median(found), found[0], found[-1]) if found else None
