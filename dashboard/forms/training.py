"""The form that starts a proof of concept: models, methods, repeats, settings. Judged by TrainingConfig, not here."""

import dataclasses

import streamlit as st

from dashboard import cache, state
from dashboard.context import PageContext
from dashboard.forms.draft import DECIMALS
from dashboard.forms.model_presets import STUDENTS, TEACHERS, TEXT_TEACHERS, Preset, for_language
from dashboard.widgets import errors, layout
from dashboard.widgets.text import plain
from kdmcse import sample
from kdmcse.config import METHODS, PROPOSED, RECOMMENDED, SETTING_GROUPS, TEXT_TEACHER, TrainingConfig
from kdmcse.data import MIN_DEV_ROWS, PairDataset
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.models import prompts
from kdmcse.presentation.audit import reading_lines
from kdmcse.presentation.data import unmeasured_sentence
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.settings import effort_text, prompt_sentence, texts_sentence
from kdmcse.processes import choose, launch
from kdmcse.training.reproduction.settings import PUBLISHED
from kdmcse.validation import choices_of

_OTHER, _LONGEST_NAME = "other", 500
_STARTS = ("pilot", "published")
_VISIT = "session"
"""How long an input keeps what was entered: as long as the visit lasts, over other pages too."""
_FILTER, _MARGIN = "false_negative_cosine", "sentence_margin_radians"
_FIELDS = {field.name: field for field in dataclasses.fields(TrainingConfig)}


def form(context: PageContext) -> None:
    """Models, methods, seeds and settings, and the button that starts the trainings."""
    t = context.t
    student, teacher = choose_models(context)
    methods_column, seeds_column = st.columns(2)
    with methods_column:
        methods = st.multiselect(
            t("page_training.methods"),
            METHODS,
            default=PROPOSED,
            format_func=lambda method: method_name(t, method),
            key=f"methods_{context.dataset.fingerprint}",
            persist_state=_VISIT,
            placeholder=t("page_training.methods_none"),
        )
        st.caption(t("page_training.methods_baseline"))
        text_teacher = None
        if {*methods} & {*TEXT_TEACHER}:
            text_teacher = _model(t, "text_teacher", for_language(TEXT_TEACHERS, t.language), {})
    with seeds_column:
        key = f"seeds_{context.dataset.fingerprint}"
        seeds = st.number_input(t("page_training.seeds"), 1, 10, value=3, key=key, persist_state=_VISIT)
        st.caption(t("page_training.seeds_help"))
    with st.expander(t("page_training.methods_help"), icon=":material/help:"):
        for method in METHODS:
            st.markdown(
                f"**{plain(method_name(t, method))}**{t('shared.colon')}{plain(t(f'results.method_help.{method}'))}"
            )
    settled_by = _settled_by(context)
    with layout.folded("settings", t("page_training.settings"), icon=":material/tune:") as opened:
        given = _settings(t, context.dataset, shown=opened, chosen=settled_by == "dev")
    if given.get("prompt") == "own" and (family := prompts.missing(student)):
        st.caption(plain(prompt_sentence(t, "student", student, family)))
    if text_teacher and (family := prompts.missing(text_teacher)):
        st.caption(plain(prompt_sentence(t, "text_teacher", text_teacher, family)))
    if launch.margin_is_simcse(methods, given.get(_MARGIN, 0.0), settled_by):
        st.caption(t("page_training.margin_is_simcse"))
    training = _training(given)
    if settled_by == "dev" and training:
        st.caption(_effort(context, student, methods, int(seeds), training))
    elif training and (left_out := texts_sentence(t, training, context.dataset)):
        st.caption(plain(left_out))
    if unmeasured := unmeasured_sentence(t, context.dataset):
        st.warning(unmeasured, icon=":material/warning:")
    reading = st.container()  # filled below the button: many texts take seconds to count
    if st.button(t("page_training.start"), type="primary", icon=":material/play_arrow:", key="start"):
        try:
            with st.spinner(t("page_training.starting")):
                launch.start_training(
                    context.workspace,
                    context.dataset.fingerprint,
                    student=student,
                    teacher=teacher or None,
                    text_teacher=text_teacher or None,
                    methods=tuple(method for method in METHODS if method in methods),
                    seeds=tuple(range(int(seeds))),
                    training=TrainingConfig.from_dict(given),
                    settled_by=settled_by,
                )
        except UserError as error:
            errors.show_error(t, error)
        else:
            st.rerun()
    if training:
        for line in reading_lines(t, cache.readings(context.dataset, training, student, text_teacher)):
            reading.caption(plain(line))


def choose_models(context: PageContext) -> tuple[str, str]:
    """Student and teacher, as chosen or typed."""
    t = context.t
    student_column, teacher_column = st.columns(2)
    with student_column:
        student = _model(t, "student", for_language(STUDENTS, t.language), _own_models(context, "student"))
    with teacher_column:
        unseen = context.dataset.counts["pairs"] and not context.dataset.has_images
        presets = [] if unseen else for_language(TEACHERS, t.language)  # which could read nothing of it
        own = _own_models(context, "teacher")
        teacher = _model(t, "teacher", presets, own)
        if unseen and not own:
            st.caption(t("page_training.teacher_unseen"))
    return student, teacher


def proposed_settings(dataset: PairDataset) -> TrainingConfig:
    """What the settings of a training on this dataset begin with."""
    return _defaults(dataset, "published" if "published" in dataset.manifest else "pilot")


def _settled_by(context: PageContext) -> str:
    """Whether a person or the dev judgements settle the settings; only a person can where there are too few, or where the data name their own."""
    t, dataset = context.t, context.dataset
    if not choose.can_choose(dataset):
        st.caption(t("page_training.choose_not", needed=t.number(MIN_DEV_ROWS)))
        return "hand"
    has_own = dataset.synthetic or "published" in dataset.manifest
    chosen = st.toggle(
        t("page_training.choose", count=dataset.counts["sts_dev"]),
        value=not has_own,
        help=t("page_training.choose_help"),
        key=f"choose_{dataset.fingerprint}",
        persist_state=_VISIT,
    )
    return "dev" if chosen else "hand"


def _training(given: dict) -> TrainingConfig | None:
    """The settings as entered; None while one of them cannot be."""
    try:
        return TrainingConfig.from_dict(given)
    except UserError:
        return None


def _effort(context: PageContext, student: str, methods: list[str], seeds: int, training: TrainingConfig) -> str:
    """What choosing takes."""
    trained = [method for method in METHODS if method in methods]
    return effort_text(context.t, choose.effort(context.workspace, context.dataset, student, trained, seeds, training))


def _own_models(context: PageContext, role: str) -> dict[str, str]:
    """Reference -> label of what came with this dataset."""
    t, kept = context.t, context.dataset.manifest.get("teacher")
    if context.dataset.synthetic:
        reference = {"student": sample.STUDENT, "teacher": sample.TEACHER}[role]
        return {reference: t(f"page_training.sample_{role}")}
    if role == "teacher" and kept and (context.workspace.teachers / kept).is_dir():
        return {str(context.workspace.teachers / kept): t("page_training.published_teacher")}
    return {}


def _model(t: Locale, role: str, presets: list[Preset], own: dict[str, str]) -> str:
    """What came with the data, a preset, or whatever folder or hub name is typed; the address keeps it."""
    labels = own | {preset.reference: preset.label for preset in presets}
    labels[_OTHER] = t("page_training.other_model")
    key, first, asked = f"{role}_{bool(own)}_{t.language}", next(iter(labels)), state.choice(role)
    if asked:
        state.preset(key, asked if asked in labels else _OTHER)
    chosen = st.selectbox(t(f"page_training.{role}"), list(labels), format_func=labels.get, key=key)
    if chosen == _OTHER:
        state.preset(f"{role}_name", asked[:_LONGEST_NAME] if asked and asked not in labels else "")
        typed = st.text_input(t("page_training.model_name"), key=f"{role}_name", max_chars=_LONGEST_NAME).strip()
        if asked or typed or first != _OTHER:
            state.choose(role, typed or _OTHER)
        chosen = typed
    elif asked or chosen != first:
        state.choose(role, chosen)
    st.caption(t(f"page_training.{role}_help"))
    return chosen


def _settings(t: Locale, dataset: PairDataset, *, shown: bool, chosen: bool) -> dict:
    """One input per field of TrainingConfig, by groups; what was entered, unjudged. Where none is shown, what they would begin with."""
    if not shown:
        return proposed_settings(dataset).to_dict()
    first = "published" if "published" in dataset.manifest else "pilot"
    st.caption(t("page_training.settings_chosen" if chosen else "page_training.settings_help"))
    start = _start(t, first, dataset)
    defaults, entered = _defaults(dataset, start), {}
    groups = st.tabs([t(f"page_training.group.{group}") for group in SETTING_GROUPS])
    for tab, (group, names) in zip(groups, SETTING_GROUPS.items(), strict=True):
        with tab:
            st.caption(t(f"page_training.group_help.{group}"))
            for first in range(0, len(names), 3):
                for column, name in zip(st.columns(3), names[first : first + 3], strict=False):
                    with column:
                        key = f"setting_{name}_{start}_{dataset.fingerprint}"
                        entered[name] = _setting(t, name, getattr(defaults, name), key)
    return {name: given for name, given in entered.items() if given is not None}


def _start(t: Locale, first: str, dataset: PairDataset) -> str:
    """Whose values the settings start from: the paper's where the data is the paper's."""
    column, _ = st.columns([2, 1])
    with column:
        return st.selectbox(
            t("page_training.start_from"),
            _STARTS,
            index=_STARTS.index(first),
            format_func=lambda one: t(f"page_training.values.{one}"),
            key=f"start_from_{dataset.fingerprint}",
            persist_state=_VISIT,
        )


def _defaults(dataset: PairDataset, start: str) -> TrainingConfig:
    if start == "published":
        return PUBLISHED if dataset.counts["sts_dev"] else dataclasses.replace(PUBLISHED, evaluation_steps=0)
    return sample.training() if dataset.synthetic else RECOMMENDED


def _setting(t: Locale, name: str, default: float | str, key: str) -> float | str | None:
    label, help_ = t(f"page_training.setting.{name}"), t(f"page_training.unit.{name}")
    if name == _FILTER:
        return _filter(t, label, help_, default, key)
    if words := choices_of(_FIELDS[name].type):
        return st.selectbox(
            label,
            words,
            index=words.index(default),
            format_func=lambda one: t(f"report.value.{one}"),
            help=help_,
            key=key,
            persist_state=_VISIT,
        )
    whole = isinstance(default, int)
    return st.number_input(
        label,
        value=default,
        step=1 if whole else None,
        format=None if whole else DECIMALS,
        help=help_,
        key=key,
        persist_state=_VISIT,
    )


def _filter(t: Locale, label: str, help_: str, default: float | str, key: str) -> float | str:
    """A word or, where that is chosen, a number."""
    kinds = ("auto", "null", "off", "value")
    kind = st.selectbox(
        label,
        kinds,
        index=kinds.index(default if default in kinds else "value"),
        format_func=lambda one: t(f"page_training.filter.{one}"),
        help=help_,
        key=key,
        persist_state=_VISIT,
    )
    if kind != "value":
        return kind
    start = 0.3 if default in kinds else default
    label = t("page_training.filter_value")
    return st.number_input(label, value=start, step=0.05, key=f"{key}_value", persist_state=_VISIT)
