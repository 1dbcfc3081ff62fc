"""Where tensors live: a GPU where there is one, and one lock a device, so that trainings take turns."""

import os
from pathlib import Path


def best_device() -> str:
    """`cuda` where there is one, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def device_lock() -> Path:
    """One lock a device and user, not a workspace: two workspaces share a GPU too."""
    folder = Path(os.environ.get("KDMCSE_LOCKS") or Path.home() / ".cache" / "kdmcse" / "locks")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{best_device()}.lock"
