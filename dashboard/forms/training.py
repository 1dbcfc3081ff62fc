"""The form that starts a proof of concept: models, methods, repeats, settings. Judged by TrainingConfig, not here."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import cache
from dashboard.context import PageContext
from dashboard.forms.draft import Draft, open_draft
from dashboard.forms.model_presets import STUDENTS, TEACHERS, TEXT_TEACHERS, for_language
from dashboard.widgets import errors, layout, waiting
from dashboard.widgets.text import plain
from kdmcse import sample
from kdmcse.config import METHODS, PROPOSED, RECOMMENDED, SETTING_GROUPS, TEXT_TEACHER, TrainingConfig
from kdmcse.data import MIN_DEV_ROWS, PairDataset
from kdmcse.data.language import language_of
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.models import prompts
from kdmcse.presentation.audit import reading_lines
from kdmcse.presentation.data import unmeasured_sentence
from kdmcse.presentation.methods import method_name
from kdmcse.presentation.settings import effort_text, prompt_sentence, texts_sentence
from kdmcse.processes import choose, launch
from kdmcse.store.files import make_folder, read_json, write_json
from kdmcse.training.reproduction.settings import PUBLISHED
from kdmcse.validation import choices_of

_OTHER, _LONGEST_NAME = "other", 500
_SEEDS = len(launch.SEEDS)
_LOOKED_AT = 200
"""texts, for their language"""
_STARTS = ("pilot", "published")
_FILTER, _MARGIN = "false_negative_cosine", "sentence_margin_radians"
_FIELDS = {field.name: field for field in dataclasses.fields(TrainingConfig)}


def form(context: PageContext) -> None:
    """Models, methods, seeds and settings, and the button that starts the trainings. What is typed is written down at once."""
    t, draft = context.t, _open_draft(context)
    student, teacher, entered = _models(context, draft)
    methods_column, seeds_column = st.columns(2)
    with methods_column:
        kept = [method for method in draft.content.get("methods", PROPOSED) if method in METHODS]
        methods = st.multiselect(
            t("page_training.methods"),
            METHODS,
            format_func=lambda method: method_name(t, method),
            key=draft.key("methods", kept),
            placeholder=t("page_training.methods_none"),
        )
        st.caption(t("page_training.methods_baseline"))
        text_teacher = None
        if {*methods} & {*TEXT_TEACHER}:
            text_teacher, entered["text_teacher"] = _model(context, draft, "text_teacher")
    with seeds_column:
        key = draft.key("seeds", draft.content.get("seeds", _SEEDS))
        label, what = t("page_training.seeds"), t("glossary.seed")
        seeds = st.number_input(label, 1, 10, value=None, help=what, key=key) or 1
        st.caption(t("page_training.seeds_help"))
    with st.expander(t("page_training.methods_help"), icon=":material/help:"):
        for method in METHODS:
            st.markdown(
                f"**{plain(method_name(t, method))}**{t('shared.colon')}{plain(t(f'results.method_help.{method}'))}"
            )
    settled_by, entered["settled_by"] = _settled_by(context, draft)
    entered |= {"methods": (methods, list(PROPOSED)), "seeds": (int(seeds), _SEEDS)}
    with layout.folded("settings", t("page_training.settings"), icon=":material/tune:") as opened:
        given = _settings(t, context.dataset, draft, entered, shown=opened, chosen=settled_by == "dev")
    _keep(draft, entered)
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
            asked = TrainingConfig.from_dict(given)
            waiting.while_working(
                t,
                "start",
                t("page_training.starting"),
                lambda: launch.start_training(
                    context.workspace,
                    context.dataset.fingerprint,
                    student=student,
                    teacher=teacher or None,
                    text_teacher=text_teacher or None,
                    methods=tuple(method for method in METHODS if method in methods),
                    seeds=tuple(range(int(seeds))),
                    training=asked,
                    settled_by=settled_by,
                ),
            )
        except UserError as error:
            errors.show_error(t, error)
        else:
            st.rerun()
    if training:
        for line in reading_lines(t, cache.readings(context.dataset, training, student, text_teacher)):
            reading.caption(plain(line))


def choose_models(context: PageContext) -> tuple[str, str]:
    """Student and teacher, as chosen or typed, here or where a training is started."""
    draft = _open_draft(context)
    student, teacher, entered = _models(context, draft)
    _keep(draft, entered)
    return student, teacher


def _open_draft(context: PageContext) -> Draft:
    """What was chosen for this dataset so far, in whatever tab, language or visit."""
    file = context.workspace.drafts / f"training-{context.dataset.fingerprint}.json"

    def write(content: dict[str, Any]) -> dict[str, Any]:
        make_folder(file.parent)
        write_json(file, content)
        return content

    return open_draft(f"training_{context.dataset.fingerprint}", read_json(file) or {}, write)


def _keep(draft: Draft, entered: Mapping[str, tuple[Any, Any]]) -> None:
    """Write down what was entered, each with what stands there by itself: that alone is no choice, and may be another one tomorrow."""
    chosen = {name: value for name, (value, own) in entered.items() if name in draft.content or value != own}
    if (content := draft.content | chosen) != draft.content:
        draft.keep(content)


def _models(context: PageContext, draft: Draft) -> tuple[str, str, dict[str, Any]]:
    """Student and teacher, and both for the draft."""
    student_column, teacher_column = st.columns(2)
    with student_column:
        student, of_student = _model(context, draft, "student")
    with teacher_column:
        teacher, of_teacher = _model(context, draft, "teacher")
        if _unseen(context.dataset) and not _own_models(context, "teacher"):
            st.caption(context.t("page_training.teacher_unseen"))
    return student, teacher, {"student": of_student, "teacher": of_teacher}


def _unseen(dataset: PairDataset) -> bool:
    """Whether there are pairs without their images, of which no model can read anything."""
    return bool(dataset.counts["pairs"]) and not dataset.has_images


def proposed_settings(dataset: PairDataset) -> TrainingConfig:
    """What the settings of a training on this dataset begin with."""
    return _defaults(dataset, "published" if "published" in dataset.manifest else "pilot")


def _settled_by(context: PageContext, draft: Draft) -> tuple[str, tuple[str, str]]:
    """Whether a person or the dev judgements settle the settings, and that for the draft; only a person can where there are too few."""
    t, dataset = context.t, context.dataset
    if not choose.can_choose(dataset):
        st.caption(t("page_training.choose_not", needed=t.number(MIN_DEV_ROWS)))
        return "hand", ("hand", "hand")
    has_own = dataset.synthetic or "published" in dataset.manifest
    own = "hand" if has_own else "dev"
    kept = draft.content.get("settled_by", own)
    chosen = st.toggle(
        t("page_training.choose", count=dataset.counts["sts_dev"]),
        help=t("page_training.choose_help"),
        key=draft.key("choose", kept == "dev"),
    )
    settled_by = "dev" if chosen else "hand"
    return settled_by, (settled_by, own)


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


def _model(context: PageContext, draft: Draft, role: str) -> tuple[str, tuple[str, str]]:
    """What came with the data, is on this machine, can be fetched, or whatever folder or hub name is typed; and that for the draft."""
    t, (labels, own) = context.t, _offered(context, role)
    kept = draft.content.get(role, own)
    other = kept not in labels
    key = draft.key(role, _OTHER if other else kept)
    chosen = st.selectbox(t(f"page_training.{role}"), list(labels), format_func=labels.get, key=key)
    if chosen == _OTHER:
        key = draft.key(f"{role}_name", kept if other else "")
        chosen = st.text_input(t("page_training.model_name"), key=key, max_chars=_LONGEST_NAME).strip()
    st.caption(t(f"page_training.{role}_help"))
    return chosen, (chosen, own)


def _offered(context: PageContext, role: str) -> tuple[dict[str, str], str]:
    """Reference -> label of every model, those that need no download first; and the one to begin with: that of the data, else one that
    people put into this workspace, else one for the language of the data."""
    own = {} if role == "text_teacher" else _own_models(context, role)
    t, labels, first = context.t, dict(own), next(iter(own), _OTHER)
    of_texts = role != "teacher"
    if of_texts or not _unseen(context.dataset):
        here = cache.models_here(context.workspace, "student" if of_texts else "teacher")
        for one in here:
            labels.setdefault(one.reference, model_label(t, "here", one.name, one.licence, one.size))
        presets = {"student": STUDENTS, "teacher": TEACHERS, "text_teacher": TEXT_TEACHERS}[role]
        presets = for_language(presets, language_of(_texts(context.dataset)))
        brought = [one.reference for one in here if one.place == "workspace" and role != "text_teacher"]
        first = next(iter([*own, *brought]), presets[0].reference)
        for preset in presets:
            labels.setdefault(preset.reference, model_label(t, "fetched", preset.name, preset.licence, preset.size))
    return labels | {_OTHER: t("page_training.other_model")}, first


def _texts(dataset: PairDataset) -> list[str]:
    """What the models are to read, a part of it."""
    texts = (
        dataset.pairs["caption"] if len(dataset.pairs) else dataset.texts["text"] if dataset.texts is not None else []
    )
    return list(texts[:_LOOKED_AT])


def model_label(t: Locale, where: str, name: str, licence: str | None, size: float | None) -> str:
    """A model's name, whether it is here, its licence and its size, as far as they are known. size: in bytes."""
    megabytes = t("page_training.megabytes", size=t.number(size / 1e6)) if size else None
    facts = [t(f"page_training.model.{where}"), licence or t("page_training.model.no_licence"), megabytes]
    return t("page_training.model.label", name=name, facts=t.series(filter(None, facts)))


def _settings(
    t: Locale, dataset: PairDataset, draft: Draft, entered: dict[str, Any], *, shown: bool, chosen: bool
) -> dict[str, Any]:
    """One input per field of TrainingConfig, by groups; what was entered, unjudged. Where none is shown, what they would hold.

    entered: takes what is to be kept: whose values the settings started from, and those that differ from these.
    """
    first = "published" if "published" in dataset.manifest else "pilot"
    kept = draft.content.get("settings", {})
    if not shown:
        start = draft.content.get("start_from", first)
        known = {name: value for name, value in kept.get(start, {}).items() if name in _FIELDS and value is not None}
        return _defaults(dataset, start).to_dict() | known
    st.caption(t("page_training.settings_chosen" if chosen else "page_training.settings_help"))
    start = _start(t, draft, first)
    defaults, given = _defaults(dataset, start), {}
    groups = st.tabs([t(f"page_training.group.{group}") for group in SETTING_GROUPS])
    for tab, (group, names) in zip(groups, SETTING_GROUPS.items(), strict=True):
        with tab:
            st.caption(t(f"page_training.group_help.{group}"))
            for first_of_row in range(0, len(names), 3):
                for column, name in zip(st.columns(3), names[first_of_row : first_of_row + 3], strict=False):
                    with column:
                        default = getattr(defaults, name)
                        value = kept.get(start, {}).get(name, default)
                        given[name] = _setting(t, draft, name, f"setting_{name}_{start}", value, default)
    own = {name: value for name, value in given.items() if value != getattr(defaults, name)}
    entered |= {"start_from": (start, first), "settings": (kept | {start: own}, {start: {}})}
    return {name: value for name, value in given.items() if value is not None}


def _start(t: Locale, draft: Draft, first: str) -> str:
    """Whose values the settings start from: the paper's where the data is the paper's."""
    column, _ = st.columns([2, 1])
    with column:
        return st.selectbox(
            t("page_training.start_from"),
            _STARTS,
            format_func=lambda one: t(f"page_training.values.{one}"),
            key=draft.key("start_from", draft.content.get("start_from", first)),
        )


def _defaults(dataset: PairDataset, start: str) -> TrainingConfig:
    if start == "published":
        return PUBLISHED if dataset.counts["sts_dev"] else dataclasses.replace(PUBLISHED, evaluation_steps=0)
    return sample.training() if dataset.synthetic else RECOMMENDED


def _setting(
    t: Locale, draft: Draft, name: str, input: str, value: float | str | None, default: float | str
) -> float | str | None:
    """The input of one field, which shows `value`; it is of the kind of `default`."""
    label, help_ = t(f"page_training.setting.{name}"), t(f"page_training.unit.{name}")
    if name == _FILTER:
        return _filter(t, draft, label, help_, input, value)
    if words := choices_of(_FIELDS[name].type):
        shown = value if value in words else default
        return st.selectbox(
            label, words, format_func=lambda one: t(f"report.value.{one}"), help=help_, key=draft.key(input, shown)
        )
    return draft.number(input, label, value, step=1 if isinstance(default, int) else 0.01, help=help_)


def _filter(t: Locale, draft: Draft, label: str, help_: str, input: str, value: float | str | None) -> float | str:
    """A word or, where that is chosen, a number."""
    kinds = ("auto", "null", "off", "value")
    kind = st.selectbox(
        label,
        kinds,
        format_func=lambda one: t(f"page_training.filter.{one}"),
        help=help_,
        key=draft.key(input, value if value in kinds else "value"),
    )
    if kind != "value":
        return kind
    number = draft.number(
        f"{input}_value", t("page_training.filter_value"), 0.3 if value in kinds else value, step=0.05
    )
    return "off" if number is None else number
