"""What a folder must hold to be loaded as a model: asked for before anything is queued, so that what is missing is named. Loads no model."""

import json
from pathlib import Path

from kdmcse.errors import UserError

_CONFIGS = ("config.json", "modules.json", "open_clip_config.json")
_STUDENTS = ("Transformer", "StaticEmbedding")
"""what a student may begin with"""
_OF_TRANSFORMERS = (None, "Transformer", "CLIPModel")
"""what reads the files of transformers beside its weights; None: a folder of transformers itself"""
_TOKENIZERS = ("tokenizer.json", "vocab.json", "vocab.txt", "*.model", "*.tokenizer", "byte_maps.json")
"""Without one of them transformers takes an empty tokenizer, to which all sentences are alike."""
_PROCESSORS = ("preprocessor_config.json", "processor_config.json")
_OF_BYTES = ("ByT5Tokenizer", "CanineTokenizer", "PerceiverTokenizer")
"""tokenizers that need no list of tokens"""
_WEIGHTS, _OTHER_WEIGHTS = "model.safetensors", "pytorch_model.bin"
"""of a module of sentence-transformers; it loads the other where the first is not there"""
_NEEDED = {
    "Pooling": ("config.json",),
    "Dense": ("config.json", _WEIGHTS),
    "StaticEmbedding": ("tokenizer.json", _WEIGHTS),
}
"""what a module of sentence-transformers is made of"""
_OF_OPEN_CLIP = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth",
    _WEIGHTS,
    _OTHER_WEIGHTS,
    "pytorch_model.pth",
    "model.pth",
)
"""The first of them that is there is loaded; where none is, any of safetensors comes first."""
_PROMPTS_OF_EVERY_MODEL = ("query", "document")
"""names that sentence-transformers knows by itself, for no prompt"""


def require(folder: Path, role: str) -> None:
    """UserError unless a `teacher` or `student` can be loaded from the folder, as far as its files tell."""
    if not any((folder / name).exists() for name in _CONFIGS):
        raise UserError("model_folder_without_config", model=folder)
    kind, part = _first_module(folder, role)
    if role == "student" and kind not in (None, *_STUDENTS):
        raise UserError("student_of_other_kind", model=folder, kind=kind, known=_STUDENTS)
    in_one_place = kind in (*_OF_TRANSFORMERS, "StaticEmbedding", "open_clip")
    if not any(part.glob("*.safetensors") if in_one_place else folder.rglob("*.safetensors")):
        raise UserError("model_folder_without_safetensors", model=part)
    if kind in _OF_TRANSFORMERS:
        _require_parts(part)
    if kind == "open_clip":
        _require_open_clip(folder)
    if (folder / "modules.json").exists():
        _require_modules(folder)
        _require_prompts(folder / "config_sentence_transformers.json")


def _require_open_clip(folder: Path) -> None:
    """UserError where open_clip would load other weights than safetensors, or lacks the tokenizer that it names."""
    loaded = next((name for name in _OF_OPEN_CLIP if (folder / name).exists()), _WEIGHTS)
    if not loaded.endswith(".safetensors"):
        raise UserError("teacher_weights_other_format", model=folder, file=loaded, wanted=_OF_OPEN_CLIP[0])
    text = read(folder / "open_clip_config.json").get("model_cfg", {}).get("text_cfg", {})
    named = text.get("hf_tokenizer_name")
    if named and not _has_tokenizer(folder):
        raise UserError("teacher_tokenizer_missing", model=folder, tokenizer=named)


def _require_parts(folder: Path) -> None:
    """UserError for the first of the parts that transformers needs in one folder and does not find."""
    shards = [name for index in folder.glob("*.safetensors.index.json") for name in _shards(index)]
    config = read(folder / "config.json")
    has_processor = (folder / _PROCESSORS[0]).exists() or "image_processor" in read(folder / _PROCESSORS[1])
    for saver, missing in (
        ("AutoConfig", () if (folder / "config.json").exists() else ("config.json",)),
        ("AutoModel", tuple(name for name in shards if not (folder / name).exists())),
        ("AutoTokenizer", () if _has_tokenizer(folder) else (" / ".join(_TOKENIZERS[:3]),)),
        ("AutoProcessor", () if has_processor or "vision_config" not in config else (" / ".join(_PROCESSORS),)),
    ):
        if missing:
            call = f'transformers.{saver}.from_pretrained("NAME").save_pretrained("parts")'
            raise UserError("model_part_missing", model=folder, missing=missing, call=call)


def _require_modules(folder: Path) -> None:
    """UserError for the first module of sentence-transformers that lacks a file it is made of, or has its weights in another format alone."""
    for module in _modules(folder):
        place, needed = Path(str(module.get("path", ""))), _NEEDED.get(_kind(module), ())
        if _kind(module) not in (*_NEEDED, *_OF_TRANSFORMERS) and (folder / place / _OTHER_WEIGHTS).exists():
            needed = (_WEIGHTS,)
        if missing := tuple((place / name).as_posix() for name in needed if not (folder / place / name).exists()):
            call = 'sentence_transformers.SentenceTransformer("NAME").save("parts")'
            raise UserError("model_part_missing", model=folder, missing=missing, call=call)


def _require_prompts(file: Path) -> None:
    """UserError for prompts that are no table of texts, and for a default prompt that is none of them."""
    stored = read(file)
    prompts, name = stored.get("prompts", {}), stored.get("default_prompt_name")
    if not isinstance(prompts, dict) or not all(isinstance(prompt, str | None) for prompt in prompts.values()):
        raise UserError("prompts_are_no_table", file=file)
    known = (*prompts, *(other for other in _PROMPTS_OF_EVERY_MODEL if other not in prompts))
    if name is not None and name not in known:
        raise UserError("default_prompt_unknown", file=file, name=json.dumps(name, ensure_ascii=False), known=known)


def _has_tokenizer(folder: Path) -> bool:
    of_bytes = read(folder / "tokenizer_config.json").get("tokenizer_class") in _OF_BYTES
    return of_bytes or any(path for pattern in _TOKENIZERS for path in folder.glob(pattern))


def _shards(index: Path) -> list[str]:
    """The files that a list of weights names."""
    named = read(index).get("weight_map")
    return sorted(set(map(str, named.values()))) if isinstance(named, dict) else []


def _first_module(folder: Path, role: str) -> tuple[str | None, Path]:
    """What a model begins with, and the folder of that: a module of sentence-transformers, `open_clip`, or None for transformers."""
    if module := next(iter(_modules(folder)), None):
        return _kind(module), folder / str(module.get("path", ""))
    others = ("modules.json",) if role == "teacher" else ("modules.json", "config.json")
    is_open_clip = (folder / "open_clip_config.json").exists() and not any((folder / name).exists() for name in others)
    return "open_clip" if is_open_clip else None, folder


def _modules(folder: Path) -> list[dict]:
    return [module for module in read(folder / "modules.json", list) if isinstance(module, dict) and "type" in module]


def _kind(module: dict) -> str:
    return str(module["type"]).rpartition(".")[2]


def read(path: Path, kind: type = dict):
    """The content of a model's file; empty where there is none or it is damaged, which loading tells better."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return kind()
    return content if isinstance(content, kind) else kind()
