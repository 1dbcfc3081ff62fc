"""The sample is imported like any other data, says that it is made up, and can be priced at once."""

import dataclasses

import pytest

from kdmcse import cost, data, sample
from kdmcse.config import TrainingConfig
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.models import references
from kdmcse.store.workspace import Workspace

made = pytest.mark.skipif(not (sample.FOLDER / "pairs.csv").exists(), reason="sample_data/build.py has not been run")


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_a_sample_that_is_not_there_is_told_by_its_folder(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "FOLDER", tmp_path / "nowhere")
    with pytest.raises(UserError) as refused:
        sample.import_sample(workspace)
    assert refused.value.code == "sample_missing"
    assert all(str(tmp_path / "nowhere") in refused.value.message(language) for language in LANGUAGES)
    assert data.list_datasets(workspace) == []


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> tuple[Workspace, data.PairDataset]:
    workspace = Workspace(tmp_path_factory.mktemp("sample"))
    return workspace, sample.import_sample(workspace)


@made
def test_the_sample_is_whole_made_up_and_priced(imported):
    workspace, dataset = imported
    assert dataset.synthetic and dataset.name == sample.NAME
    counts = dataset.counts
    assert all(
        counts[kind] for kind in ("train", "held_out_pairs", "sts_usable", "sts_dev", "decisions_usable", "texts")
    )
    prices = cost.read_prices(workspace, dataset.fingerprint)
    assert prices == cost.Prices.from_toml(sample.FOLDER / "prices.toml") and prices.currency == "JPY"


@made
def test_the_sample_imported_again_is_the_same_and_keeps_the_prices_that_were_entered(imported):
    workspace, dataset = imported
    entered = dataclasses.replace(cost.read_prices(workspace, dataset.fingerprint), missed_match=7.0)
    cost.write_prices(workspace, dataset.fingerprint, entered)
    assert sample.import_sample(workspace).fingerprint == dataset.fingerprint
    assert len(data.list_datasets(workspace)) == 1
    assert cost.read_prices(workspace, dataset.fingerprint) == entered
    cost.write_prices(workspace, dataset.fingerprint, cost.Prices.from_toml(sample.FOLDER / "prices.toml"))


@made
def test_the_models_and_settings_of_the_sample_can_be_used():
    references.require(sample.STUDENT, "student")
    references.require(sample.TEACHER, "teacher")
    assert isinstance(sample.training(), TrainingConfig)
