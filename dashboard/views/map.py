"""The two maps: what changed in a sentence, what is picked on them and where it leads, and the groups and captions that changed most."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import cache, routes, state
from dashboard.context import PageContext
from dashboard.views.picked import MapPoints, chosen_run, legend_of, map_points, picked_pairs
from dashboard.widgets import images, layout, verdicts, waiting
from dashboard.widgets.choices import pick, typed_text
from dashboard.widgets.linked_maps import linked_maps
from dashboard.widgets.run_progress import run_name
from dashboard.widgets.text import plain
from kdmcse.engine.runs import Run
from kdmcse.evaluation import evaluation
from kdmcse.evaluation.map_selection import parse
from kdmcse.evaluation.retrieval import nearest
from kdmcse.presentation.map import (
    change_details,
    change_sentence,
    column_name,
    group_table,
    how_counted,
    kept_sentence,
    shared_rows,
)
from kdmcse.presentation.methods import method_name
from kdmcse.processes import launch, projection
from kdmcse.results.example_filter import ExampleFilter
from kdmcse.results.neighbours import Neighbourhoods, known_neighbours

if TYPE_CHECKING:
    from kdmcse.presentation.map import Legend

NEIGHBOURS = 4
GROUPS = 5
"""of those that gained, and of those that lost"""
MOVED = 8


def choose_run(context: PageContext, trained: list[Run]) -> Run:
    """The run in the address, else the first KDMCSE run."""
    t, ids, default = context.t, [run.id for run in trained], chosen_run(trained).id
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
    job, expected = projection.job(run, baseline), projection.expected_seconds(run, baseline)
    waiting.until_ended(t, job, lambda: (0.0, t("page_map.drawing")), key="map", expected=expected)


def offer(context: PageContext, run: Run, baseline: Run, *, has_failed: bool) -> None:
    """The button that has the maps drawn, and why the last attempt failed."""
    t = context.t
    verdicts.answer(t, t("page_map.answer"))
    if has_failed:
        waiting.failed(t, projection.job(run, baseline), t("page_map.failed"))
    with st.container(border=True, key="empty", horizontal_alignment="center"):
        st.markdown(f"## {t('page_map.start_title')}", anchors=False, text_alignment="center")
        st.text(t("page_map.start_text"))
        if st.button(t("page_map.start"), type="primary", key="start_map"):
            launch.start_projection(run, baseline)
            st.rerun()


def maps(context: PageContext, run: Run, baseline: Run, head: DeltaGenerator, beside: DeltaGenerator) -> None:
    """The answer goes into `head`, the choice of colour `beside` the choice of run."""
    t, points = context.t, map_points(context, run, baseline)
    found = _neighbours(run, baseline, len(points.pairs))
    with head:
        _answer(context, found)
    with beside:
        _choose_colour(context, points)
    shown = legend_of(context, points)
    linked_maps(
        t,
        f"maps_{run.id}",
        points.pairs,
        points.positions,
        shown,
        titles=(t("page_map.before"), t("page_map.after", method=method_name(t, run.config.method))),
        picked=state.choice("picked") if parse(state.choice("picked")) else "",
        source=routes.pairs_address(st.get_option("server.baseUrlPath") or "", context.dataset.fingerprint),
    )
    st.caption(t("projection.note.read"))
    _picked(context, run, baseline, points, shown)
    _search(context, run, points)
    if found is not None:
        _shared(context, found)
        _groups(context, found)
        _moved(context, run, found)


def _neighbours(run: Run, baseline: Run, points: int) -> Neighbourhoods | None:
    """Counted here where they are few, else once in the background; None where that failed."""

    key = "neighbours", run.folder, baseline.id
    found, asked = cache.linked_maps(key, lambda: known_neighbours(run, baseline, points)), f"neighbours_{run.id}"
    due = not run.workspace.is_frozen() and projection.status(run, baseline) != "failed"
    if found is None and due and not state.recall(asked):
        state.remember(asked, True)
        launch.start_projection(run, baseline)
        st.rerun()
    return found


def _answer(context: PageContext, found: Neighbourhoods | None) -> None:
    t = context.t
    if found is None:
        verdicts.answer(t, t("page_map.answer"))
        return
    told = found.comparison
    verdict = told.verdict if told.difference.estimate is not None else None
    verdicts.answer(t, change_sentence(t, found), verdict, t.join(change_details(t, found)))


def _choose_colour(context: PageContext, points: MapPoints) -> None:
    t, names = context.t, [one.name for one in points.colourings]
    if names:
        pick("colour", t("page_map.colour_by"), names, names[0], lambda name: column_name(t, name))


def _picked(context: PageContext, run: Run, baseline: Run, points: MapPoints, shown: "Legend") -> None:
    """What is picked, and the ways on from it."""
    t, chosen = context.t, points.pairs[picked_pairs(points, shown)]
    if not len(chosen):
        st.text(t("page_map.pick"))
        return
    if len(chosen) == 1:
        _detail(context, run, baseline, int(chosen[0]))
    with st.container(key="picked_links", horizontal=True):
        _to_mistakes(context, run, baseline, chosen)


def _search(context: PageContext, run: Run, points: MapPoints) -> None:
    """Captions by their words, each with a way to its place on the maps."""
    t = context.t
    with st.columns([2, 1])[0]:
        asked = ExampleFilter(typed_text("find", t("page_map.find"), placeholder=t("shared.filter.find_help")).strip())
    if asked.is_open:
        return
    known = cache.captions(context.dataset).loc[points.pairs]
    found = asked.of(pd.DataFrame({"text_a": known["caption"], "text_b": ""}))
    st.text(t("page_map.found", count=len(found)))
    _gallery(context, run, found.index[:MOVED], "found")


def _gallery(context: PageContext, run: Run, pairs: Sequence[int], key: str, notes: Sequence[str] = ()) -> None:
    """Captions with their images, four in a row; notes: a line about each."""
    t, known, columns = context.t, cache.captions(context.dataset), st.columns(4)
    for place, pair in enumerate(pairs):
        with columns[place % 4], st.container(key=f"{key}_{pair}", gap="xxsmall"):
            images.show_image(context, *known.loc[pair, ["image", "caption"]])
            if notes:
                st.caption(notes[place])
            st.page_link(
                layout.page_path("map"),
                label=t("page_map.show"),
                query_params=context.address
                | {"run": run.id, "picked": f"p{pair}"}
                | {name: asked for name in ("colour", "find") if (asked := state.choice(name))},
            )


def _to_mistakes(context: PageContext, run: Run, baseline: Run, chosen: np.ndarray) -> None:
    """Where the two models disagree on the picked captions: of decisions where there are some about them, else of searches."""
    texts = set(cache.captions(context.dataset).loc[chosen, "caption"])
    decisions = context.dataset.decisions
    decided = decisions is not None and decisions[["text_a", "text_b"]].isin(texts).to_numpy().any()
    names = ("picked", "colour")
    st.page_link(
        layout.page_path("disagreements"),
        label=context.t("page_map.mistakes"),
        icon=":material/compare_arrows:",
        query_params=context.address
        | {name: state.choice(name) for name in names if state.choice(name)}
        | {"run": run.id, "method": run.config.method, "against": baseline.config.method}
        | {"kind": "decisions" if decided else "caption_to_caption"},
    )


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


def _shared(context: PageContext, found: Neighbourhoods) -> None:
    """What neighbours have in common, and how sure a change of it is."""
    t = context.t
    if rows := shared_rows(t, found):
        layout.section(t("page_map.shared"), how_counted(t, found))
        layout.table(rows, words=[t("projection.table.verdict")])
    if found.looked_at:
        st.text(kept_sentence(t, found))


def _groups(context: PageContext, found: Neighbourhoods) -> None:
    """Those that gained and lost most, side by side; all of them on demand, as a table to read instead of the maps."""
    t, groups = context.t, found.groups
    if not len(groups):
        return
    layout.section(t("page_map.groups", many=t(f"projection.alike_many.{found.alike}")))
    gained, lost = groups[groups["change"] > 0].head(GROUPS), groups[groups["change"] < 0][::-1].head(GROUPS)
    for column, name, table in zip(st.columns(2), ("gained", "lost"), (gained, lost), strict=True):
        with column:
            st.markdown(f"**{plain(t(f'page_map.{name}'))}**")
            if not len(table):
                st.text(t("page_map.none"))
                continue
            sides = {side: t(f"page_map.{side}_share") for side in ("before", "after")}
            head = t(f"projection.table.{found.alike}")
            layout.table(
                [
                    {head: row.group, **{words: t.percent(getattr(row, side)) for side, words in sides.items()}}
                    for row in table.itertuples()
                ]
            )
    with layout.folded("map_groups", t("page_map.all_groups"), icon=":material/table_chart:") as is_open:
        if is_open:
            layout.table_with_download(t, group_table(t, found), f"map-{context.dataset.fingerprint}")


def _moved(context: PageContext, run: Run, found: Neighbourhoods) -> None:
    """The captions whose neighbours changed most, each with a way to its place on the maps."""
    t = context.t
    with layout.folded("map_moved", t("page_map.moved"), icon=":material/moving:") as is_open:
        if not is_open:
            return
        moved = found.moved.head(MOVED)
        looked_at = t.number(found.looked_at)
        notes = [t("page_map.kept", kept=t.number(kept), looked_at=looked_at) for kept in moved["kept"]]
        _gallery(context, run, moved["pair"], "moved", notes)
