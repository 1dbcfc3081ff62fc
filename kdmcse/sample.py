"""The PoC that comes with the project: its files, import, prices, success criteria, models and settings. Made by sample_data/build.py."""

from pathlib import Path

from kdmcse import cost, data
from kdmcse.config import RECOMMENDED, TrainingConfig
from kdmcse.criteria import criteria, locking
from kdmcse.errors import UserError
from kdmcse.store.workspace import Workspace

FOLDER = Path(__file__).resolve().parents[1] / "sample_data"
NAME = "Sample catalogue"
STUDENT = str(FOLDER / "student")
TEACHER = f"local-dir:{FOLDER / 'teacher'}"


def import_sample(workspace: Workspace) -> data.PairDataset:
    """The sample as a dataset; with its example prices and success criteria, where none were entered and nothing was agreed yet.

    UserError when its files are not there.
    """
    if not (FOLDER / "pairs.csv").exists():
        raise UserError("sample_missing", folder=FOLDER)
    files = {
        "images": "images.zip",
        "pairs": "pairs.csv",
        "sts": "sts.csv",
        "decisions": "decisions.csv",
        "texts": "texts.txt",
    }
    dataset = data.import_dataset(
        workspace, name=NAME, **{kind: FOLDER / name for kind, name in files.items()}, synthetic=True
    )
    if cost.read_prices(workspace, dataset.fingerprint) is None:
        cost.write_prices(workspace, dataset.fingerprint, cost.Prices.from_toml(FOLDER / "prices.toml"))
    if not locking.history(workspace, dataset.fingerprint):
        locking.lock(workspace, _criteria(workspace, dataset))
    return dataset


def _criteria(workspace: Workspace, dataset: data.PairDataset) -> criteria.Criteria:
    """What a visitor would agree on without a wish of their own: a better score, and mistakes that do not cost more."""
    prices = cost.read_prices(workspace, dataset.fingerprint)
    terms = criteria.default_criteria(dataset, 0, prices.currency) | {
        "least_saving": 0.0,
        "people": criteria.SAMPLE_PEOPLE,
    }
    return criteria.Criteria(**terms)


def training() -> TrainingConfig:
    """The settings its data card names; the rest as of every new PoC."""
    return TrainingConfig.from_toml(FOLDER / "training.toml", RECOMMENDED)
