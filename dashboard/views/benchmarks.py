"""The benchmarks as tables: a method a row, what each number means, and why one is missing. No method here."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import state
from dashboard.context import PageContext
from dashboard.widgets import errors, layout, waiting
from dashboard.widgets.text import plain
from kdmcse import metrics
from kdmcse.evaluation import benchmarks
from kdmcse.evaluation.benchmarks import Score, probe_name
from kdmcse.evaluation.evaluation import is_evaluated
from kdmcse.i18n import MISSING
from kdmcse.metrics import LABEL, PROBE
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.statistics import over_trainings_text, score_text, table_notes
from kdmcse.processes import benchmarks as measuring
from kdmcse.processes import launch
from kdmcse.results.benchmarks import over_trainings, public_average

_FAQ = ("recall_at_1", "recall_at_5", "recall_at_10", "mrr_at_10", "ndcg_at_10")
TRANSFER = {
    "probe": (PROBE.name,),
    "faq": tuple(f"faq_{name}" for name in _FAQ),
    "duplicates": ("duplicates_average_precision",),
}
"""Which scores are explained together."""

Found = dict[str, list[dict[str, Score]]]
"""Method -> the scores of each of its runs"""


def job(context: PageContext) -> bool:
    """Whether something is being measured; then how far it is, looked at until it is done. Why it failed, if it did."""
    t, dataset = context.t, context.dataset.fingerprint
    job = measuring.job(context.workspace, dataset)
    status = job.status()
    if status == "failed":
        waiting.failed(t, job, t("page_benchmarks.failed"))
    if status != "running":
        return False

    def progress() -> tuple[float, str]:
        known = measuring.progress(context.workspace, dataset)
        done, total = (known.done, known.total) if known else (0, 1)
        return done / max(total, 1), t("page_benchmarks.measuring", done=t.number(done), total=t.number(total))

    waiting.until_ended(t, job, progress, key="benchmarks")
    return True


def button(context: PageContext, key: str, *, with_public: bool = False, label: str = LABEL) -> None:
    """Ask for what has not been measured yet; the page then shows how far it is."""
    evaluated = [run for run in context.results.compared if is_evaluated(run)]
    if st.button(context.t(f"page_benchmarks.{key}.button"), key=f"measure_{key}", icon=":material/straighten:"):
        waiting.while_working(
            context.t,
            "start",
            context.t("page_benchmarks.starting"),
            lambda: launch.start_benchmarks(evaluated, with_public=with_public, label=label),
        )
        st.rerun()


def choose_label(context: PageContext) -> str:
    """The column that classification learns: the one in the address, else the category."""
    columns = context.dataset.extra_columns
    asked = state.choice("label")
    default = asked if asked in columns else LABEL
    if not columns or columns == [LABEL]:
        return default
    chosen = st.selectbox(
        context.t("page_benchmarks.transfer.label"),
        columns,
        index=columns.index(default) if default in columns else None,
        placeholder=context.t("page_benchmarks.transfer.choose"),
        key=f"label_{default}",
    )
    if chosen and chosen != default:
        state.choose("label", chosen)
        st.rerun()
    return default


def transfer(context: PageContext, found: Found, label: str) -> None:
    """Scores of other uses: classification by the column `label`, questions and answers, duplicates; each with what it means."""
    t, probe = context.t, probe_name(label)
    explained = {name: (probe,) if name == "probe" else names for name, names in TRANSFER.items()}
    table(context, found, [name for names in explained.values() for name in names])
    _tell_reasons(
        context, found, {names[0]: t(f"page_benchmarks.transfer.{kind}") for kind, names in explained.items()}
    )
    for kind, names in explained.items():
        score = _first(found, names[0])
        if score is None or score.value is None:
            continue
        facts = score.facts
        if kind == "probe":
            shares = {"majority": t.percent(facts["majority"]), "classes": t.number(facts["classes"])}
            sentence = t("benchmarks.meaning.probe", label=label, rows=t.number(score.rows), **shares)
        elif kind == "faq":
            sentence = t("benchmarks.meaning.faq", rows=t.number(score.rows), answers=t.number(facts["answers"]))
        else:
            share = t.number(facts["share"], 2)
            sentence = t("benchmarks.meaning.duplicates", rows=t.number(score.rows), share=share)
        _explain(t(f"page_benchmarks.transfer.{kind}"), sentence)
        if kind == "probe" and facts["left_out"] + facts["unknown"]:
            single, unknown = t.number(facts["left_out"]), t.number(facts["unknown"])
            st.text(t("benchmarks.note.left_out", single=single, unknown=unknown))


def geometry(context: PageContext, found: Found) -> None:
    """How the vectors lie, with what each measure means."""
    names = [metric.name for metric in metrics.of_task("geometry")]
    table(context, found, names)
    _tell_reasons(context, found, {name: _name(context, name) for name in names})
    for name in names:
        _explain(context.t(f"benchmarks.metric.{name}"), context.t(f"benchmarks.meaning.{name}"))


def public(context: PageContext, found: Found) -> None:
    """Scores where there are any, then every test with its language, its licence and where its data came from."""
    t = context.t
    names = [f"public_{one.name}" for one in benchmarks.BENCHMARKS]
    if any(_is_there(found, name) for name in names):
        table(context, found, names, average=True)
    rows = []
    for one in benchmarks.BENCHMARKS:
        row = {
            t("page_benchmarks.public.test"): t(f"benchmarks.metric.public_{one.name}"),
            t("page_benchmarks.public.language"): t(f"page_benchmarks.public.{one.language}"),
            t("page_benchmarks.public.licence"): one.licence or t("benchmarks.note.no_licence"),
            t("page_benchmarks.public.source"): _source(context, one, _first(found, f"public_{one.name}")),
        }
        rows.append(row)
    layout.table(rows, words=[t("page_benchmarks.public.source")])
    _tell_reasons(context, found, {name: _name(context, name) for name in names})
    for one in benchmarks.BENCHMARKS:
        score = _first(found, f"public_{one.name}")
        if score and "error" in score.facts:
            st.text(errors.stored_error(t, score.facts["error"]))
    folder = benchmarks.local_folder(context.workspace)
    with st.expander(t("page_benchmarks.public.local.title"), icon=":material/folder_open:"):
        st.text(t("page_benchmarks.public.local.text", folder=folder, names=t.series(metrics.PUBLIC_STS)))


def table(context: PageContext, found: Found, names: Sequence[str], *, average: bool = False) -> None:
    """A method a row, a column for each score that somebody has."""
    t = context.t
    shown = [name for name in names if _is_there(found, name)]
    rows = []
    for method in found:
        row = {t("shared.method.head"): method_name(t, method)}
        row |= {_name(context, name): _scored(context, found, method, name) for name in shown}
        if average:
            row[t("benchmarks.metric.average")] = _average(context, found[method])
        rows.append(row)
    if shown:
        layout.table(rows)
        for note in _notes(context, found, shown):
            st.caption(plain(note))


def _notes(context: PageContext, found: Found, names: Sequence[str]) -> list[str]:
    """Why a figure has no interval, or a rough one."""
    t, intervals = context.t, context.analysis.intervals
    return table_notes(
        t,
        [
            (f"{method_name(t, method)} {_name(context, name)}", intervals.interval(method, name))
            for name in names
            for method in found
        ],
    )


def _scored(context: PageContext, found: Found, method: str, name: str) -> str:
    interval = context.analysis.intervals.interval(method, name)
    return score_text(context.t, interval, over_trainings(found[method], name))


def _is_there(found: Found, name: str) -> bool:
    return any(over_trainings(runs, name) for runs in found.values())


def _first(found: Found, name: str) -> Score | None:
    """What there is to say about a score: of the first run that has it, else of the first for which it is missing."""
    known = [scores[name] for runs in found.values() for scores in runs if name in scores]
    return next((score for score in known if score.value is not None), known[0] if known else None)


def _tell_reasons(context: PageContext, found: Found, called: Mapping[str, str]) -> None:
    """A line for each reason why scores are missing, with what they are called, and with the method where it is not all of them."""
    t, reasons = context.t, {}
    for name, words in called.items():
        why = {method: _why(context, found[method], name) for method in found}
        everywhere = len(set(why.values())) == 1
        for method, text in why.items():
            if text is not None:
                who = words if everywhere else t("page_benchmarks.of_method", name=words, method=method_name(t, method))
                reasons.setdefault(text, {})[who] = None
    for text, who in reasons.items():
        st.text(t("page_benchmarks.reason", who=t.series(who), why=text))


def _why(context: PageContext, runs: list[dict[str, Score]], name: str) -> str | None:
    """Why a method has no such score, by the first of its runs without; None where every run has one."""
    for scores in runs:
        score = scores.get(name)
        if score is None:
            return context.t("benchmarks.missing.not_measured")
        if score.missing:
            return context.t(
                f"benchmarks.missing.{score.missing}", **(score.facts | {"rows": context.t.number(score.rows)})
            )
    return None


def _source(context: PageContext, benchmark: benchmarks.Benchmark, score: Score | None) -> str:
    t = context.t
    if score is None or (score.value is None and _has_come(context, benchmark, score)):
        return MISSING  # not measured yet, as the line below the table says once
    facts = score.facts
    if "source" not in facts:
        return t("page_benchmarks.public.not_here")
    if facts["source"] == "hub":
        return t("benchmarks.source.hub", revision=facts["revision"][:8])
    return t("benchmarks.source.local", file=facts["file"])


def _has_come(context: PageContext, benchmark: benchmarks.Benchmark, score: Score) -> bool:
    """Whether there is a local file now, where there was none."""
    return "file" not in score.facts and benchmarks.local_file(context.workspace, benchmark.name) is not None


def _average(context: PageContext, runs: list[dict[str, Score]]) -> str:
    """The mean of the public tests, and of how many."""
    t, average = context.t, public_average(runs)
    if average.score is None:
        return MISSING
    n, total = t.number(average.tests), t.number(len(benchmarks.BENCHMARKS))
    return t("benchmarks.note.average", average=over_trainings_text(t, average.score), n=n, all=total)


def _name(context: PageContext, name: str) -> str:
    return context.t(f"benchmarks.metric.{name.partition(':')[0]}")


def _explain(name: str, text: str) -> None:
    with st.container(gap="xxsmall"):
        st.markdown(f"**{plain(name)}**")
        st.text(text)
