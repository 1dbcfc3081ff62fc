"""One training step up to its loss: sentences and teacher vectors in, named terms out. No optimizer, no files.

B batch, L tokens, H sentence width, P cross-modal width, D teacher width.
"""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from kdmcse import losses
from kdmcse.config import HEEDED_BY, WITHOUT_TEACHER, TrainingConfig
from kdmcse.errors import UserError
from kdmcse.models import packing
from kdmcse.models.student import TrainingStudent
from kdmcse.training import distributed

_CPU_PART_PADDED, _CPU_PART_PACKED = 16, 32
_TOKENS_AT_ONCE = 10_000


class Tokens:
    """The tokens of many sentences, each cut to a length, as flat arrays: four bytes a token.

    `first_position`: see `packed`; None where the student needs padding.
    """

    def __init__(self, tokenizer, sentences: Sequence[str], max_length: int, first_position: int | None = None) -> None:
        self.first_position = first_position
        self._padding = {"input_ids": tokenizer.pad_token_id or 0, "token_type_ids": tokenizer.pad_token_type_id}
        self._left = tokenizer.padding_side == "left"
        names = [name for name in self._padding if name in tokenizer.model_input_names]
        flat: dict[str, list[np.ndarray]] = {name: [] for name in names}
        lengths: list[int] = []
        for start in range(0, len(sentences), _TOKENS_AT_ONCE):
            tokenized = tokenizer(
                list(sentences[start : start + _TOKENS_AT_ONCE]), truncation=True, max_length=max_length
            )
            lengths += map(len, tokenized["input_ids"])
            for name in names:
                flat[name].append(np.concatenate([np.asarray(ids, np.int32) for ids in tokenized[name]]))
        self._flat = {
            name: np.concatenate(arrays) if arrays else np.zeros(0, np.int32) for name, arrays in flat.items()
        }
        self.lengths = np.asarray(lengths, np.int64)
        """(n,) tokens of each sentence"""
        self._starts = np.cumsum(self.lengths) - self.lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def padded(self, rows: np.ndarray) -> dict[str, Tensor]:
        """`input_ids`, `attention_mask` and what else the student reads, each (n, L) int64, L the longest of `rows`."""
        lengths = self.lengths[rows]
        width = int(lengths.max())
        place = np.arange(width)[None, :] - (width - lengths[:, None] if self._left else 0)
        mask = (place >= 0) & (place < lengths[:, None])
        source = (self._starts[rows][:, None] + place)[mask]
        features = {"attention_mask": mask.astype(np.int64)}
        for name, values in self._flat.items():
            features[name] = np.full(mask.shape, self._padding[name], np.int64)
            features[name][mask] = values[source]
        return {name: torch.from_numpy(values) for name, values in features.items()}

    def end_to_end(self, rows: np.ndarray) -> dict[str, Tensor | list]:
        """The same for `rows` ordered by length, without padding: (1, T) each, and where which sentence is."""
        lengths = self.lengths[rows]
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        source = np.repeat(self._starts[rows], lengths) + within
        tokens = {name: torch.from_numpy(values[source].astype(np.int64))[None] for name, values in self._flat.items()}
        return tokens | packing.layout(lengths, self.first_position)


@dataclass(frozen=True)
class Batch:
    """Tokens of B sentences in parts of like length, every sentence twice in a row."""

    parts: list[dict[str, Tensor | list]]
    place: Tensor
    """(B,) where each sentence of the batch stands among those of the parts"""
    teacher_image: Tensor | None = None
    """(B, D) the teacher's vectors of the images, None for sentences without"""
    teacher_caption: Tensor | None = None
    """(B, D) and of the captions, or a text teacher's of the sentences"""

    @classmethod
    def of(
        cls,
        tokens: Tokens,
        rows: np.ndarray,
        part_size: int,
        image: np.ndarray | None = None,
        caption: np.ndarray | None = None,
    ) -> "Batch":
        """The sentences `rows` in parts of at most `part_size`; `image` and `caption` (B, D) in the order of `rows`."""
        count = -(-len(rows) // part_size)
        order = np.argsort(tokens.lengths[rows], kind="stable")
        vectors = [None if given is None else torch.from_numpy(given) for given in (image, caption)]
        laid = tokens.padded if tokens.first_position is None else tokens.end_to_end
        return cls(
            [laid(np.repeat(rows[part], 2)) for part in np.array_split(order, count)],
            torch.from_numpy(np.argsort(order)),
            *vectors,
        )

    @property
    def part_size(self) -> int:
        """Sentences in the largest part."""
        return -(-len(self.place) // len(self.parts))

    def pinned(self) -> "Batch":
        """In memory from which a GPU fetches while it computes."""
        return self._each(lambda value: value.pin_memory())

    def to(self, device: torch.device) -> "Batch":
        return self._each(lambda value: value.to(device, non_blocking=True))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        parts = [
            {name: change(value) if isinstance(value, Tensor) else value for name, value in part.items()}
            for part in self.parts
        ]
        rest = [
            None if value is None else change(value) for value in (self.place, self.teacher_image, self.teacher_caption)
        ]
        return Batch(parts, *rest)


class TrainingStep(nn.Module):
    """A student with its heads, and the objective: a batch in, the method's terms out.

    `precision`: `bfloat16` encodes under autocast; weights, heads, losses and gradients of weights are float32 in any case.
    `recompute`: keep no activations of a part but compute them again when its gradient is due (gradient caching, Gao et al. 2021):
    memory for one part at a time, the same loss and gradient of the same parts, a third more work.
    Dropout is drawn part by part: in other parts a batch has another loss and gradient, of the same distribution.
    """

    def __init__(
        self,
        student: TrainingStudent,
        method: str,
        settings: TrainingConfig,
        false_negative_cosine: float | None,
        teacher_cosines: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        super().__init__()
        self.student = student
        self.precision = "float32"
        self.recompute = False
        self._method, self._settings, self._false_negative_cosine = method, settings, false_negative_cosine
        device = next(student.parameters()).device
        self._teacher_cosines = teacher_cosines and tuple(torch.from_numpy(one).to(device) for one in teacher_cosines)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Named terms, `total` among them. With several processes the loss of all their batches together, the same in each."""
        settings = self._settings
        pooled = self.two_passes(batch)
        z1, z2 = map(distributed.gathered, self.student.contrast(pooled).chunk(2))
        ranked = dict(
            ranking=settings.ranking,
            ranking_temperature=settings.ranking_temperature,
            ranking_weight=settings.ranking_weight,
        )
        if self._method == "rankcse" and batch.teacher_caption is not None:
            text = distributed.gathered(batch.teacher_caption.float())
            return losses.rankcse_terms(z1=z1, z2=z2, teacher_caption=text, temperature=settings.temperature, **ranked)
        if batch.teacher_image is None or self._method in WITHOUT_TEACHER:
            # A sentence without an image has the sentence term only, with the margin that its method gives it.
            margin = settings.sentence_margin_radians if self._method in HEEDED_BY["margin"] else 0.0
            return losses.simcse_terms(z1=z1, z2=z2, temperature=settings.temperature, margin_radians=margin)
        image, caption = batch.teacher_image.float(), batch.teacher_caption.float()
        if settings.teacher_length == "unit":
            image, caption = F.normalize(image, dim=-1), F.normalize(caption, dim=-1)
        p1, p2 = map(distributed.gathered, self.student.project(pooled).chunk(2))
        v = distributed.gathered(F.normalize(self.student.image(image), dim=-1))
        shared = dict(
            z1=z1, z2=z2, p1=p1, p2=p2, v=v, temperature=settings.temperature,
            cross_modal_temperature=settings.cross_modal_temperature, cross_modal_weight=settings.cross_modal_weight,
        )  # fmt: skip
        if self._method == "mcse":
            return losses.mcse_terms(**shared)
        teacher_caption = distributed.gathered(caption)
        if self._method == "dalr":
            return losses.dalr_terms(**shared, teacher_caption=teacher_caption, **ranked)
        judged = dict(teacher_image=distributed.gathered(image), teacher_caption=teacher_caption)
        if self._method == "gist":
            return losses.gist_terms(**shared, **judged, guide_margin=settings.guide_margin)
        return losses.kdmcse_terms(
            **shared,
            **judged,
            t=distributed.gathered(F.normalize(self.student.caption(caption), dim=-1)),
            sentence_margin_radians=settings.sentence_margin_radians,
            cross_modal_margin_radians=settings.cross_modal_margin_radians,
            false_negative_cosine=self._false_negative_cosine,
            teacher_cosines=self._teacher_cosines,
        )

    def two_passes(self, batch: Batch) -> Tensor:
        """(2B, H) pooled: every sentence twice, with different dropout, the first passes before the second."""
        with torch.autocast(batch.place.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            passes = torch.cat([self._pooled(part) for part in batch.parts]).unflatten(0, (-1, 2))
        return passes.transpose(0, 1)[:, batch.place].flatten(0, 1)

    def _pooled(self, part: dict[str, Tensor | list]) -> Tensor:
        if self.recompute:
            return checkpoint(self.student, part, use_reentrant=False)
        return self.student(part)


@dataclass
class Memory:
    """How large a part of a batch may be on this device. Halving it changes memory and time; loss and gradient only as other dropout does."""

    part_size: int
    """sentences that are encoded together"""
    recompute: bool = False

    @classmethod
    def of(cls, device: torch.device, batch_size: int, *, padded: bool = True) -> "Memory":
        # A GPU wants one large product. A CPU works fastest on what stays in its caches, and in smaller parts there is less padding.
        part = _CPU_PART_PADDED if padded else _CPU_PART_PACKED
        return cls(batch_size if device.type == "cuda" else min(batch_size, part))

    def halve(self) -> None:
        """Make do with less: half the sentences at a time, activations computed again. UserError `out_of_memory` at one sentence."""
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if self.recompute and self.part_size == 1:
            raise UserError("out_of_memory", device="GPU" if torch.cuda.is_available() else "CPU")
        self.part_size = max(1, self.part_size // 2)
        self.recompute = True


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, on a GPU or on the host (torch has no type for the host's)."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "allocate memory" in str(error)
