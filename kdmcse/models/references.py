"""Where a model comes from: a folder here or a name on the hub. Checks before loading, one set of errors, a digest. Loads nothing itself.

References: `/a/folder` or `local-dir:/a/folder`; `organisation/name` or `hf-hub:organisation/name` on the hub; for teachers also
`ARCHITECTURE/weights` of open_clip (`ViT-B-32/laion2b_s34b_b79k`), a file of precomputed vectors and a folder of vectors kept before.
"""

import contextlib
import functools
import hashlib
import os
import socket
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from kdmcse.errors import UserError, first_line
from kdmcse.models import model_folder
from kdmcse.store.files import sha256_of

_LOCAL = "local-dir:"
KEPT_VECTORS = "teacher.json"
"""in a folder of vectors that a teacher gave before: a teacher for what it has seen"""


def local_path(ref: str) -> Path | None:
    """The folder or file that `ref` names here, or None for a name on the hub."""
    if ref.startswith(_LOCAL):
        return Path(os.path.expanduser(ref.removeprefix(_LOCAL)))
    path = Path(os.path.expanduser(ref))
    return path if os.path.exists(path) or ref.startswith(("/", "./", "../", "~")) or "\\" in ref else None


def absolute(ref: str) -> str:
    """The same for every process, wherever it was started: what is here by its whole path. Names on the hub, and what is not here, as they are."""
    path, named = local_path(ref), ref.removeprefix(_LOCAL)
    if path is None or os.path.isabs(named) or not os.path.exists(path):
        return ref
    return ref.removesuffix(named) + os.path.abspath(path)


def vectors_file(ref: str) -> Path | None:
    """The file of precomputed vectors that `ref` names, or None for a model and for a folder of vectors."""
    path = local_path(ref)
    return path if path is not None and path.is_file() else None


def kept_vectors(ref: str) -> Path | None:
    """The folder of vectors that a teacher gave before, or None for a model and for a file."""
    path = local_path(ref)
    return path if path is not None and (path / KEPT_VECTORS).is_file() else None


def require(ref: str, role: str) -> None:
    """UserError unless `ref` (of a `teacher` or `student`) is here or the hub that has it can be reached. Seconds at most, no download."""
    path = local_path(ref)
    if path is None:
        if not _looks_like_a_name(ref):
            raise UserError(f"{role}_unknown", model=ref)
        if not is_cached(ref) and not hub_is_reachable():
            raise UserError("hub_unreachable", model=ref, host=_hub_host())
    elif os.path.isdir(path):  # unlike Path.is_dir, no error where a name is too long
        if role == "teacher" and kept_vectors(ref):
            return
        model_folder.require(path, role)
    elif not os.path.exists(path):
        raise UserError(f"{role}_unknown", model=ref)
    elif role == "student" or path.suffix.lower() not in (".parquet", ".npy"):
        raise UserError("model_is_a_file", model=path)


@contextlib.contextmanager
def loading(ref: str, role: str):
    """Turn what libraries raise while loading `ref` into a sentence that names it."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # libraries raise whatever they like, down to SafetensorError
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            raise  # the model is not to blame
        if local_path(ref) is None and not is_cached(ref) and not hub_is_reachable():
            raise UserError("hub_unreachable", model=ref, host=_hub_host()) from error
        raise UserError(f"{role}_unloadable", model=ref, reason=first_line(error)) from error


def digest(ref: str, *versions: object) -> str:
    """16 hex digits of what `ref` names: the content of its files here, the name itself on the hub; and of the versions given. Of kept vectors,
    to which further ones may come, the name of their folder: it is their teacher's digest (`teacher_cache.claim`).
    """
    path = local_path(ref)
    content = hashlib.sha256(repr(versions).encode())
    if path is None:
        content.update(ref.encode())
    elif kept := kept_vectors(ref):
        content.update(kept.name.encode())
    else:
        for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
            stat = file.stat()
            name = file.name if path.is_file() else file.relative_to(path).as_posix()
            content.update(f"{name}\0{_file_digest(file, stat.st_size, stat.st_mtime_ns)}\0".encode())
    return content.hexdigest()[:16]


@functools.lru_cache(maxsize=4096)
def _file_digest(file: Path, size: int, modified_ns: int) -> str:
    return sha256_of(file)


def is_cached(ref: str) -> bool:
    """Whether the hub model was downloaded before."""
    return any(cached(ref, name) for name in ("config.json", "open_clip_config.json"))


def cached(ref: str, name: str) -> Path | None:
    """A file of a hub model that was downloaded before; None where it was not."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        path = try_to_load_from_cache(ref.removeprefix("hf-hub:"), name)
    except HFValidationError:
        return None
    return Path(path) if isinstance(path, str) else None


def hub_is_reachable(seconds: float = 3.0) -> bool:
    """Whether a connection to the hub can be opened; True behind a proxy, where only trying tells."""
    if os.environ.get("HF_HUB_OFFLINE") in ("1", "ON", "YES", "TRUE"):
        return False
    if urllib.request.getproxies().get("https"):
        return True
    try:
        with socket.create_connection((_hub_host(), 443), timeout=seconds):
            return True
    except OSError:
        return False


def _hub_host() -> str:
    from huggingface_hub.constants import ENDPOINT

    return urlsplit(ENDPOINT).hostname or ENDPOINT


def _looks_like_a_name(ref: str) -> bool:
    parts = ref.removeprefix("hf-hub:").split("/")
    return 1 <= len(parts) <= 2 and all(part and all(c.isalnum() or c in "-_." for c in part) for part in parts)
