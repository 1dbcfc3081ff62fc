"""Settings of the training in words: what the dev judgements chose, and what tells the published code, `reproduce` and a new PoC apart."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kdmcse.config import RECOMMENDED, TrainingConfig
from kdmcse.data import PairDataset
from kdmcse.i18n import Locale
from kdmcse.models.prompts import PROMPTS
from kdmcse.presentation.data import shared_sentence
from kdmcse.presentation.methods import method_name
from kdmcse.results.choices import Change, Choice, Effort
from kdmcse.training.reproduction.settings import PUBLISHED, UNLIKE


@dataclass(frozen=True)
class Difference:
    """One thing that a new PoC does otherwise than the published code, in words."""

    name: str
    published: str
    reproduced: str
    """by `kdmcse reproduce`"""
    default: str
    """of a new PoC"""
    why: str


def setting_name(t: Locale, name: str) -> str:
    """What a field of TrainingConfig is called."""
    return t(f"report.setting.{name}")


def setting_value(t: Locale, value: float | str) -> str:
    """A value of a setting, a word in words, a small number with all its zeros, as it is entered."""
    return t(f"report.value.{value}") if isinstance(value, str) else f"{Decimal(f'{value:g}'):f}"


def prompt_sentence(t: Locale, role: str, model: str, family: str) -> str:
    """A hint: the model seems to be of a family that needs a prompt, and brings none. role: `student` or `text_teacher`; family: as
    `models.prompts.missing` has it."""
    named = {"name": setting_name(t, "prompt"), "value": setting_value(t, family), "prompt": PROMPTS[family]}
    return t(f"settings.prompt_missing.{role}", model=model, family=family, **named)


def texts_sentence(t: Locale, training: TrainingConfig, dataset: PairDataset) -> str | None:
    """That sentences without images are there and are not trained on; None where that is not so."""
    count = dataset.counts["texts"]
    if not count or training.on(dataset.counts).texts == "mixed":
        return None
    return t("settings.texts_left_out", count=count, name=setting_name(t, "texts"))


def differences(t: Locale) -> list[Difference]:
    """Every setting that `RECOMMENDED` has otherwise than `PUBLISHED`, then what no setting says."""
    return [
        *(
            Difference(
                setting_name(t, field.name),
                *(setting_value(t, getattr(config, field.name)) for config in (PUBLISHED, PUBLISHED, RECOMMENDED)),
                t(f"published.why.{field.name}"),
            )
            for field in dataclasses.fields(TrainingConfig)
            if getattr(PUBLISHED, field.name) != getattr(RECOMMENDED, field.name)
        ),
        *(
            Difference(*(t(f"published.{name}.{part.name}") for part in dataclasses.fields(Difference)))
            for name in UNLIKE
        ),
    ]


def change_text(t: Locale, change: Change) -> str:
    """The settings that an option replaces, with their values."""
    if not change:
        return t("choice.usual")
    return t.list(
        [
            t("choice.replaced", name=setting_name(t, name), value=setting_value(t, value))
            for name, value in change.items()
        ]
    )


def choice_sentences(t: Locale, choices: Mapping[str, Choice], dataset: PairDataset) -> list[str]:
    """What was chosen for each method, and from what; at last, where that is so, that some test judgements share a sentence with it."""
    return [*(_choice_sentence(t, choice) for choice in choices.values()), *filter(None, [shared_sentence(t, dataset)])]


def _choice_sentence(t: Locale, choice: Choice) -> str:
    taken = next(option for option in choice.options if option.taken)
    return t(
        "choice.changed" if choice.change else "choice.kept",
        method=method_name(t, choice.method),
        changes=change_text(t, choice.change),
        score=t.number(taken.dev_spearman, 3),
        before=t.number(choice.options[0].dev_spearman, 3),
        count=len(choice.options),
    )


def option_rows(t: Locale, choices: Mapping[str, Choice]) -> list[dict[str, str]]:
    """A row for every option of every method: settings, dev score with its standard error, what was taken."""
    return [
        {
            t("choice.column.method"): method_name(t, choice.method),
            t("choice.column.option"): change_text(t, option.change),
            t("choice.column.score"): t("choice.failed")
            if option.dev_spearman is None
            else t("choice.score", score=t.number(option.dev_spearman, 3), error=t.number(option.standard_error, 3)),
            t("choice.column.taken"): t("choice.taken") if option.taken else "",
        }
        for choice in choices.values()
        for option in choice.options
    ]


def effort_text(t: Locale, effort: Effort) -> str:
    """What choosing takes."""
    counts = {"count": effort.trainings, "runs": t.number(effort.runs)}
    if effort.seconds is None:
        return t("choice.effort.unknown", **counts)
    low, high = (t.duration(seconds) for seconds in effort.seconds)
    return t(f"choice.effort.{'known' if effort.measured else 'by_size'}", low=low, high=high, **counts)
