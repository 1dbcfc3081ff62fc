"""Sentences end to end instead of one below the other: what the student computes for padding changes nothing, so there is none.

Every map of a token works on all tokens of a part at once; attention alone has to know where a sentence ends. It is put under the
name that transformers offers for attention of one's own; sentence-transformers' pooling takes sentences end to end as they are.

N sentences, L tokens of the longest, T tokens of all, A heads, W width of a head.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AttentionInterface

from kdmcse.models.dropout import dropped

_NAME = "end_to_end"


def layout(lengths: np.ndarray, first_position: int) -> dict[str, Tensor | list[tuple[int, int, int]]]:
    """What a student must know beside the tokens of sentences of `lengths` (N,), those of one length beside each other.

    `runs`: (first token, sentences, tokens of each) of every run of one length, for a CPU. `places` (N, L): the token at each place
    of the padded table, `filled` (N, 1, 1, L) which places hold one, `kept` (T,) the place of each token, for a GPU.
    """
    ends = np.cumsum(lengths)
    starts = ends - lengths
    within = np.arange(ends[-1]) - np.repeat(starts, lengths)
    width = int(lengths.max())
    filled = np.arange(width)[None, :] < lengths[:, None]
    first = np.flatnonzero(np.diff(lengths, prepend=0))
    counts = np.diff(first, append=len(lengths))
    arrays = {
        "position_ids": (within + first_position)[None],
        "cu_seq_lens_q": np.concatenate([[0], ends]),
        "seq_idx": np.repeat(np.arange(len(lengths)), lengths)[None],
        "places": np.minimum(starts[:, None] + np.arange(width), ends[-1] - 1),
        "filled": filled[:, None, None, :],
        "kept": np.flatnonzero(filled),
    }
    runs = [(int(starts[i]), int(n), int(lengths[i])) for i, n in zip(first, counts, strict=True)]
    return {name: torch.from_numpy(values) for name, values in arrays.items()} | {"runs": runs}


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: None,
    *,
    runs: list[tuple[int, int, int]] | None,
    places: Tensor,
    filled: Tensor,
    kept: Tensor,
    dropout: float = 0.0,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **unused,
) -> tuple[Tensor, None]:
    """Attention of every token to those of its own sentence: query, key, value (1, A, T, W) -> (1, T, A, W)."""
    tables = [rows.squeeze(0).transpose(0, 1) for rows in (query, key, value)]
    near = _near(places.shape[1], sliding_window, query.device)
    if runs is None or query.device.type == "cuda":  # few large kernels: padded for attention alone
        query, key, value = (table[places].transpose(1, 2) for table in tables)
        allowed = filled if near is None else filled & near
        attended = F.scaled_dot_product_attention(
            query, key, value, attn_mask=allowed, dropout_p=dropout, scale=scaling
        )
        return attended.transpose(1, 2).flatten(0, 1)[kept][None], None
    precision, sizes = query.dtype, [count * length for _, count, length in runs]
    scaling, parts = query.shape[-1] ** -0.5 if scaling is None else scaling, []
    drop = dropped if torch.is_autocast_enabled("cpu") else F.dropout
    with torch.autocast("cpu", enabled=False):  # these products are too small to be faster in another precision
        for (_, count, length), *run in zip(runs, *(table.float().split(sizes) for table in tables), strict=True):
            query, key, value = (table.unflatten(0, (count, length)).transpose(1, 2) for table in run)
            alike = (query * scaling) @ key.transpose(2, 3)
            if near is not None:
                alike = alike.masked_fill(~near[:length, :length], -torch.inf)
            attended = drop(alike.softmax(-1), dropout) @ value  # the library's function is slower with dropout
            parts.append(attended.transpose(1, 2).flatten(0, 1))
        return torch.cat(parts).to(precision)[None], None


AttentionInterface.register(_NAME, attend)


@contextmanager
def packing(model: nn.Module) -> Iterator[None]:
    """Inside the block the model takes sentences end to end."""
    before = model.config._attn_implementation
    model.config._attn_implementation = _NAME
    try:
        yield
    finally:
        model.config._attn_implementation = before


def first_position(encoder: SentenceTransformer) -> int | None:
    """Number of a sentence's first place for this student; None where it cannot take sentences end to end: that is tried out."""
    model = getattr(encoder[0], "model", None)
    if not getattr(model, "_supports_attention_backend", False):
        return None
    tables = [module for name, module in model.named_modules() if name.endswith("position_embeddings")]
    # Where places have a padding of their own, the first follows it.
    padding = next((table.padding_idx for table in tables if getattr(table, "padding_idx", None) is not None), -1)
    was_training = encoder.training
    encoder.eval()
    try:
        return padding + 1 if _is_same(encoder, padding + 1) else None
    except Exception:  # whatever an architecture may raise: it is encoded with padding
        return None
    finally:
        encoder.train(was_training)


@torch.no_grad()
def _is_same(encoder: SentenceTransformer, position: int) -> bool:
    padded = encoder.tokenizer(["a", "a b c", "c b a"], padding=True, return_tensors="pt").to(encoder.device)
    mask = padded["attention_mask"].bool()
    flat = {name: values[mask][None] for name, values in padded.items() if name != "attention_mask"}
    extra = layout(mask.sum(1).cpu().numpy(), position)
    flat |= {name: value.to(encoder.device) if isinstance(value, Tensor) else value for name, value in extra.items()}
    with packing(encoder[0].model):
        packed = encoder(flat)["sentence_embedding"]
    return torch.allclose(packed, encoder(dict(padded))["sentence_embedding"], rtol=1e-3, atol=1e-4)


def _near(width: int, sliding_window: int | None, device: torch.device) -> Tensor | None:
    """(L, L) which tokens are less than `sliding_window` apart; None where all are."""
    if not sliding_window or width <= sliding_window:
        return None
    place = torch.arange(width, device=device)
    return (place[:, None] - place).abs() < sliding_window
