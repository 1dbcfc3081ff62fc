"""Whether a kernel lock is held: free the moment its process dies, unlike a process id in a file."""

from pathlib import Path

from filelock import FileLock, Timeout

from kdmcse.store.reads import look

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


def is_held(path: Path) -> bool:
    """Whether some process holds the `FileLock` at `path`. Processes that look at the same time do not disturb each other."""
    return look(_is_held, path)


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    if fcntl is None:
        try:
            with FileLock(path).acquire(timeout=0):
                return False
        except Timeout:
            return True
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:  # deleted between the looks
        return False
    except BlockingIOError:
        return True
    return False
