"""A workspace with captions to be judged, and with pairs that are proposed."""

import pytest
from example_poc import import_example

from kdmcse import annotation, data
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A workspace with a dataset of 24 held-out captions, to be copied."""
    workspace = Workspace(tmp_path_factory.mktemp("labelling") / "workspace")
    return workspace, import_example(workspace, workspace.path / "files")


@pytest.fixture
def shop(source, tmp_path):
    """A workspace of its own, with the dataset and nothing judged."""
    workspace = Workspace(tmp_path / "workspace")
    workspace.datasets.rmdir()
    workspace.datasets.symlink_to(source[0].datasets)
    return workspace, data.open_dataset(workspace, source[1].fingerprint)


@pytest.fixture
def proposed(shop):
    annotation.propose(*shop, 60)
    return shop
