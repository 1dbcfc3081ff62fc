"""Which models are on this machine: folders of the workspace, models of installed packages, downloads of the hub. Loads none of them."""

import os
import re
import site
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kdmcse.errors import UserError
from kdmcse.models import model_folder

PLACES = ("workspace", "package", "hub")
_LICENCE = re.compile(r"^license:\s*[\"']?([\w.-]+)", re.MULTILINE)
_CARD = 4096
"""Characters of a model's card in which its licence stands."""


@dataclass(frozen=True)
class FoundModel:
    """A model that can be loaded without a network."""

    reference: str
    """what `student` or `teacher` is given"""
    name: str
    place: str
    """one of `PLACES`"""
    licence: str | None
    """as its own card says"""
    size: int
    """bytes of its weights"""


def models_here(folder: Path, role: str) -> list[FoundModel]:
    """Those that can be a `student` or a `teacher`, the workspace's own first. folder: the workspace's models, which need not be there."""
    found = [(reference, name, place, path) for reference, name, place, path in _folders(folder) if _is(path, role)]
    return [FoundModel(ref, name, place, _licence(path), _size(path)) for ref, name, place, path in found]


def sees_images(folder: Path) -> bool:
    """Whether the model in a folder reads images, as far as its files tell."""
    if (folder / "open_clip_config.json").exists() or "vision_config" in model_folder.read(folder / "config.json"):
        return True
    modules = model_folder.read(folder / "modules.json", list)
    return any("CLIPModel" in str(one.get("type")) for one in modules if isinstance(one, dict))


def _folders(own: Path) -> Iterator[tuple[str, str, str, Path]]:
    """Reference, name, place and folder of whatever may be a model."""
    for path in sorted(own.glob("*/")):
        yield str(path), path.name, "workspace", path
    for packages in dict.fromkeys(site.getsitepackages()):
        for path in sorted(Path(packages).glob("*/model/modules.json")):
            yield str(path.parent), path.parent.parent.name, "package", path.parent
    for path in sorted(_hub_cache().glob("models--*/")):
        name = path.name.removeprefix("models--").replace("--", "/")
        if newest := max((path / "snapshots").glob("*/"), key=lambda one: one.stat().st_mtime, default=None):
            prefix = "hf-hub:" if (newest / "open_clip_config.json").exists() else ""
            yield prefix + name, name, "hub", newest


def _hub_cache() -> Path:
    """As huggingface_hub has it, which takes too long to import for a list."""
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    return Path(os.environ.get("HF_HUB_CACHE", home / "hub")).expanduser()


def _is(folder: Path, role: str) -> bool:
    if sees_images(folder) != (role == "teacher"):
        return False
    try:
        model_folder.require(folder, role)
    except (UserError, OSError):
        return False
    return True


def _licence(folder: Path) -> str | None:
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as card:
            found = _LICENCE.search(card.read(_CARD))
    except OSError:
        return None
    return found[1] if found else None


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
