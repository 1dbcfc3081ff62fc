"""Widgets used by more than one page: head and next step, cards, tables, errors, the sidebar. No method here.

Text of the user's reaches the browser by st.text, st.dataframe or `plain`; never as Markdown or HTML.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import cache, state
from dashboard.charts import theme
from dashboard.widgets.text import LANGUAGES, Words, plain
from kdmcse import annotation
from kdmcse.config import BASELINE
from kdmcse.criteria import locking
from kdmcse.criteria.locking import LockedCriteria
from kdmcse.engine import queue, runs
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.governance.deletion import delete_dataset
from kdmcse.presentation import criteria
from kdmcse.presentation.statistics import interval_text, verdict_reason, what_would_decide
from kdmcse.store.workspace import Workspace
from kdmcse.training.progress import share_done, shown_status

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from kdmcse.data import PairDataset
    from kdmcse.results.results import Poc
    from kdmcse.stats import Comparison

POLL_SECONDS = 2
ACTIVE = ("queued", "running", "stopping")
_DECISIONS = {
    "go": ("green", ":material/check_circle:"),
    "extend": ("yellow", ":material/hourglass_top:"),
    "stop": ("red", ":material/block:"),
}
_VERDICTS = {
    "better": ("green", ":material/trending_up:"),
    "worse": ("red", ":material/trending_down:"),
    "not_decisive": ("gray", ":material/balance:"),
}


@dataclass(frozen=True)
class Place:
    """Where the visitor is: language, workspace and the dataset looked at (None when there is none)."""

    t: Words
    workspace: Workspace
    dataset: "PairDataset | None"

    @property
    def poc(self) -> "Poc":
        return cache.gathered(self.workspace, self.dataset.fingerprint, state.choice("recipe"))

    @property
    def contract(self) -> LockedCriteria | None:
        """What was agreed before results are seen. UserError where it was altered since."""
        return locking.current(self.workspace, self.dataset.fingerprint)

    @property
    def runs(self) -> list[Run]:
        return runs.list_runs(self.workspace, self.dataset.fingerprint)

    @property
    def active(self) -> list[Run]:
        return [run for run in self.runs if run.status in ACTIVE or run.alive]


def here() -> Place:
    """The place that the address names; a dataset that it does not know counts as the newest one."""
    workspace = cache.workspace()
    found = cache.datasets(workspace)
    asked = state.choice("dataset")
    dataset = next((one for one in found if one.fingerprint == asked), found[-1] if found else None)
    return Place(state.words(), workspace, dataset)


def enter(page: str, *, needs: str | None = None) -> Place:
    """The page's question as its title; where `needs` (dataset, evaluation) is missing, the way to it and no more."""
    place = here()
    st.title(place.t(f"page_{page}.question"), anchor=False)
    if needs and place.dataset is None:
        empty(place.t, "shared.no_dataset", "data")
        st.stop()
    if needs == "evaluation":
        require_results(place)
        choose_recipe(place)
    return place


def missing(place: Place) -> tuple[str, str] | None:
    """What must come before results: why, and the page to go to. None where results may be seen."""
    if place.contract is None:
        return "page_criteria.needed", "criteria"
    return None if place.poc.stage == "evaluated" else ("shared.no_evaluation", "training")


def require_results(place: Place) -> None:
    """Where results may not be seen or are not there, the way to them and no more."""
    if not (lacking := missing(place)):
        return
    if place.contract and place.active:
        answer(place.t, place.t("poc.stage.running"))
    else:
        empty(place.t, *lacking)
    if place.active:
        progress(place)
    st.stop()


def choose_recipe(place: Place) -> None:
    """Which settings are compared, where there are several."""
    t, recipes = place.t, {one.id: one for one in place.poc.recipes}
    if len(recipes) < 2:
        return
    now = place.poc.recipe.id

    def name(key: str) -> str:
        one = recipes[key]
        return t(
            "shared.recipe_name",
            student=Path(one.student).name,
            teacher=Path(one.teacher).name if one.teacher else t("shared.no_teacher"),
            evaluated=t.number(one.evaluated),
            runs=t.number(one.runs),
        )

    chosen = st.selectbox(
        t("shared.recipe"), list(recipes), index=list(recipes).index(now), format_func=name, key=f"recipe_{now}"
    )
    if chosen != now:
        state.choose("recipe", chosen)
        st.rerun()


def page_path(name: str) -> Path:
    return Path(__file__).parents[2] / "pages" / f"{name}.py"


def style(language: str) -> None:
    """The look; in Japanese also the words that Streamlit's own widgets have in English only."""
    st.html(Path(__file__).parents[1] / "style.css")
    if language == "ja":
        st.html(Path(__file__).parents[1] / "style.ja.css")


# What stands around every page


def sidebar(t: Words, pages: Mapping[str, Any]) -> None:
    place = here()
    with st.sidebar:
        with st.container(key="brand", gap=None):
            st.markdown(f"**{t('shared.brand')}**")
            st.caption(t("shared.product"))
        if place.dataset is not None:
            _choose_dataset(place)
        with st.container(key="pages", gap=None):
            shown = place.dataset and place.dataset.fingerprint
            for page in pages.values():
                st.page_link(page, query_params=state.address(dataset=shown, lang=t.language), width="stretch")
        with st.container(key="languages", horizontal=True, gap="small"):
            for code, name in LANGUAGES.items():
                now = code == t.language
                st.button(
                    name, type="tertiary", disabled=now, on_click=state.choose, args=("lang", code), key=f"lang_{code}"
                )
    if place.dataset is not None and place.dataset.synthetic:
        with st.container(key="sample_notice"):
            st.markdown(f":material/science: {place.poc.notice(t.language)}")


def _choose_dataset(place: Place) -> None:
    found = cache.datasets(place.workspace)
    ids = [one.fingerprint for one in found]
    labels = {one.fingerprint: dataset_name(place.t, one) for one in found}
    twice = [name for name in labels.values() if list(labels.values()).count(name) > 1]
    chosen = st.selectbox(
        place.t("shared.dataset"),
        ids,
        index=ids.index(place.dataset.fingerprint),
        format_func=lambda one: f"{labels[one]} · {one[:6]}" if labels[one] in twice else labels[one],
        key=f"dataset_{place.dataset.fingerprint}",
    )
    if chosen != place.dataset.fingerprint:
        state.choose("dataset", chosen)
        state.choose("run", None)
        st.rerun()


def dataset_name(t: Words, dataset: "PairDataset") -> str:
    return t("shared.sample_dataset") if dataset.synthetic else dataset.name


# Head, cards, next step


def verdict_badge(t: Words, value: str) -> None:
    """Colour, sign and word; never colour alone."""
    colour, icon = _VERDICTS[value]
    st.badge(t(f"shared.verdict.{value}"), icon=icon, color=colour)


def decision_badge(t: Words, value: str) -> None:
    """Go, extend or stop, in colour, sign and word."""
    colour, icon = _DECISIONS[value]
    st.badge(t(f"shared.decision.{value}"), icon=icon, color=colour)


def answer(t: Words, text: str, verdict: str | None = None, detail: str | None = None) -> None:
    """The short answer under the question; `detail` has the numbers that carry it."""
    with st.container(key="answer", gap="xsmall"):
        if verdict:
            verdict_badge(t, verdict)
        with st.container(key="answer_verdict" if verdict else "answer_text"):
            st.text(text)
        if detail:
            st.text(detail)


def decision(t: Words, poc: "Poc") -> None:
    """Go, extend or stop by the contract, each axis and gate with how it stands, and what is missing."""
    found = poc.decision
    with st.container(key="answer", gap="xsmall"):
        decision_badge(t, found.value)
        with st.container(key="answer_verdict"):
            st.text(criteria.decision_headline(t, found))
        st.text(poc.payoff_headline(t.language))
        st.text(poc.sentence(t.language))
        st.caption(plain(criteria.decision_basis(t, found)))
    if found.steps:
        section(t("shared.decision.missing"))
        for step in found.steps:
            st.text(f"• {criteria.step_sentence(t, step)}")
    with st.expander(t("shared.decision.lines"), icon=":material/checklist:", expanded=found.value != "go"):
        for line in found.lines:
            name, state, why = st.columns([2.2, 1.2, 6], gap="small")
            name.text(criteria.line_label(t, line))
            state.text(criteria.line_state(t, line))
            why.text(criteria.line_sentence(t, line))


def comparisons(t: Words, found: "Mapping[str, Comparison]") -> None:
    """A line for each: the verdict, the difference with its interval, and why."""
    for method, one in found.items():
        if one.baseline.estimate is None and one.candidate.estimate is None:
            continue
        badge, why = st.columns([1, 7.5], gap="small", vertical_alignment="center")
        with badge:
            verdict_badge(t, one.verdict)
        told = t(
            "shared.against", other=t.method(method), difference=t.gain(one.difference), why=verdict_reason(t, one)
        )
        why.text(told if one.verdict != "not_decisive" else t.joined(told, what_would_decide(t, one)))


def section(title: str, explanation: str | None = None) -> None:
    st.subheader(plain(title), anchor=False)
    if explanation:
        st.caption(plain(explanation))


@dataclass(frozen=True)
class Fact:
    """A card: what it is, the number, what to know about it, and the verdict on it where there is one."""

    name: str
    value: str
    note: str
    verdict: str | None = None


def facts(t: Words, cards: Sequence[Fact]) -> None:
    """Cards side by side."""
    for number, (column, fact) in enumerate(zip(st.columns(len(cards)), cards, strict=True)):
        with column, st.container(border=True, height="stretch", key=f"fact_{number}", gap="xxsmall"):
            st.caption(plain(fact.name))
            st.markdown(f"#### {plain(fact.value)}", anchors=False)
            st.text(fact.note)
            if fact.verdict:
                verdict_badge(t, fact.verdict)


def table(rows: Sequence[Mapping[str, str]]) -> None:
    """A designed table of our own words and numbers: first column the name, the rest right-aligned."""
    st.table([{plain(k): plain(v) for k, v in row.items()} for row in rows], border="horizontal", hide_index=True)


def figure(drawing: "Figure", key: str, *, alt: str, on_select: str | Callable = "ignore") -> Any:
    return st.plotly_chart(
        drawing, theme=None, key=key, config=theme.CONFIG, alt=alt, on_select=on_select, selection_mode="points"
    )


def score_fact(t: Words, poc: "Poc") -> Fact:
    """The score of the verdict: KDMCSE's, and how it stands to the agreed baseline."""
    name, found = t("page_overview.score.name"), poc.verdict
    if found is None or found.difference.estimate is None:
        return Fact(name, "–", t("page_overview.score.none"))
    note = t(
        "page_overview.score.note",
        measure=t(f"poc.metric.{poc.metric}"),
        name=t.name(poc.against),
        baseline=interval_text(t, found.baseline),
        difference=t.gain(found.difference),
    )
    return Fact(name, interval_text(t, found.candidate), note, found.verdict)


def cost_fact(t: Words, poc: "Poc") -> Fact:
    """What KDMCSE's mistakes cost less, or more, per month; else why that is not known."""
    name, saving = t("page_overview.cost.name"), poc.saving
    if saving is None:
        note = "no_decisions" if not poc.has_decisions else "no_prices" if poc.prices is None else "not_yet"
        return Fact(name, "–", t(f"page_overview.cost.{note}"))
    found, currency = poc.cost_verdict, poc.prices.currency
    low, high = (t.money(end, currency) for end in (found.difference.low, found.difference.high))
    note = t("page_overview.cost.note", name=t.name(poc.against), low=low, high=high)
    return Fact(name, t("page_overview.cost.per_month", amount=t.money(saving, currency)), note, found.verdict)


def next_step(t: Words, page: str, text: str) -> None:
    """One clear way on, at the bottom of the page."""
    with st.container(key="next_step", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(text)
        link(t, page)


def link(t: Words, page: str) -> None:
    """A link to another page that looks like a button."""
    with st.container(key=f"go_{page}", width="content"):
        place = here()
        target = state.address(dataset=place.dataset and place.dataset.fingerprint, lang=t.language)
        st.page_link(
            page_path(page),
            label=t(f"page_{page}.go"),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params=target,
        )


def empty(t: Words, key: str, page: str) -> None:
    """Nothing to show yet: why, and where to go."""
    with st.container(border=True, key="empty", horizontal_alignment="center"):
        st.markdown(f"#### {plain(t(f'{key}.title'))}", anchors=False, text_alignment="center")
        st.text(t(f"{key}.text"))
        link(t, page)


def picture(place: Place, image: str, caption: str) -> None:
    """A picture with its caption as plain text; the caption alone where the dataset came without pictures."""
    if small := cache.thumbnail(place.dataset, image):
        st.image(small, width="stretch", alt=caption)
    elif cache.has_pictures(place.dataset):
        st.caption(place.t("shared.picture_missing"))
    st.text(caption)


def confirm_delete_dataset(place: Place) -> None:
    """Ask once more, and whether what was trained on it goes too."""
    t, found = place.t, len(place.runs)

    @st.dialog(t("page_data.delete.title"))
    def dialog() -> None:
        st.text(t("page_data.delete.text", name=dataset_name(t, place.dataset)))
        with_runs = bool(found) and st.checkbox(
            t("page_data.delete.with_runs", n=t.number(found)), value=True, key="delete_runs"
        )
        judged = annotation.annotation_effort(place.workspace, place.dataset).judgements
        with_labels = bool(judged) and st.checkbox(
            t("page_data.delete.with_labels", n=t.number(judged)), value=False, key="delete_labels"
        )
        if st.button(t("page_data.delete.confirm"), type="primary", key="delete_confirmed"):
            with net(t, lambda: place.workspace):
                delete_dataset(place.workspace, place.dataset, with_runs=with_runs, with_labels=with_labels)
                for name in ("dataset", "run", "recipe"):
                    state.choose(name, None)
                st.rerun()

    dialog()


# Progress


def progress(place: Place) -> None:
    """How far the PoC is, kept up to date until nothing is waiting or at work; then the whole page is drawn anew."""
    st.fragment(_progress, run_every=POLL_SECONDS if place.active else None)(place)


def _progress(place: Place) -> None:
    t = place.t
    with net(t, lambda: place.workspace):
        queue.ensure(place.workspace)
        active, total = place.active, len(place.runs)
        if not active:
            st.rerun()
        done = total - len(active)
        with st.container(border=True, key="progress"):
            at_work = next((run for run in active if run.alive), None)
            share = share_done(at_work) if at_work else 0.0
            st.progress(
                (done + share) / total, text=t("shared.progress.runs", done=t.number(done), total=t.number(total))
            )
            st.caption(run_sentence(t, at_work) if at_work else t("shared.progress.waiting"))


def run_sentence(t: Words, run: Run) -> str:
    """What a run is doing, in words."""
    stage, name = run.stage, run_name(t, run)
    if stage is None:
        return t("shared.progress.status", run=name, status=t(f"shared.status.{shown_status(run)}"))
    return t("shared.progress.stage", run=name, stage=t(f"shared.stage.{stage}"))


def run_name(t: Words, run: Run) -> str:
    """Method and seed, and the share of the data where it is not all; the untouched student has no seed."""
    method, share = t.method(run.config.method), run.config.training.data_share
    if run.config.method == BASELINE:
        return method
    if share < 1:
        return t("shared.run_name_share", method=method, seed=run.config.seed, share=t.percent(share))
    return t("shared.run_name", method=method, seed=run.config.seed)


# Errors


def show_error(t: Words, error: UserError) -> None:
    """What happened to which thing, and what to do next."""
    st.error(f"**{plain(error.message(t.language))}**\n\n{plain(error.hint(t.language))}", icon=":material/error:")


def stored_error(t: Words, error: dict) -> str:
    """The sentences of an error that a run wrote down, in the page's language where its code is known."""
    try:
        fields = dict(error["fields"])
        if fields.get("table") in ("pairs", "texts"):  # by the name that the upload form gives it
            fields["table"] = t(f"page_data.upload.{fields['table']}")
        known = UserError(error["code"], **fields)
        return f"{known.message(t.language)} {known.hint(t.language)}"
    except KeyError:
        return f"{error.get('message', '')} {error.get('hint', '')}".strip() or t("page_training.explain.failed")


@contextmanager
def net(t: Words, workspace: Callable[[], Workspace]) -> Iterator[None]:
    """A failure a person can mend is shown as such; any other is logged under an id, and only the id is shown."""
    try:
        yield
    except UserError as error:
        show_error(t, error)
    except Exception:
        error_id = secrets.token_hex(4)
        with suppress(OSError, UserError):
            cache.logger(workspace()).exception("error %s", error_id)
        st.error(f"**{t('shared.fault.message')}**\n\n{t('shared.fault.hint', id=error_id)}", icon=":material/error:")
