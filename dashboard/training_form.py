"""The form that starts a proof of concept: models, methods, repeats, settings. Judged by TrainingConfig, not here."""

import dataclasses

import streamlit as st

from dashboard import components, jobs
from dashboard.i18n import Words
from dashboard.presets import STUDENTS, TEACHERS, Preset, for_language
from kdmcse import sample
from kdmcse.config import METHODS, TrainingConfig
from kdmcse.errors import UserError

_FORMATS = {"learning_rate": "%.1e", "warmup_share": "%.2f", "weight_decay": "%.3f"}
_OTHER = "other"
_FILTER = "false_negative_cosine"


def form(place: components.Place) -> None:
    t, is_sample = place.t, place.dataset.synthetic
    own_student, own_teacher = (sample.STUDENT, sample.TEACHER) if is_sample else (None, None)
    student_column, teacher_column = st.columns(2)
    with student_column:
        student = _model(t, "student", for_language(STUDENTS, t.language), own_student)
    with teacher_column:
        teacher = _model(t, "teacher", for_language(TEACHERS, t.language), own_teacher)
    methods_column, seeds_column = st.columns(2)
    with methods_column:
        methods = st.multiselect(
            t("page_training.methods"),
            METHODS,
            default=METHODS,
            format_func=t.method,
            key="methods",
            placeholder=t("page_training.methods_none"),
        )
        st.caption(t("page_training.methods_help"))
    with seeds_column:
        seeds = st.number_input(t("page_training.seeds"), 1, 10, value=3, key="seeds")
        st.caption(t("page_training.seeds_help"))
    with st.expander(t("page_training.settings"), icon=":material/tune:"):
        table = _settings(t, sample.training() if is_sample else TrainingConfig())
    if st.button(t("page_training.start"), type="primary", icon=":material/play_arrow:", key="start"):
        try:
            with st.spinner(t("page_training.starting")):
                jobs.start(
                    place.workspace,
                    place.dataset.fingerprint,
                    student=student,
                    teacher=teacher or None,
                    methods=tuple(method for method in METHODS if method in methods),
                    seeds=tuple(range(int(seeds))),
                    training=TrainingConfig.from_dict(table),
                )
        except UserError as error:
            components.show_error(t, error)
            return
        st.rerun()


def _model(t: Words, role: str, presets: list[Preset], own: str | None) -> str:
    """A preset, the sample's own model, or whatever folder or hub name is typed."""
    labels = {preset.reference: preset.label for preset in presets}
    if own:
        labels = {own: t(f"page_training.sample_{role}"), **labels}
    labels[_OTHER] = t("page_training.other_model")
    key = f"{role}_{bool(own)}_{t.language}"
    chosen = st.selectbox(t(f"page_training.{role}"), list(labels), format_func=labels.get, key=key)
    if chosen == _OTHER:
        chosen = st.text_input(t("page_training.model_name"), key=f"{role}_name", max_chars=500)
    st.caption(t(f"page_training.{role}_help"))
    return chosen.strip()


def _settings(t: Words, defaults: TrainingConfig) -> dict:
    """One input per field of TrainingConfig; what was entered, unjudged."""
    st.caption(t("page_training.settings_help"))
    fields = [field.name for field in dataclasses.fields(TrainingConfig) if field.name != _FILTER]
    entered: dict = {}
    for start in range(0, len(fields), 3):
        for column, name in zip(st.columns(3), fields[start : start + 3], strict=False):
            default = getattr(defaults, name)
            with column:
                entered[name] = st.number_input(
                    t(f"page_training.setting.{name}"),
                    value=default,
                    step=1 if isinstance(default, int) else None,
                    format=None if isinstance(default, int) else _FORMATS.get(name, "%.3f"),
                    help=t(f"page_training.unit.{name}"),
                    key=f"setting_{name}",
                )
    kind_column, value_column, _ = st.columns(3)
    default = getattr(defaults, _FILTER)
    kinds = ("auto", "off", "value")
    with kind_column:
        kind = st.selectbox(
            t(f"page_training.setting.{_FILTER}"),
            kinds,
            index=kinds.index(default if default in kinds else "value"),
            format_func=lambda one: t(f"page_training.filter.{one}"),
            help=t(f"page_training.unit.{_FILTER}"),
            key="setting_filter",
        )
    with value_column:
        value = st.number_input(
            t("page_training.filter_value"),
            value=0.3 if default in kinds else default,
            step=0.05,
            disabled=kind != "value",
            key="setting_filter_value",
        )
    return {
        **{name: given for name, given in entered.items() if given is not None},
        _FILTER: value if kind == "value" else kind,
    }
