"""The two maps and what a picked point is: its image, its caption, and its nearest neighbours before and after."""

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import state
from dashboard.charts.maps import before_and_after
from dashboard.context import PageContext
from dashboard.widgets import images, layout, waiting
from dashboard.widgets.run_progress import run_name
from kdmcse.config import CANDIDATE
from kdmcse.engine.runs import Run
from kdmcse.evaluation import evaluation
from kdmcse.evaluation.projection import read_projection
from kdmcse.evaluation.retrieval import nearest
from kdmcse.presentation.methods import method_name
from kdmcse.processes import launch, projection

if TYPE_CHECKING:
    import pandas as pd

NEIGHBOURS = 4
_MAX_CATEGORIES = 200


def choose_run(context: PageContext, trained: list[Run]) -> Run:
    """The run in the address, else the first KDMCSE run."""
    t, ids = context.t, [run.id for run in trained]
    first = next((run.id for run in trained if run.config.method == CANDIDATE), ids[0])
    default = state.choice("run") if state.choice("run") in ids else first
    names = {run.id: run_name(t, run) for run in trained}
    chosen = st.selectbox(
        t("page_map.run"), ids, index=ids.index(default), format_func=names.get, key=f"map_run_{default}"
    )
    if chosen != default:
        state.choose("run", chosen)
        st.rerun()
    return next(run for run in trained if run.id == chosen)


def wait(context: PageContext, run: Run, baseline: Run) -> None:
    """The maps are being drawn: look again until they are there."""
    t = context.t
    waiting.until_ended(t, lambda: projection.status(run, baseline) == "running", lambda: (0.5, t("page_map.drawing")))


def offer(context: PageContext, run: Run, baseline: Run, *, has_failed: bool) -> None:
    """The button that has the maps drawn, and why the last attempt failed."""
    t = context.t
    if has_failed:
        waiting.failed(t, projection.job(run, baseline), t("page_map.failed"))
    with st.container(border=True, key="empty", horizontal_alignment="center"):
        st.markdown(f"#### {t('page_map.start_title')}", anchors=False, text_alignment="center")
        st.text(t("page_map.start_text"))
        if st.button(t("page_map.start"), type="primary", key="start_map"):
            with st.spinner(t("page_map.drawing")):
                launch.start_projection(run, baseline)
            st.rerun()


def maps(context: PageContext, run: Run, baseline: Run, beside: DeltaGenerator) -> None:
    """The choice of colour goes `beside` the choice of run."""
    t, pairs = context.t, context.dataset.pairs
    points = read_projection(run, baseline)
    columns = _colour_columns(pairs, ["group", *context.dataset.extra_columns], set(points["pair"]))
    named = {"group": t("page_map.group")}
    with beside:
        column = (
            st.selectbox(t("page_map.colour_by"), columns, key="colour_by", format_func=lambda one: named.get(one, one))
            if columns
            else None
        )
    rows = pairs.set_index("pair").loc[points["pair"]]
    points = points.assign(
        caption=rows["caption"].to_numpy(), colour=rows[column].astype(str).to_numpy() if column else ""
    )
    key = f"map_{run.id}_{column}"
    chosen = _picked(state.widget(key), set(points["pair"]))
    drawn = before_and_after(
        t,
        points,
        (t("page_map.before"), t("page_map.after", method=method_name(t, run.config.method))),
        t("page_map.other"),
        chosen,
    )
    layout.figure(drawn, key, alt=t("page_map.alt"), on_select="rerun")
    st.caption(t("projection.note.read"))
    if chosen is None:
        st.text(t("page_map.pick"))
    else:
        _detail(context, run, baseline, chosen)


def _colour_columns(pairs: "pd.DataFrame", names: list[str], shown: set[int]) -> list[str]:
    """Columns that tell the shown pairs apart: a category first, then the coarsest."""
    held_out = pairs[pairs["pair"].isin(shown)]
    counts = {name: held_out[name].astype(str).nunique() for name in names if name in held_out}
    return sorted(
        (name for name, n in counts.items() if 1 < n <= _MAX_CATEGORIES),
        key=lambda name: (name != "category", counts[name]),
    )


def _picked(selection: object, known: set[int]) -> int | None:
    """The pair of the newest picked point; what the browser sends is checked, not believed."""
    points = ((selection or {}).get("selection") or {}).get("points") or []
    for point in points:
        carried = point.get("customdata")
        carried = carried[0] if isinstance(carried, list) and carried else carried
        if isinstance(carried, int) and carried in known:
            return carried
    return None


def _detail(context: PageContext, run: Run, baseline: Run, chosen: int) -> None:
    t, pairs = context.t, context.dataset.pairs
    held_out = pairs[pairs["held_out"]].reset_index(drop=True)
    position = int(held_out.index[held_out["pair"] == chosen][0])
    layout.section(t("page_map.picked"))
    point, near = st.columns([1, 2.6])
    with point, st.container(border=True, key="picked"):
        images.show_image(context, held_out["image"][position], held_out["caption"][position])
    with near:
        for which, model in (("near_before", baseline), ("near_after", run)):
            found = evaluation.read_evaluation(model)
            st.caption(t(f"page_map.{which}"))
            for column, other in zip(
                st.columns(NEIGHBOURS), nearest(evaluation.read_embeddings(found), position, NEIGHBOURS), strict=False
            ):
                with column, st.container(key=f"{which}_{other}", gap="xxsmall"):
                    images.show_image(context, held_out["image"][other], held_out["caption"][other])
