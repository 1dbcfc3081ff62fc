"""How a model reads texts: by its tokenizer alone, from its files where it has not been loaded. Loads no model."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdmcse.models import references
from kdmcse.models.prompts import PROMPTS
from kdmcse.store.files import read_json
from kdmcse.store.reads import look, stamp

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_NO_LIMIT = 10**6
"""Libraries write a huge number where a model reads all."""
_UNKNOWN = ("[UNK]", "<unk>")
"""What stands for what is not known where the vocabulary does not say it itself."""


@dataclass(frozen=True)
class Reader:
    """How one model reads."""

    tokens: Callable[[list[str]], list[list[int]]]
    """texts -> the ids of their tokens, uncut, prompts included, without the marks that the model puts around them"""
    limit: int | None
    """tokens that it reads of a text, marks included; None: all"""
    marks: int
    unknown: int
    """the id that stands for what is not known; -1: nothing is"""


def of_transformers(tokenizer: Any, limit: float | None, prompt: str = "") -> Reader:
    """By a tokenizer of transformers."""

    def tokens(texts: list[str]) -> list[list[int]]:
        texts = [prompt + text for text in texts]
        return tokenizer(texts, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]

    unknown = -1 if tokenizer.unk_token_id is None else tokenizer.unk_token_id
    return Reader(tokens, _known(limit), tokenizer.num_special_tokens_to_add(), unknown)


def of_tokenizers(tokenizer: "Tokenizer", limit: float | None, prompt: str = "", *, marks: bool = True) -> Reader:
    """By a tokenizer of the library `tokenizers`, which cuts and fills up no more from then on. marks: whether the model puts any around texts."""
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def tokens(texts: list[str]) -> list[list[int]]:
        encoded = tokenizer.encode_batch_fast([prompt + text for text in texts], add_special_tokens=False)
        return [one.ids for one in encoded]

    names = (getattr(tokenizer.model, "unk_token", None), *_UNKNOWN)
    ids = [tokenizer.token_to_id(name) for name in names if name]
    unknown = next((one for one in ids if one is not None), -1)
    return Reader(tokens, _known(limit), tokenizer.num_special_tokens_to_add(False) if marks else 0, unknown)


def of_static(tokenizer: "Tokenizer", prompt: str = "") -> Reader:
    """By the tokenizer of a static embedding, which reads all unless the tokenizer itself cuts, and puts nothing around a text."""
    from tokenizers import Tokenizer

    limit = tokenizer.truncation and tokenizer.truncation["max_length"]
    return of_tokenizers(Tokenizer.from_str(tokenizer.to_str()), limit, prompt, marks=False)


def of_files(ref: str, prompt: str = "own") -> Reader | None:
    """By the files of a text model, here or downloaded before; None where they hold no tokenizer that can be read without the model.

    prompt: as `TrainingConfig` has it.
    """
    from tokenizers import Tokenizer

    try:
        modules = _stored(ref, "modules.json") or [{"path": "", "type": "Transformer"}]
        first = f"{modules[0]['path']}/".lstrip("/")
        file = _file(ref, f"{first}tokenizer.json")
        if file is None:
            return None
        said = _prompt(ref) if prompt == "own" else PROMPTS[prompt]
        tokenizer = Tokenizer.from_file(str(file))
        if modules[0]["type"].endswith("StaticEmbedding"):
            return of_static(tokenizer, said)
        return of_tokenizers(tokenizer, _limit(ref, first), said)
    except Exception:  # the libraries raise whatever they like; loading the model tells better what is wrong
        return None


def _known(limit: float | None) -> int | None:
    return int(limit) if limit and limit < _NO_LIMIT else None


def _limit(ref: str, first: str) -> float | None:
    """Tokens that a transformer reads, as sentence-transformers has it. first: the folder of its files, with a slash."""
    if known := (_stored(ref, f"{first}sentence_bert_config.json") or {}).get("max_seq_length"):
        return known
    config, tokenizer = (_stored(ref, f"{first}{name}") or {} for name in ("config.json", "tokenizer_config.json"))
    of_texts = config.get("text_config") or config  # beside that of images
    limits = (of_texts.get("max_position_embeddings"), tokenizer.get("model_max_length"))
    return min((one for one in limits if one and one > 0), default=None)


def _prompt(ref: str) -> str:
    stored = _stored(ref, "config_sentence_transformers.json") or {}
    return (stored.get("prompts") or {}).get(stored.get("default_prompt_name")) or ""


def _stored(ref: str, name: str) -> Any:
    file = _file(ref, name)
    return file and read_json(file)


def _file(ref: str, name: str) -> Path | None:
    """A file of a model that is here or was downloaded before, noted; None where there is none."""
    folder = references.local_path(ref)
    file = folder / name if folder else look(references.cached, ref, name)
    return file if file and look(stamp, file) else None
