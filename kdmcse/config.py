"""What a run is asked to do: frozen, validated at birth, the unit under each field. No torch here."""

import dataclasses
import datetime
import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SkipValidation

from kdmcse.errors import UserError
from kdmcse.validation import Cosine, ErrorCodes, Share, before, checked

BASELINE = "baseline"
"""The untouched student: a run of zero steps, evaluated like every other."""
LADDER = ("simcse", "mcse", "kdmcse")
"""The paper's methods, in the order of what they add to each other."""
PROPOSED = ("simcse", "simcse_margin", "mcse", "kdmcse")
"""What a new comparison begins with: the ladder, and SimCSE with KDMCSE's sentence margin, so that the teacher is not credited with the margin."""
METHODS = (*PROPOSED, "gist", "dalr", "rankcse")
"""What can be trained: those, two other ways to listen to the same teacher, and one that listens to a text teacher."""
WITHOUT_TEACHER = (BASELINE, "simcse", "simcse_margin")
TEXT_TEACHER = ("rankcse",)
"""Methods whose teacher reads sentences alone: any model of sentence-transformers."""
WITHOUT_IMAGES = (*WITHOUT_TEACHER, *TEXT_TEACHER)
SETTLED_BY = ("hand", "dev")
"""Who settles the settings of a run: a person, or the dev judgements for each method."""
CANDIDATE = "kdmcse"
"""The method whose worth is asked for."""

AUTO = "auto"
LATER = {"later": True}
"""Metadata of a field that came when runs were stored already: at its default it tells nothing apart, so that those stay the same runs."""


class Config:
    """A frozen dataclass that can be read from and written to a table (TOML, JSON), and has a digest."""

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Self:
        known = {f.name for f in dataclasses.fields(cls)}
        for name in table:
            if name not in known:
                raise UserError("unknown_setting", field=name, known=tuple(sorted(known)))
        return cls(**table)

    @classmethod
    def from_toml(cls, path: Path, start: Self | None = None) -> Self:
        """What the file names; the rest as `start` has it, else the defaults of the fields."""
        return cls.from_dict((start.to_dict() if start else {}) | read_toml(path))

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @property
    def identity(self) -> dict[str, Any]:
        """What tells it from others: every field, but for those that came `LATER` and are at their default."""
        fields = (
            f for f in dataclasses.fields(self) if "later" not in f.metadata or getattr(self, f.name) != f.default
        )
        return {f.name: _identity(getattr(self, f.name)) for f in fields}

    @property
    def digest(self) -> str:
        """12 hex digits that differ when the identity does."""
        content = json.dumps(self.identity, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:12]


def _identity(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _identity(inner) for name, inner in value.items()}
    return value.identity if isinstance(value, Config) else value


def read_toml(path: Path) -> dict[str, Any]:
    """The table in the file, a date as its text: whether it stands in quotes is all the same. UserError where there is none or it cannot be read."""
    try:
        return _with_dates_as_text(tomllib.loads(Path(path).read_text(encoding="utf-8-sig")))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError("file_missing", file=path) from error
    except IsADirectoryError as error:
        raise UserError("file_is_folder", file=path) from error
    except OSError as error:  # on Windows also of a folder
        raise UserError("file_unreadable", file=path, reason=error.strerror) from error
    except UnicodeDecodeError as error:
        raise UserError("toml_not_utf8", file=path) from error
    except tomllib.TOMLDecodeError as error:
        raise UserError("toml_unreadable", file=path, reason=error) from error


def _with_dates_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_dates_as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_dates_as_text(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value


def as_decimal(value: Any) -> Any:
    """A whole number as a decimal, also in a list, anything else as it is: 1 and 1.0 are one value, so both must give one digest."""
    if isinstance(value, list):
        return [as_decimal(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@checked
class TrainingConfig(Config):
    """How a student is trained. A new PoC begins with `RECOMMENDED`."""

    epochs: Annotated[int, Field(ge=1, le=1000)] = 10
    """passes over the training pairs"""
    batch_size: Annotated[int, Field(ge=2, le=16384)] = 64
    """pairs in one step; they are each other's negatives"""
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 5e-5
    """peak step size of AdamW"""
    warmup_share: Share = 0.1
    """share of all steps with a rising learning rate; it falls linearly to 0 after them"""
    weight_decay: Share = 0.0
    """AdamW, per step and learning rate"""
    max_length: Annotated[int, Field(ge=4, le=8192)] = 64
    """tokens of a caption that are read in training; the student goes on to read as many as it could"""
    projection_width: Annotated[int, Field(ge=2, le=8192)] = 128
    """numbers in a cross-modal projection"""
    temperature: Annotated[float, Field(gt=0, le=10)] = 0.05
    """divides the cosines between two passes of the student"""
    cross_modal_temperature: Annotated[float, Field(gt=0, le=10)] = 0.05
    """divides the cosines between student and teacher"""
    cross_modal_weight: Annotated[float, Field(ge=0, le=1000)] = 1.0
    """image and caption terms, relative to the sentence term"""
    sentence_margin_radians: Annotated[float, Field(ge=0, le=math.pi)] = 0.15
    """angle by which a negative sentence is pushed"""
    cross_modal_margin_radians: Annotated[float, Field(ge=0, le=math.pi)] = 0.15
    """the same between student and teacher, before it is adapted to the teacher's similarity"""
    false_negative_cosine: Cosine | Literal["auto", "null", "off"] = AUTO
    """teacher cosine above which an in-batch negative is left out; `auto`: the median over true pairs of this data; `null`: by
    `false_discovery_rate`; `off`: none, as the published scripts have it"""
    guide_margin: Annotated[float, Field(ge=-2, le=2)] = 0.0
    """GIST: teacher cosine below that of the true pair from which on a negative is left out"""
    ranking: Literal["listmle", "listnet"] = "listmle"
    """DALR, RankCSE: how the order of the teacher's sentences is learned, by its likelihood or by its softmax"""
    ranking_temperature: Annotated[float, Field(gt=0, le=10)] = 0.05
    """DALR, RankCSE: divides the cosines of a list"""
    ranking_weight: Annotated[float, Field(ge=0, le=1000)] = 1.0
    """DALR, RankCSE: ranking term, relative to the sentence term"""
    teacher_length: Literal["unit", "kept"] = "unit"
    """length at which the teacher's vectors enter the training heads: 1, or as the teacher gives them (as published)"""
    max_gradient_norm: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """length to which a longer gradient is cut; 0: never"""
    pooling: Literal["own", "cls", "mean"] = "own"
    """how tokens become a sentence: as the student was made, its first token (before any pooler), or their mean"""
    mixing: Literal["shuffled", "published"] = "shuffled"
    """order of batches of pairs and of sentences: at random, or at the fixed distance of the published code"""
    precision: Literal["auto", "float32", "bfloat16"] = field(default="float32", metadata=LATER)
    """numbers in which the student computes; losses and weights are float32. `auto`: bfloat16 where the device is faster with it"""
    evaluation_steps: Annotated[int, Field(ge=0, le=10**9)] = 0
    """steps between two looks at the dev judgements, the best student is kept; 0: none, the last one is"""
    data_share: Annotated[float, Field(gt=0, le=1)] = field(default=1.0, metadata=LATER)
    """share of the training groups that is trained on, each with all its pairs; sentences without images stay whole"""
    optimizer: Literal["torch", "transformers"] = field(default="torch", metadata=LATER)
    """AdamW with epsilon 1e-8, or as the published code takes it: 1e-6, from the first steps on in full, heads stepped in steps without them"""
    head_initialisation: Literal["uniform", "normal"] = field(default="uniform", metadata=LATER)
    """first weights of the sentence head: as torch draws them, or of deviation 0.02 and without bias, as BERT's and published"""
    last_batch: Literal["left_out", "shorter"] = field(default="left_out", metadata=LATER)
    """what does not fill a batch at the end of a round: left out of it, or a shorter batch, as published"""
    share_steps: Literal["part", "whole"] = field(default="part", metadata=LATER)
    """how long a run on a share is: as its own pairs ask, or as many steps as all training pairs take"""
    texts: Literal["auto", "mixed", "left_out"] = field(default="mixed", metadata=LATER)
    """sentences without images: mixed in, as published, or not trained on; auto: only where there are no pairs to learn from"""
    prompt: Literal["own", "none", "e5", "ruri"] = field(default="own", metadata=LATER)
    """what is put before every sentence: the student's own default prompt, nothing, or what this family of models was made with"""
    teacher_centring: Literal["off", "modality"] = field(default="off", metadata=LATER)
    """the teacher's vectors as they are, as published, or without the mean direction of the training images and captions"""
    margin_adaptation: Literal["cosine", "rank"] = field(default="cosine", metadata=LATER)
    """what multiplies the margin of a negative: 1 - the teacher's cosine, as published, or the share of its cosines that are greater"""
    false_discovery_rate: Annotated[float, Field(gt=0, le=1)] = field(default=0.05, metadata=LATER)
    """filter `null`: the share of what is left out that may be alike by chance alone"""
    batches: Literal["random", "distinct", "dense"] = field(default="random", metadata=LATER)
    """pairs of a batch: at random, as published; at random without a caption or image twice; or one and its nearest captions"""
    hard_negative_share: Annotated[float, Field(gt=0, le=1)] = field(default=0.95, metadata=LATER)
    """batches `dense`: a neighbour must stay below this share of the true pair's similarity (NV-Retriever, Moreira et al. 2024)"""

    def on(self, counts: Mapping[str, int]) -> "TrainingConfig":
        """The same with `texts` as it acts on a dataset with so many rows: `auto` is `left_out` or, where nothing is left out by it, `mixed`."""
        if self.texts != AUTO:
            return self
        return dataclasses.replace(self, texts="left_out" if texts_are_open(counts) else "mixed")

    def on_share(self, share: float) -> "TrainingConfig":
        """The same training on a share of the data, in as many steps; on all of it, the very same."""
        return dataclasses.replace(self, data_share=share, share_steps="part" if share == 1 else "whole")


def texts_are_open(counts: Mapping[str, int]) -> bool:
    """Whether sentences without images can be left out of a training on a dataset with so many rows: there are some, and pairs to train on."""
    return bool(counts["texts"]) and counts["train"] > 1


RECOMMENDED = TrainingConfig(
    cross_modal_weight=0.05, sentence_margin_radians=0.0, batches="distinct", texts=AUTO, precision=AUTO
)
"""What a new PoC begins with. The defaults of the fields are what runs that are stored without a field were trained with: they never change."""

CALIBRATED = {"teacher_centring": "modality", "margin_adaptation": "rank", "false_negative_cosine": "null"}
"""The settings by which KDMCSE acts on a teacher whose cosines lie in a narrow band: see `models.calibration`."""


SETTING_GROUPS = {
    "common": ("epochs", "batch_size", "learning_rate", "max_length", "warmup_share", "evaluation_steps", "texts"),
    "margin": ("sentence_margin_radians",),
    "images": ("cross_modal_weight", "cross_modal_temperature", "projection_width", "teacher_centring"),
    "kdmcse": ("cross_modal_margin_radians", "margin_adaptation", "false_negative_cosine", "false_discovery_rate"),
    "gist": ("guide_margin",),
    "ranking": ("ranking", "ranking_temperature", "ranking_weight"),
    "expert": (
        "prompt", "temperature", "weight_decay", "precision", "max_gradient_norm", "pooling", "mixing", "batches", "hard_negative_share",
        "last_batch", "teacher_length", "optimizer", "head_initialisation", "data_share", "share_steps",
    ),
}  # fmt: skip
"""Every field of TrainingConfig once, as form and report show them."""
HEEDED_BY = {
    "margin": ("simcse_margin", "kdmcse"),
    "kdmcse": ("kdmcse",),
    "gist": ("gist",),
    "ranking": ("dalr", "rankcse"),
}
"""Groups of settings that these methods alone heed."""


def _training(given: Any) -> Any:
    return TrainingConfig.from_dict(given) if isinstance(given, dict) else given


@checked
class RunConfig(Config):
    """One run: this student, this data, this method, this seed. Two equal configs are the same run."""

    dataset: SkipValidation[str]
    """fingerprint"""
    method: SkipValidation[str]
    """`baseline` or one of `METHODS`"""
    student: SkipValidation[str]
    """a sentence-transformers or Hugging Face folder or hub name"""
    teacher: SkipValidation[str | None] = None
    """reference of the teacher, of the text teacher for the methods of `TEXT_TEACHER`; None for the methods that need none"""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1), ErrorCodes({"int_type": "setting_out_of_range"})] = 0
    """of the data order, the dropout and the new weights"""
    training: Annotated[TrainingConfig, before(_training)] = field(default_factory=TrainingConfig)
    """the same for every method that is compared"""
    settled_by: Literal[SETTLED_BY] = field(default="hand", metadata=LATER)
    """whether it is trained with these settings, or with those that the dev judgements choose for its method, beginning with these"""

    def __post_init__(self) -> None:
        if self.method not in (BASELINE, *METHODS):
            raise UserError("unknown_method", method=self.method, known=METHODS)
        if self.method not in WITHOUT_TEACHER and not self.teacher:
            raise UserError("teacher_needed", method=self.method)

    @property
    def recipe(self) -> str:
        """Digest of all but method, teacher and seed: runs of one recipe may be compared."""
        shared = dataclasses.replace(self, method="simcse", seed=0, teacher=None)
        return shared.digest
