"""Tests of what is shown compute each interval once."""

import pytest


@pytest.fixture(autouse=True)
def _kept(kept_evidence):
    pass
