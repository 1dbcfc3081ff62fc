"""A dataset that was imported: a folder of the workspace, read when asked for. Nothing here writes into it.

datasets/<fingerprint>/  manifest.json, objects/<sha256>, problems.parquet,
                         pairs.parquet, sts.parquet, decisions.parquet, faq.parquet, texts.parquet, leaks.parquet,
                         image_caption.parquet, image_image.parquet
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from kdmcse.data.nearly_same import Looks, folded, image_groups
from kdmcse.errors import UserError
from kdmcse.store.files import read_json, remove_folder
from kdmcse.store.reads import names_in
from kdmcse.store.workspace import Workspace

PAIR_COLUMNS = {
    "pair": "int64",
    "image": "str",
    "image_name": "str",
    "caption": "str",
    "group": "str",
    "split": "str",
    "held_out": "bool",
    "duplicate_caption": "bool",
    "duplicate_image": "bool",
}
"""Every pair has these; the other columns of the upload follow as text."""
SAME_WORDS = "folded"
"""Which captions of a dataset are the same words, by its manifest: those that `nearly_same.folded` makes one."""
MEASURING = ("held_out_pairs", "sts_usable", "decisions_usable")
"""Counts of what a student is measured on."""
MIN_DEV_ROWS = 20
"""Fewer dev judgements than this choose by chance."""


@dataclass(frozen=True)
class PairDataset:
    """The folder of a dataset: images with captions, and what is there to evaluate with. It never changes; a table is read when asked for."""

    folder: Path
    manifest: dict = field(compare=False, repr=False)
    """name, fingerprint, created, synthetic, counts, files, columns, splits"""

    @property
    def fingerprint(self) -> str:
        """16 hex digits of the content; the name plays no part."""
        return self.manifest["fingerprint"]

    @property
    def name(self) -> str:
        return self.manifest["name"]

    @property
    def synthetic(self) -> bool:
        """Whether this is made-up sample data."""
        return self.manifest["synthetic"]

    @property
    def has_images(self) -> bool:
        """Whether the pairs came with their images. Else each is known by its name alone, and has no `image_path`."""
        return any(file["kind"] == "images" for file in self.manifest["files"])

    @property
    def counts(self) -> dict:
        """pairs, train, dev, test, held_out_pairs, groups, pictures, unused_pictures, sts, sts_usable, sts_dev,
        decisions, decisions_usable, faq, faq_usable, image_caption, image_image, texts, problems, leaks (all numbers) and problems_by_code (a dict).

        leaks: rows left out because they are trained on; None where nobody looked for them.
        """
        before = {"sts_dev": 0, "faq": 0, "faq_usable": 0, "image_caption": 0, "image_image": 0, "leaks": None}
        return before | self.manifest["counts"]

    @property
    def judged_rows(self) -> int:
        """Similarity judgements and match decisions that are held out."""
        return self.counts["sts_usable"] + self.counts["decisions_usable"]

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """`PAIR_COLUMNS`, then the other columns of the upload as text. Empty when only texts were given."""
        return self._read("pairs")

    @property
    def words(self) -> pd.Series:
        """(pairs,) equal where captions are the same words. A dataset of an earlier version takes them as typed, as its evaluations did."""
        captions = self.pairs["caption"]
        return captions.map(folded) if self.manifest.get("same_words") == SAME_WORDS else captions

    @cached_property
    def image_groups(self) -> np.ndarray:
        """(pairs,) the same number where images nearly are one; where they did not come, or one is gone or damaged, where they are the same."""
        images, of_pair = np.unique(self.pairs["image"].to_numpy(str), return_inverse=True)
        try:
            looks = Looks.of(self.image_path(image).read_bytes() for image in images) if self.has_images else None
        except (KeyError, OSError):
            looks = None
        return of_pair if looks is None else image_groups(looks)[of_pair]

    @cached_property
    def sts(self) -> pd.DataFrame | None:
        """row (in the file), sentence1, sentence2, score (0 to 5), group and split if given, held_out and dev (bool).

        No row is both: `held_out` rows are for reporting, `dev` rows for choosing a checkpoint or settings.
        """
        table = self._table("sts")
        return table if table is None or "dev" in table else table.assign(dev=False)

    @cached_property
    def dev(self) -> pd.DataFrame | None:
        """The rows of `sts` that are for choosing, never for reporting. None when there are none."""
        if self.sts is None or not self.sts["dev"].any():
            return None
        return self.sts[self.sts["dev"]].reset_index(drop=True)

    @cached_property
    def decisions(self) -> pd.DataFrame | None:
        """row (in the file), text_a, text_b, match (bool), segment ("" where there is none), held_out (bool); amount (NaN where it is not
        known) where the upload had one, and currency (the same in all rows, see `kdmcse.currencies`) where that is known."""
        return self._table("decisions")

    @property
    def amount_currency(self) -> str | None:
        """What the amounts of the decisions are in; None where there are none or nobody knows."""
        known = self.decisions is not None and "currency" in self.decisions and len(self.decisions)
        return str(self.decisions["currency"].iloc[0]) if known else None

    @cached_property
    def faq(self) -> pd.DataFrame | None:
        """row (in the file), question, answer, id if given, held_out (bool: the question is not trained on)."""
        return self._table("faq")

    @cached_property
    def image_caption(self) -> pd.DataFrame | None:
        """row (in the file), image, image_name, caption, score (0 to 5): does the caption fit the image?"""
        return self._table("image_caption")

    @cached_property
    def image_image(self) -> pd.DataFrame | None:
        """row (in the file), image_a, image_a_name, image_b, image_b_name, score (0 to 5): do they show the same?"""
        return self._table("image_image")

    @cached_property
    def texts(self) -> pd.DataFrame | None:
        """text: sentences without images, to learn from."""
        return self._table("texts")

    @cached_property
    def leaks(self) -> pd.DataFrame | None:
        """What was left out because it is trained on, and what it equals; see `kdmcse.data.leakage`. None: not looked for."""
        return self._table("leaks")

    @cached_property
    def problems(self) -> pd.DataFrame:
        """file, row, column, code, fields (JSON text); see `kdmcse.data.problems`."""
        return self._read("problems")

    @property
    def leakage(self) -> str:
        """`not_checked`, `none`, `some`, or `everything`: nothing is left to evaluate on."""
        if not (leaks := self.counts["leaks"]):
            return "not_checked" if leaks is None else "none"
        left = ("held_out_pairs", "sts_usable", "decisions_usable", "faq_usable")
        return "some" if any(self.counts[name] for name in left) else "everything"

    @property
    def measures(self) -> bool:
        """Whether it holds out anything that a student is measured on."""
        return any(self.counts[name] for name in MEASURING)

    def require_held_out(self) -> None:
        """UserError `nothing_to_evaluate`, or `everything_leaks` where it was left out, unless something can be measured."""
        if not self.measures:
            raise nothing_held_out(self)

    @property
    def extra_columns(self) -> list[str]:
        """Columns of the pairs that this upload brought along: id, category, license, source or any other."""
        return [name for name in self.pairs.columns if name not in PAIR_COLUMNS]

    def image_path(self, sha256: str) -> Path:
        """The stored image (a JPEG or PNG without a suffix). KeyError when this dataset has no such image."""
        path = self.folder / "objects" / Path(sha256).name
        if not path.is_file():
            raise KeyError(sha256)
        return path

    def _table(self, kind: str) -> pd.DataFrame | None:
        return self._read(kind) if (self.folder / f"{kind}.parquet").exists() else None

    def _read(self, kind: str) -> pd.DataFrame:
        path = self.folder / f"{kind}.parquet"
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:  # gone, or not Parquet any more
            raise UserError("dataset_damaged", dataset=self.name, file=path) from error


def nothing_held_out(dataset: PairDataset) -> UserError:
    """Why nothing can be measured with a dataset that holds nothing out."""
    if leaks := dataset.counts["leaks"]:
        return UserError("everything_leaks", dataset=dataset.name, leaks=leaks)
    return UserError("nothing_to_evaluate", dataset=dataset.name)


def list_datasets(workspace: Workspace) -> list[PairDataset]:
    """The datasets of the workspace, oldest first."""
    found = []
    for path in names_in(workspace.datasets, "[!.]*/manifest.json"):
        if manifest := read_json(path):
            found.append(PairDataset(path.parent, manifest))
    return sorted(found, key=lambda dataset: (dataset.manifest["created"], dataset.fingerprint))


def open_dataset(workspace: Workspace, wanted: str) -> PairDataset:
    """By fingerprint, by name, or by the beginning of a fingerprint (4 digits or more).

    UserError `dataset_unknown`, or `dataset_ambiguous` when several fit.
    """
    known = list_datasets(workspace)
    for fits in (
        [dataset for dataset in known if dataset.fingerprint == wanted],
        [dataset for dataset in known if dataset.name == wanted],
        [dataset for dataset in known if len(wanted) >= 4 and dataset.fingerprint.startswith(wanted)],
    ):
        if len(fits) > 1:
            raise UserError("dataset_ambiguous", dataset=wanted, found=tuple(d.fingerprint for d in fits))
        if fits:
            return fits[0]
    raise UserError("dataset_unknown", dataset=wanted)


def delete_dataset(workspace: Workspace, wanted: str) -> None:
    """Remove the dataset's folder; its runs stay."""
    remove_folder(open_dataset(workspace, wanted).folder)
