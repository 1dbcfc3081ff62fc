"""Trainings side by side: which, their scores in one plot, their losses, their settings, and the decisions on which two differ. No method here."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from dashboard import state
from dashboard.charts.forest import forest
from dashboard.charts.training import losses_side_by_side
from dashboard.context import PageContext
from dashboard.forms import example_filter
from dashboard.widgets import errors, layout, waiting
from dashboard.widgets.choices import bound, pick
from dashboard.widgets.run_progress import run_name
from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.i18n import MISSING, capital
from kdmcse.presentation.forest import ForestRow, forest_described, forest_table
from kdmcse.presentation.methods import method_in_sentence, method_name
from kdmcse.presentation.settings import setting_name, setting_value
from kdmcse.results import side_by_side
from kdmcse.results.typical_run import typical_runs
from kdmcse.stats import Comparison

SHOWN = 5
"""Examples of either kind at a time."""


def choose(context: PageContext) -> list[Run]:
    """Those in the address, else the typical training of each method; in the order in which methods are shown."""
    t, runs = context.t, side_by_side.comparable(context.results)
    names, known = _names(context, runs), [run.id for run in runs]
    asked = [one for one in (state.choice("compared") or "").split(",") if one in known][: side_by_side.MOST]
    key = f"compared_{context.dataset.fingerprint}"
    if not state.is_known(key) or (asked and ",".join(asked) != state.recall(key)):
        state.put(key, asked or [run.id for run in typical_runs(context.analysis)])
    chosen = st.multiselect(
        t("page_compare.which"),
        known,
        format_func=names.get,
        key=key,
        max_selections=side_by_side.MOST,
        placeholder=t("page_compare.placeholder"),
    )
    state.choose("compared", ",".join(chosen) or None)
    state.remember(key, ",".join(chosen))
    return [run for run in runs if run.id in chosen]


def choose_zero(context: PageContext, chosen: Sequence[Run]) -> Run:
    """What the others are held against: in the address, else the current model where it is among them, else the first."""
    preset = next((run.id for run in chosen if run.config.method == BASELINE), chosen[0].id)
    names, known = _names(context, chosen), {run.id: run for run in chosen}
    with st.columns([2, 1])[0]:
        return known[pick("zero", context.t("page_compare.zero"), list(known), preset, names.get)]


def scores(context: PageContext, chosen: Sequence[Run], zero: Run) -> None:
    """One plot: each training against the chosen one, on the score that decides."""
    t = context.t
    layout.section(
        t("page_compare.scores"), t("page_compare.scores_text", metric=t(f"results.metric.{context.verdicts.metric}"))
    )
    found = waiting.while_working(
        t, "differences", t("shared.recalculating"), lambda: context.analysis.differences(chosen, zero)
    )
    names = _names(context, chosen)
    rows = [_row(names, run, found[run.id]) for run in chosen if _is_comparable(found.get(run.id))]
    if not rows:
        st.text(t("page_compare.no_scores"))
        return
    against = t("page_compare.against", name=names[zero.id], score=t.number(found[_first(found)].baseline.estimate, 3))
    st.text(against)
    heads = t("page_compare.training"), t("page_scores.forest.score"), t("forest.verdict")
    layout.figure(
        t, forest(t, rows, heads, t("forest.axis")), "compared_forest", alt=forest_described(t, rows, against)
    )
    if missing := [names[run.id] for run in chosen if run.id != zero.id and not _is_comparable(found.get(run.id))]:
        st.caption(t("page_compare.not_measured", names=t.list(missing)))
    with layout.folded("compared_numbers", t("page_scores.numbers"), icon=":material/table:") as opened:
        if opened:
            layout.table(forest_table(t, rows, *heads[:2]))


def learning(context: PageContext, chosen: Sequence[Run]) -> None:
    """The loss of each training over its steps, and the same as a table."""
    t, names = context.t, _names(context, chosen)
    curves = {run.id: side_by_side.losses(run) for run in chosen if run.config.method != BASELINE}
    layout.section(t("page_compare.learning"), t("page_compare.learning_text"))
    if not any(curves.values()):
        st.text(t("page_training.no_losses"))
        return
    drawn = losses_side_by_side(
        t,
        [(names[run.id], run.config.method, curves.get(run.id, ())) for run in chosen],
        t("page_training.axis_step"),
        t("page_training.axis_loss"),
    )
    layout.figure(t, drawn, "losses_compared", alt=t("page_compare.learning_alt"))
    with layout.folded("compared_learning", t("page_scores.numbers"), icon=":material/table:") as opened:
        if opened:
            layout.table([_learnt(context, run, names, curves[run.id]) for run in chosen if curves.get(run.id)])


def settings(context: PageContext, chosen: Sequence[Run]) -> None:
    """A row per setting, a column per training; only what differs unless all is asked for."""
    t, names = context.t, _names(context, chosen)
    layout.section(t("page_compare.settings"))
    given = bound("settings", "only_differences", state.choice("settings") != "all", lambda on: None if on else "all")
    only = st.toggle(t("page_compare.only_differences"), **given)
    rows = [one for one in side_by_side.settings(chosen) if one.differs or not only]
    if not rows:
        st.text(t("page_compare.alike"))
        return
    head = t("page_compare.setting")
    shown = [
        {head: _setting_name(context, one.name)}
        | {names[run.id]: _setting_value(context, one.name, one.values[run.id]) for run in chosen}
        for one in rows
    ]
    layout.table(shown, words=list(names.values()))


def flipped(context: PageContext, chosen: Sequence[Run], zero: Run) -> None:
    """The decisions that one training gets right and the chosen one wrong, and the other way round; the way to all of them."""
    t, names = context.t, _names(context, chosen)
    layout.section(t("page_compare.flipped"), t("page_compare.flipped_text"))
    others = [run for run in chosen if run.id != zero.id]
    preset = next((run.id for run in others if run.config.method == CANDIDATE), others[-1].id)
    with st.columns([2, 1])[0]:
        picked = pick(
            "flipped",
            t("page_compare.flipped_of", name=_in_sentence(context, names, zero)),
            [one.id for one in others],
            preset,
            names.get,
        )
    run = next(one for one in others if one.id == picked)
    try:
        found = context.analysis.flips(run, zero)
    except UserError as error:
        errors.show_error(t, error)
        return
    if found is None:
        st.text(t("page_compare.no_decisions"))
    else:
        counts = {"fixed": t.number(len(found.fixed)), "broken": t.number(len(found.broken))}
        both = {"name": _in_sentence(context, names, run), "zero": _in_sentence(context, names, zero)}
        st.text(capital(t("page_compare.flips", count=found.rows, **both, **counts)))
        _flips(context, found)
    if side_by_side.in_examples(context.results, run, zero):
        kind = "sts" if found is None else "decisions"
        sides = {"method": run.config.method, "against": zero.config.method}
        layout.link(context, "disagreements", kind=kind, **sides)
        st.caption(t("page_compare.typical"))


def _flips(context: PageContext, found: side_by_side.Flips) -> None:
    """Those that are asked for, fixed ones beside broken ones, the most expensive first, a page at a time."""
    t = context.t
    ways = {"gained": t("page_compare.way.fixed"), "lost": t("page_compare.way.broken")}
    asked = example_filter.choose(context, found.table, found.currency, ways)
    shown = asked.of(found.table)
    if len(found.table) and not len(shown):
        example_filter.nothing_passes(context)
        return
    for column, name, whole in zip(st.columns(2), ("fixed", "broken"), (found.fixed, found.broken), strict=True):
        with column:
            table, count = shown.loc[shown.index.intersection(whole.index)], t.number(len(whole))
            if len(table) < len(whole):
                count = t("shared.filter.count", shown=t.number(len(table)), all=count)
            st.caption(t(f"page_compare.{name}", n=count))
            pages = max(1, -(-len(table) // SHOWN))
            page = st.pagination(pages, key=f"flips_{name}_{pages}") if pages > 1 else 1
            for row in table.iloc[(page - 1) * SHOWN : page * SHOWN].itertuples():
                with st.container(border=True, gap="xsmall", key=f"flip_{name}_{row.Index}"):
                    st.text(f"{row.text_a}\n{row.text_b}")
                    st.caption(t(f"page_compare.truth.{int(row.match)}"))


def _names(context: PageContext, runs: Sequence[Run]) -> dict[str, str]:
    """What each run is called, with the number of its settings where another run is called the same."""
    t, numbers = context.t, side_by_side.settings_of(side_by_side.comparable(context.results))
    return {
        run.id: t("page_compare.of_settings", name=run_name(t, run), n=t.number(numbers[run.id]))
        if run.id in numbers
        else run_name(t, run)
        for run in runs
    }


def _in_sentence(context: PageContext, names: Mapping[str, str], run: Run) -> str:
    """In the midst of a sentence; the untouched student has no seed."""
    name = names[run.id]
    plain = name == method_name(context.t, run.config.method)
    return method_in_sentence(context.t, run.config.method) if plain else name


def _row(names: Mapping[str, str], run: Run, one: Comparison) -> ForestRow:
    return ForestRow(names[run.id], run.config.method, one.candidate, one.difference, one.verdict)


def _is_comparable(one: Comparison | None) -> bool:
    return one is not None and one.difference.estimate is not None


def _first(found: Mapping[str, Comparison]) -> str:
    return next(name for name, one in found.items() if _is_comparable(one))


def _learnt(
    context: PageContext, run: Run, names: Mapping[str, str], curve: Sequence[tuple[int, float]]
) -> dict[str, str]:
    t = context.t
    return {
        t("page_compare.training"): names[run.id],
        t("page_compare.steps"): t.number(curve[-1][0]),
        t("page_compare.first_loss"): t.number(curve[0][1], 3),
        t("page_compare.last_loss"): t.number(curve[-1][1], 3),
        t("page_compare.took"): t.duration(run.seconds) if run.seconds is not None else MISSING,
    }


def _setting_name(context: PageContext, name: str) -> str:
    own = ("method", "seed", "student", "teacher", "settled_by")
    return capital(context.t(f"page_compare.name.{name}") if name in own else setting_name(context.t, name))


def _setting_value(context: PageContext, name: str, value: object) -> str:
    t = context.t
    if value is None:
        return MISSING
    if name == "method":
        return method_name(t, value)
    if name in ("student", "teacher"):
        return Path(value).name
    if name == "settled_by":
        return t(f"page_compare.settled_by.{value}")
    return t.share(value) if name == "data_share" else setting_value(t, value)
