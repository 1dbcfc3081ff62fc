"""Settings of the training in words, and what tells the published code, `reproduce` and a new PoC apart."""

import dataclasses
from dataclasses import dataclass

from kdmcse.config import RECOMMENDED, TrainingConfig
from kdmcse.i18n import Locale
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
    """A value of a setting, a word in words."""
    return t(f"report.value.{value}") if isinstance(value, str) else f"{value:g}"


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
