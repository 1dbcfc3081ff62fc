"""The teacher behind a reference: a frozen CLIP-like model, or vectors that were made elsewhere. Trains nothing, keeps nothing."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np

from kdmcse.errors import UserError
from kdmcse.i18n import MISSING
from kdmcse.models import references
from kdmcse.models.prefetch import chunks, prefetched
from kdmcse.models.quiet import quiet
from kdmcse.models.readers import Reader, of_transformers
from kdmcse.models.vector_file import VectorFile

_BATCHES_AHEAD = 3


class Teacher(Protocol):
    """Anything that turns images and texts into vectors of one space. D teacher width."""

    @property
    def reader(self) -> Reader | None:
        """How it reads texts; None where nothing tells. Not of vectors that were made elsewhere."""

    def embed_images(self, images: Iterable[tuple[Path | None, str]]) -> Iterable[np.ndarray]:
        """(n, D) a part, in order, for images by file (None for vectors made elsewhere) and by what the user calls them."""

    def embed_texts(self, texts: Iterable[str]) -> Iterable[np.ndarray]:
        """(n, D) a part, in order."""


def load(ref: str) -> Teacher:
    """The teacher behind a reference; see `references` for what it may be."""
    if folder := references.kept_vectors(ref):
        return _KeptOnly(folder)
    if file := references.vectors_file(ref):
        return VectorFile(file)
    path = references.local_path(ref)
    if path is not None and (path / "open_clip_config.json").exists() and not (path / "modules.json").exists():
        return _OpenClip(f"local-dir:{path.resolve()}")
    if path is not None:
        return _SentenceTransformersClip(str(path))
    if ref.startswith("hf-hub:"):
        return _OpenClip(ref)
    import open_clip

    architecture, _, weights = ref.partition("/")
    if architecture in open_clip.list_models():
        if weights not in open_clip.list_pretrained_tags_by_model(architecture):
            known = tuple(open_clip.list_pretrained_tags_by_model(architecture))
            raise UserError("teacher_weights_unknown", model=architecture, weights=weights or MISSING, known=known)
        return _OpenClip(architecture, weights)
    return _SentenceTransformersClip(ref)


class _OpenClip:
    """A model of open_clip, in float32 on the CPU and under bfloat16 on a GPU."""

    def __init__(self, name: str, weights: str | None = None) -> None:
        import open_clip
        import torch

        quiet()
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model, _, self._preprocess = open_clip.create_model_and_transforms(
            name, pretrained=weights, device=self._device, require_pretrained=True, weights_only=True
        )
        self._model.eval()
        try:
            self._tokenize = open_clip.get_tokenizer(name)
        except Exception as error:  # whatever its libraries raise where the tokenizer is only named
            named = ((open_clip.get_model_config(name) or {}).get("text_cfg") or {}).get("hf_tokenizer_name")
            raise UserError("teacher_tokenizer_missing", model=name, tokenizer=named or name) from error

    @property
    def reader(self) -> Reader | None:
        if hasattr(self._tokenize, "tokenizer"):  # of transformers
            return of_transformers(self._tokenize.tokenizer, self._tokenize.context_length)
        if not hasattr(self._tokenize, "encode"):
            return None
        # By bytes: nothing is unknown. It adds a mark before and after.
        tokenize = self._tokenize
        return Reader(lambda texts: [tokenize.encode(text) for text in texts], tokenize.context_length, 2, -1)

    def embed_images(self, images: Iterable[tuple[Path, str]]) -> Iterator[np.ndarray]:
        import torch

        for prepared in _prepared(self._prepare, (path for path, _ in images), 64):
            yield self._forward(self._model.encode_image, torch.stack(prepared))

    def embed_texts(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        for (tokens,) in _prepared(self._tokenize, chunks(texts, 128), 1):
            yield self._forward(self._model.encode_text, tokens)

    def _prepare(self, path: Path):
        return self._preprocess(_open(path))

    def _forward(self, encode: Callable, batch) -> np.ndarray:
        import torch

        with torch.inference_mode(), torch.autocast(self._device, torch.bfloat16, enabled=self._device == "cuda"):
            return encode(batch.to(self._device)).float().cpu().numpy()


class _SentenceTransformersClip:
    """A CLIP or SigLIP model as sentence-transformers or transformers saves it: one `encode` for images and texts.

    In float32 on the CPU; on a GPU as it was saved.
    """

    def __init__(self, ref: str) -> None:
        from sentence_transformers import SentenceTransformer

        quiet()
        self._ref = ref
        self._model = SentenceTransformer(ref, model_kwargs={"use_safetensors": True}, trust_remote_code=False)
        if self._model.device.type == "cpu":
            self._model.float()
        config = getattr(getattr(self._model[0], "model", None), "config", None)
        self._kind = getattr(config, "model_type", type(self._model[0]).__name__)
        if "siglip" in self._kind:  # it was trained on rows of full length and reads short ones as something else
            full = {"padding": "max_length", "max_length": config.text_config.max_position_embeddings}
            self._model[0].processing_kwargs = {"text": full}

    @property
    def reader(self) -> Reader | None:
        tokenizer = getattr(self._model.tokenizer, "tokenizer", self._model.tokenizer)
        return (
            of_transformers(tokenizer, tokenizer.model_max_length) if hasattr(tokenizer, "model_max_length") else None
        )

    def embed_images(self, images: Iterable[tuple[Path, str]]) -> Iterator[np.ndarray]:
        if not self._model.supports("image"):
            raise UserError("teacher_of_other_kind", model=self._ref, kind=self._kind)
        for opened in _prepared(_open, (path for path, _ in images), 64):
            yield self._model.encode(opened, batch_size=64, show_progress_bar=False)

    def embed_texts(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        for batch in chunks(texts, 1024):  # it sorts them by length
            yield self._model.encode(batch, show_progress_bar=False)


class _KeptOnly:
    """A folder of vectors without the model that gave them: what it has not seen cannot be embedded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def embed_images(self, images: Iterable[tuple[Path, str]]) -> Iterable[np.ndarray]:
        return self._nothing([name for _, name in images])

    def embed_texts(self, texts: Iterable[str]) -> Iterable[np.ndarray]:
        return self._nothing(list(texts))

    def _nothing(self, contents: list[str]) -> Iterable[np.ndarray]:
        if contents:
            raise UserError("vectors_missing", file=self._folder, count=len(contents), first=contents[0][:80])
        return ()


def _prepared(prepare: Callable, items: Iterable, size: int) -> Iterator[list]:
    """Lists of `size` results of `prepare`, in order; the next ones are made while one is used."""
    with ThreadPoolExecutor(max(2, min(16, os.cpu_count() or 2))) as threads:
        yield from chunks(prefetched(threads, prepare, items, at_once=_BATCHES_AHEAD * size), size)


def _open(path: Path):
    from PIL import Image

    with Image.open(path) as image:
        return image.convert("RGB")
