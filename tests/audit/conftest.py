"""A workspace for every test, and the vectors of a real teacher where they are on this computer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdmcse.models.calibration import unit
from kdmcse.store.workspace import Workspace

SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture(scope="session")
def coco() -> tuple[np.ndarray, np.ndarray]:
    """(500, 512) images and captions of CLIP ViT-B/16."""
    if not SHARED.is_dir():
        pytest.skip("the shared pilot data is not on this computer")
    vectors = pd.read_parquet(SHARED / "coco/teacher.parquet").set_index("content")["vector"]
    pairs = pd.read_csv(SHARED / "coco/pairs.csv", dtype=str, keep_default_na=False)
    return unit(np.stack(vectors[pairs["image"]])), unit(np.stack(vectors[pairs["caption"]]))


@pytest.fixture
def pairs() -> tuple[np.ndarray, np.ndarray]:
    """(60, 8) images and captions that belong together, loosely."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((60, 8)) + 0.5
    return unit(images), unit(images + 0.6 * rng.standard_normal((60, 8)))
