"""What a run is asked to do: frozen, validated at birth, the unit under each field. No torch here."""

import dataclasses
import hashlib
import json
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from kdmcse.errors import UserError

BASELINE = "baseline"
"""The untouched student: a run of zero steps, evaluated like every other."""
METHODS = ("simcse", "mcse", "kdmcse")
"""What can be trained, in the order of what they add to each other."""

AUTO = "auto"


class Config:
    """A frozen dataclass that can be read from and written to a table (TOML, JSON), and has a digest."""

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Self:
        known = {f.name for f in dataclasses.fields(cls)}
        for name in table:
            if name not in known:
                raise UserError("unknown_setting", field=name, known=", ".join(sorted(known)))
        return cls(**table)

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        except FileNotFoundError as error:
            raise UserError("file_missing", file=path) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UserError("toml_unreadable", file=path, reason=error) from error
        except OSError as error:
            raise UserError("toml_unreadable", file=path, reason=error.strerror) from error
        return cls.from_dict(table)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @property
    def digest(self) -> str:
        """12 hex digits that differ when any field does."""
        content = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:12]


def within(field_name: str, value: float, low: float, high: float, *, open_low: bool = False) -> None:
    """UserError naming the field unless `value` is a finite number in [low, high] (`open_low`: above low)."""
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not good or value < low or value > high or (open_low and value == low):
        raise UserError("setting_out_of_range", field=field_name, value=value, low=low, high=high)


@dataclass(frozen=True)
class TrainingConfig(Config):
    """How a student is trained. The defaults suit a pilot on a pretrained student."""

    epochs: int = 10
    """passes over the training pairs"""
    batch_size: int = 64
    """pairs in one step; they are each other's negatives"""
    learning_rate: float = 5e-5
    """peak step size of AdamW"""
    warmup_share: float = 0.1
    """share of all steps with a rising learning rate; it falls linearly to 0 after them"""
    weight_decay: float = 0.0
    """AdamW, per step and learning rate"""
    max_length: int = 64
    """tokens of a caption that are learnt from; the student goes on to read as many as it could"""
    projection_width: int = 128
    """numbers in a cross-modal projection"""
    temperature: float = 0.05
    """divides the cosines between two passes of the student"""
    cross_modal_temperature: float = 0.05
    """divides the cosines between student and teacher"""
    cross_modal_weight: float = 1.0
    """image and caption terms, relative to the sentence term"""
    sentence_margin_radians: float = 0.15
    """angle by which a negative sentence is pushed"""
    cross_modal_margin_radians: float = 0.15
    """the same between student and teacher, before it is adapted to the teacher's similarity"""
    false_negative_cosine: float | Literal["auto", "off"] = AUTO
    """teacher cosine above which an in-batch negative is left out; `auto`: the median over true pairs of this data; `off`: none"""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "max_length", "projection_width"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise UserError("setting_not_whole", field=name, value=value)
        within("epochs", self.epochs, 1, 1000)
        within("batch_size", self.batch_size, 2, 16384)
        within("max_length", self.max_length, 4, 8192)
        within("projection_width", self.projection_width, 2, 8192)
        within("learning_rate", self.learning_rate, 0, 1, open_low=True)
        within("warmup_share", self.warmup_share, 0, 1)
        within("weight_decay", self.weight_decay, 0, 1)
        within("temperature", self.temperature, 0, 10, open_low=True)
        within("cross_modal_temperature", self.cross_modal_temperature, 0, 10, open_low=True)
        within("cross_modal_weight", self.cross_modal_weight, 0, 1000)
        within("sentence_margin_radians", self.sentence_margin_radians, 0, math.pi)
        within("cross_modal_margin_radians", self.cross_modal_margin_radians, 0, math.pi)
        if self.false_negative_cosine not in (AUTO, "off"):
            within("false_negative_cosine", self.false_negative_cosine, -1, 1)
        for f in dataclasses.fields(self):
            # 0 and 0.0 are one setting, so they must have one digest.
            value = getattr(self, f.name)
            if f.type is not int and isinstance(value, int):
                object.__setattr__(self, f.name, float(value))


@dataclass(frozen=True)
class RunConfig(Config):
    """One run: this student, this data, this method, this seed. Two equal configs are the same run."""

    dataset: str
    """fingerprint"""
    method: str
    """`baseline`, `simcse`, `mcse` or `kdmcse`"""
    student: str
    """a sentence-transformers or Hugging Face folder or hub name"""
    teacher: str | None = None
    """reference of the teacher; None for a baseline and for SimCSE, which need none"""
    seed: int = 0
    """of the data order, the dropout and the new weights"""
    training: TrainingConfig = field(default_factory=TrainingConfig)
    """the same for every method that is compared"""

    def __post_init__(self) -> None:
        if isinstance(self.training, dict):
            object.__setattr__(self, "training", TrainingConfig.from_dict(self.training))
        if self.method not in (BASELINE, *METHODS):
            raise UserError("unknown_method", method=self.method, known=", ".join(METHODS))
        if self.method in ("mcse", "kdmcse") and not self.teacher:
            raise UserError("teacher_needed", method=self.method)
        if not isinstance(self.seed, int) or isinstance(self.seed, bool) or not 0 <= self.seed < 2**32:
            raise UserError("setting_out_of_range", field="seed", value=self.seed, low=0, high=2**32 - 1)

    @property
    def recipe(self) -> str:
        """Digest of all but method and seed: runs of one recipe may be compared."""
        shared = dataclasses.replace(self, method="simcse", seed=0, teacher=None)
        return shared.digest
