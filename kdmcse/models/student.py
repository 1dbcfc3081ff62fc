"""The student: sentence-transformers modules, and around them the heads that only training needs. Encode, save, load.

What is saved as the student is a plain sentence-transformers folder that other software loads; the heads are kept beside it.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, StaticEmbedding
from torch import Tensor, nn
from torch.nn import functional as F

from kdmcse.errors import UserError
from kdmcse.models import dropout, packing, references
from kdmcse.models.device import best_device
from kdmcse.models.prompts import PROMPTS
from kdmcse.models.quiet import quiet
from kdmcse.models.readers import Reader, of_static, of_transformers

quiet()

DROPOUT_WHERE_THERE_IS_NONE = 0.1
"""Two passes of a sentence must differ; a student without dropout gets this much after pooling."""
_BERT_DEVIATION = 0.02
_PROMPT_NAME = "query"
"""the name that the families of `PROMPTS` give it"""


def load(
    ref: str | Path, *, device: str | None = None, pooling: str = "own", prompt: str = "own"
) -> SentenceTransformer:
    """The encoder behind a folder or a hub name, in float32; UserError when there is none. Never runs code that comes with a model.

    `pooling`: how tokens become a sentence, `own` as the model was made, else `cls` (the first token, before any pooler) or `mean`.
    `prompt`: what is put before every sentence, `own` the model's default prompt, else one of `PROMPTS`, from then on the default.
    """
    ref = str(ref)
    references.require(ref, "student")
    path = references.local_path(ref)
    with references.loading(ref, "student"):
        encoder = SentenceTransformer(
            str(path) if path else ref,
            device=device or best_device(),
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        ).float()  # a step of AdamW is lost in the rounding of half precision
    if not all(torch.isfinite(weight).all() for weight in encoder.parameters()):
        raise UserError("student_not_finite", model=ref)
    if prompt != "own":
        encoder.prompts = encoder.prompts | {_PROMPT_NAME: PROMPTS[prompt]}
        encoder.default_prompt_name = _PROMPT_NAME
    transformer = encoder[0]
    if getattr(getattr(transformer, "model", None), "pooler", None) is not None:
        transformer.model.pooler = None  # unused by mean and CLS pooling, and a parameter without gradient
    if pooling != "own":
        for name, module in encoder.named_children():
            if isinstance(module, Pooling):
                setattr(encoder, name, Pooling(transformer.get_embedding_dimension(), pooling))
    return encoder


def default_prompt(encoder: SentenceTransformer) -> str:
    """What is put before every sentence; "" for nothing."""
    return encoder.prompts.get(encoder.default_prompt_name) or ""


def with_prompt(encoder: SentenceTransformer, texts: Sequence[str]) -> list[str]:
    """The sentences as the encoder reads them, for whoever tokenizes them without `encode`."""
    return [default_prompt(encoder) + text for text in texts]


def tokenizer(encoder: SentenceTransformer):
    """The encoder's tokenizer, called as those of transformers are."""
    return _StaticTokenizer(encoder.tokenizer) if isinstance(encoder[0], StaticEmbedding) else encoder.tokenizer


def reader(encoder: SentenceTransformer) -> Reader:
    """How the encoder reads texts, its prompt included."""
    if isinstance(encoder[0], StaticEmbedding):
        return of_static(encoder.tokenizer, default_prompt(encoder))
    return of_transformers(encoder.tokenizer, encoder.max_seq_length, default_prompt(encoder))


class _StaticTokenizer:
    """The tokenizer of a static embedding, which knows neither padding nor special tokens."""

    pad_token_id, pad_token_type_id, padding_side, model_input_names = 0, 0, "right", ("input_ids",)

    def __init__(self, own) -> None:
        self._own = own

    def __call__(self, texts: list[str], *, max_length: int, truncation: bool = True) -> dict[str, list[list[int]]]:
        return {"input_ids": [one.ids[:max_length] for one in self._own.encode_batch(texts, add_special_tokens=False)]}


def encode(encoder: SentenceTransformer, texts: Sequence[str]) -> np.ndarray:
    """(n, H) float32, unit length, with the default prompt."""
    return encoder.encode(list(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)


class Head(nn.Sequential):
    """A linear map and tanh, as the published code's heads are."""

    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__(nn.Linear(width_in, width_out), nn.Tanh())


class TrainingStudent(nn.Module):
    """An encoder with its heads. B batch, L tokens, H sentence width, P cross-modal width, D teacher width.

    `contrast` H -> H for the sentence term; `cross_modal` H -> P for the student, `image` and `caption` D -> P for the teacher's vectors
    (absent without a teacher). `head_initialisation` says how `contrast` begins, see TrainingConfig.
    """

    def __init__(
        self,
        encoder: SentenceTransformer,
        *,
        projection_width: int,
        teacher_width: int | None,
        head_initialisation: str = "uniform",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.get_embedding_dimension()
        self.contrast = Head(width, width)
        if head_initialisation == "normal":  # it is part of the published BERT, and drawn as BERT draws what is new
            nn.init.normal_(self.contrast[0].weight, std=_BERT_DEVIATION)
            nn.init.zeros_(self.contrast[0].bias)
        has_dropout = any(isinstance(m, nn.Dropout) and m.p > 0 for m in encoder.modules())
        self.noise = nn.Dropout(0.0 if has_dropout else DROPOUT_WHERE_THERE_IS_NONE)
        if teacher_width is not None:
            self.cross_modal = Head(width, projection_width)
            self.image = Head(teacher_width, projection_width)
            self.caption = Head(teacher_width, projection_width)
        for module in encoder.modules():
            if isinstance(module, nn.Embedding):
                module.register_forward_hook(_as_autocast)
        dropout.put_into(encoder)
        self.to(encoder.device)
        self._is_static = isinstance(encoder[0], StaticEmbedding)
        self._unpooled = _unpooled_tokens(encoder)
        self.first_position = packing.first_position(encoder)
        """see `packed`; None where sentences must be padded"""

    def forward(self, features: dict[str, Tensor | list]) -> Tensor:
        """(B, H) pooled sentences, before any normalisation. They come padded or end to end."""
        features = dict(features)  # modules add to it, and recomputing begins anew
        if self._is_static:
            features = _flat(**features)
        if self._unpooled:
            features["prompt_length"] = self._unpooled
        with packing.packing(self.encoder[0].model) if "runs" in features else nullcontext():
            for module in self.encoder:
                if not isinstance(module, Normalize):
                    features = module(features)
                    if "token_embeddings" in features:  # they are pooled in float32
                        features["token_embeddings"] = features["token_embeddings"].float()
        return self.noise(_pooled(self.encoder, features))

    def project(self, pooled: Tensor) -> Tensor:
        """(B, H) pooled -> (B, P), unit length."""
        return F.normalize(self.cross_modal(pooled), dim=-1)

    def save_encoder(self, folder: Path) -> None:
        """A sentence-transformers folder without heads."""
        self.encoder.save(str(folder), create_model_card=False, safe_serialization=True)

    def heads(self) -> dict[str, Tensor]:
        """The weights of all heads, by name."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith("encoder.")}


def _pooled(encoder: SentenceTransformer, features: dict[str, Tensor]) -> Tensor:
    """(B, H) float32 sentences; of each as many numbers as the encoder was saved to give."""
    return features["sentence_embedding"].float()[:, : encoder.truncate_dim]


def _unpooled_tokens(encoder: SentenceTransformer) -> int | None:
    """How many tokens of the prompt the pooling leaves out; None where it takes them all."""
    takes_all = all(module.include_prompt for module in encoder if isinstance(module, Pooling))
    prompt = default_prompt(encoder)
    return None if takes_all or not prompt else encoder.preprocess(["a"], prompt=prompt).get("prompt_length")


def _flat(input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
    """Padded sentences (B, L) as a static embedding reads them: end to end, with the place where each begins."""
    lengths = attention_mask.sum(1)
    return {"input_ids": input_ids[attention_mask.bool()], "offsets": lengths.cumsum(0) - lengths}


def _as_autocast(module: nn.Module, given: tuple, rows: Tensor) -> Tensor:
    """Autocast leaves what is looked up in float32, and on a CPU all that is added to it later: each further map would convert it anew."""
    return rows.to(torch.get_autocast_dtype("cpu")) if torch.is_autocast_enabled("cpu") else rows


class CrossModalHeads:
    """The heads of a finished run, to compare captions with images: two maps into one space of width P."""

    def __init__(self, path: Path) -> None:
        from safetensors.numpy import load_file

        self._weights = {name: value.astype(np.float32) for name, value in load_file(path).items()}

    def sentences(self, pooled: np.ndarray) -> np.ndarray:
        """(n, H) pooled sentences -> (n, P), unit length."""
        return self._apply("cross_modal", pooled)

    def images(self, teacher_image: np.ndarray) -> np.ndarray:
        """(n, D) -> (n, P), unit length."""
        return self._apply("image", teacher_image)

    def _apply(self, name: str, rows: np.ndarray) -> np.ndarray:
        projected = np.tanh(
            rows.astype(np.float32) @ self._weights[f"{name}.0.weight"].T + self._weights[f"{name}.0.bias"]
        )
        return projected / np.linalg.norm(projected, axis=1, keepdims=True)


def encode_pooled(encoder: SentenceTransformer, texts: Sequence[str], batch_size: int = 128) -> np.ndarray:
    """(n, H) float32 pooled sentences with the default prompt, before normalisation, as the heads saw them in training."""
    modules = [module for module in encoder if not isinstance(module, Normalize)]
    rows: list[np.ndarray] = []
    encoder.eval()
    with torch.inference_mode():
        for start in range(0, len(texts), batch_size):
            features = encoder.preprocess(
                list(texts[start : start + batch_size]), prompt=default_prompt(encoder) or None
            )
            features = {k: v.to(encoder.device) if isinstance(v, Tensor) else v for k, v in features.items()}
            for module in modules:
                features = module(features)
            rows.append(_pooled(encoder, features).cpu().numpy())
    return np.concatenate(rows) if rows else np.zeros((0, encoder.get_embedding_dimension()), np.float32)
