"""What pages are put together from: headings, tables, figures, and links from page to page.

Text of the user's reaches the browser by st.text, st.dataframe or `plain`; never as Markdown or HTML.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import cache, state
from dashboard.charts import theme
from dashboard.charts.table import chart_table
from dashboard.context import PageContext
from dashboard.widgets.text import plain
from kdmcse.data.csv_export import csv_for_spreadsheets
from kdmcse.errors import UserError
from kdmcse.i18n import MISSING, Locale

if TYPE_CHECKING:
    import pandas as pd

_FIGURE = re.compile(r"–?|(?:(?:more|less) than )?[^\w–]*(?:[A-Z]{3})?\d.*")
"""A cell that begins with a number, after sign, bracket, currency or “more than”; or says that there is none."""
_SHORT = 12
"""Characters of a word in place of a figure."""


def page_path(name: str) -> Path:
    """The file of a page."""
    return Path(__file__).parents[2] / "pages" / f"{name}.py"


def section(title: str, explanation: str | None = None, *, about: str | None = None) -> None:
    """A heading, with an explanation in small print below it; `about`: what its term means, shown when it is pointed at."""
    st.header(plain(title), anchor=False, help=about and plain(about))
    if explanation:
        st.caption(plain(explanation))


@contextmanager
def folded(
    name: str, title: str, *, icon: str, explanation: str | None = None, expanded: bool = False
) -> Iterator[bool]:
    """A part that a visitor may open; False until then, and what it would hold is neither computed nor sent.

    Once opened it stays there, closed or not: inputs that leave a page forget what was typed. It opens when `expanded` becomes true.
    `name`: no two parts of the dashboard share one. `explanation`: small print above what it holds.
    """
    key = f"folded_{name}"
    # By another title it is another widget to Streamlit, which opens as the one before was left.
    new = not state.is_known(key) or state.recall(f"{key}_title") != title
    if (expanded and not state.recall(f"{key}_expanded")) or (new and state.recall(f"{key}_open")):
        state.put(key, True)
    part = st.expander(title, icon=icon, key=key, on_change="rerun")
    opened = part.open or bool(state.recall(f"{key}_opened"))
    for what, value in {"title": title, "expanded": expanded, "open": part.open, "opened": opened}.items():
        state.remember(f"{key}_{what}", value)
    with part:
        if opened and explanation:
            st.caption(plain(explanation))
        yield opened


def is_open(name: str) -> bool:
    """Whether what the folded part with this name holds can be seen now. After it was drawn."""
    return bool(state.recall(f"folded_{name}_open"))


def download_csv(
    t: Locale, content: bytes, name: str, *, label: str | None = None, explanation: str | None = None
) -> None:
    """A button for a CSV file of that name."""
    st.download_button(
        label or t("shared.download_csv"),
        content,
        file_name=f"{name}.csv",
        mime="text/csv",
        help=explanation,
        icon=":material/download:",
        on_click="ignore",
        key=f"csv_{name}",
    )


def download_workbook(t: Locale, content: Callable[[], bytes], name: str) -> None:
    """A button for an XLSX file of that name whose formulas are live; it is made when somebody asks for it."""
    st.download_button(
        t("shared.download_workbook"),
        content,
        file_name=name,
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        help=t("shared.download_workbook_help"),
        icon=":material/download:",
        on_click="ignore",
        key=f"workbook_{name}",
    )


def table_with_download(
    t: Locale, table: "pd.DataFrame", name: str, *, widths: Mapping[str, int] | None = None
) -> None:
    """A table that may hold text of the user's, and the same as a CSV file of that name. widths: of columns, in pixels, where text is long.

    Its first column stays while the others are scrolled.
    """
    columns = {column: {"width": width} for column, width in (widths or {}).items()}
    st.dataframe(table, hide_index=True, column_config=_pinned(table, columns))
    download_csv(t, csv_for_spreadsheets(table), name)


def _pinned(table: "pd.DataFrame", columns: dict[str, Any]) -> dict[str, Any]:
    """The same with the first column staying where it is, unless it is the only one."""
    first = table.columns[0]
    return columns | {first: columns.get(first, {}) | {"pinned": True}} if len(table.columns) > 1 else columns


def table(rows: Sequence[Mapping[str, str]], *, words: Sequence[str] = ()) -> None:
    """A designed table of our own words and numbers: columns of figures stand on the right, all others on the left.

    words: heads of columns that may hold nothing but dashes and yet are for words.
    """
    import pandas as pd

    heads = list(dict.fromkeys(head for row in rows for head in row))
    others = {*heads[:1], *words}
    figures = [
        at for at, head in enumerate(heads) if head not in others and _are_figures([row.get(head, "") for row in rows])
    ]
    shown = pd.DataFrame([{plain(k): plain(v) for k, v in row.items()} for row in rows], columns=[*map(plain, heads)])
    right = "text-align: right !important"  # Streamlit says left at each cell
    at = [f"{cell}.col{place}" for place in figures for cell in ("th.col_heading", "td")]
    rules = [{"selector": one, "props": right} for one in at]
    rules += [{"selector": f"{one} *", "props": "white-space: nowrap !important"} for one in at if one.startswith("td")]
    styled = shown.style.set_table_styles(rules)
    st.table(styled, border="horizontal", hide_index=True)


def _are_figures(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers, with what belongs to them, and dashes, which may be all so far; fewer of its cells may say a short
    word instead, such as “never”.
    """
    filled = [cell for cell in cells if cell.strip("– ")]
    words = [cell for cell in filled if not _FIGURE.fullmatch(cell)]
    if not filled:
        return any(cell.strip() for cell in cells)
    return len(filled) > 2 * len(words) and all(len(word) <= _SHORT for word in words)


def figure(t: Locale, drawing: theme.Chart, key: str, *, alt: str, on_select: str | Callable = "ignore") -> Any:
    """A chart, and below it the same as a table once a visitor asks for it; nothing where it has no traces. alt: what it shows, for who
    cannot see it."""
    if not drawing["data"]:
        return None
    drawn = st.plotly_chart(
        cache.figure(drawing),
        theme=None,
        key=key,
        config=theme.CONFIG,
        alt=alt,
        on_select=on_select,
        selection_mode="points",
    )
    with st.container(key=f"chart_table_{key}"):
        if st.toggle(t("shared.chart.table"), key=f"as_table_{key}"):
            _chart_table(t, chart_table(t, drawing), key)
    return drawn


def _chart_table(t: Locale, table: "pd.DataFrame", key: str) -> None:
    """Large numbers without decimals to read, and all digits in the file."""
    numbers = list(table.select_dtypes("number"))
    large = {column: table[column].round() for column in numbers if table[column].abs().max() >= 1000}
    columns = {column: {"type_config": {"type": "number", "format": "localized"}} for column in numbers}
    shown = table.assign(**large)
    st.dataframe(shown, hide_index=True, column_config=_pinned(shown, columns), placeholder=MISSING)
    download_csv(t, csv_for_spreadsheets(table), key)


def next_step(context: PageContext, page: str, text: str) -> None:
    """One clear way on, at the bottom of the page."""
    with st.container(key="next_step", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(text)
        link(context, page)


def detour(context: PageContext, page: str, text: str) -> None:
    """A way that not everybody needs, above the next step: no button."""
    with st.container(key="detour", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(text)
        _page_link(context, page)


def quiet_link(context: PageContext, page: str) -> None:
    """A link to another page within a text: no button."""
    _page_link(context, page)


def link(context: PageContext, page: str, **chosen: str) -> None:
    """A link to another page that looks like a button. chosen: what is chosen there, as its address has it."""
    with st.container(key=f"go_{page}" + "_chosen" * bool(chosen), width="content"):
        _page_link(context, page, **chosen)


def _page_link(context: PageContext, page: str, **chosen: str) -> None:
    st.page_link(
        page_path(page),
        label=context.t("shared.go", title=context.t(f"pages.{page}")),
        icon=":material/arrow_forward:",
        icon_position="right",
        width="content",
        query_params=context.address | chosen,
    )


def empty(context: PageContext, key: str, page: str) -> None:
    """Nothing to show yet: why, and where to go."""
    _empty(context, context.t(f"{key}.title"), context.t(f"{key}.text"), page)


def refused(context: PageContext, error: UserError, page: str) -> None:
    """The same where the shell says it too, as an error."""
    _empty(context, error.message(context.t.language), error.hint(context.t.language), page)


def _empty(context: PageContext, title: str, text: str, page: str) -> None:
    with st.container(border=True, key="empty", horizontal_alignment="center"):
        st.markdown(f"## {plain(title)}", anchors=False, text_alignment="center")
        st.text(text)
        link(context, page)
