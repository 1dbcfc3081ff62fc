"""Two maps of captions, before and after training, in one coordinate system."""

from typing import TYPE_CHECKING

from dashboard.charts.theme import CATEGORIES, GRID, INK, OTHER, label, style_figure

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure


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
                marker={"symbol": "circle-open", "size": 18, "color": INK, "line": {"width": 2.5}},
            )
    style_figure(figure, height=470, legend=True)
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False, linecolor=GRID, mirror=True)
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, linecolor=GRID, mirror=True)
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
