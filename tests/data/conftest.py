"""A workspace of its own for every test."""

import pytest

from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")
