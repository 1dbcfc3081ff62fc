"""A workspace of its own for every test, with the example's dataset."""

import pytest
from example_poc import import_example

from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace, tmp_path):
    return import_example(workspace, tmp_path / "sources")
