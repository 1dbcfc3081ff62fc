"""Uploaded files -> one dataset folder, whole or not at all.

All is written into a temporary folder and renamed into place as the last step. The folder's name is the digest of its content, so the
same content is one dataset, whatever it is called.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from kdmcse.data import splits
from kdmcse.data.columns import COLUMNS, HEAD_ROWS, map_columns, rivals, unused_amounts
from kdmcse.data.contradictions import find_contradictions
from kdmcse.data.dataset import PAIR_COLUMNS, PairDataset
from kdmcse.data.holding_out import evaluated_texts
from kdmcse.data.image_archive import Member, open_album
from kdmcse.data.images import ImageRefused, normalise_image
from kdmcse.data.problems import KEPT, Problem
from kdmcse.data.row_checks import usable_rows
from kdmcse.data.storing import IMAGE_COLUMNS, Tell, put_in_place, write_dataset
from kdmcse.data.tables import Table, clean, load_table
from kdmcse.errors import Reason, Reasons, UserError
from kdmcse.store.files import make_folder, raise_if_disk_full, require_space, sha256_of, sweep_old, sweep_removed
from kdmcse.store.workspace import Workspace


def import_dataset(
    workspace: Workspace,
    *,
    name: str,
    images: Path | None = None,
    pairs: Path | None = None,
    sts: Path | None = None,
    decisions: Path | None = None,
    faq: Path | None = None,
    image_caption: Path | None = None,
    image_image: Path | None = None,
    texts: Path | None = None,
    columns: dict[str, dict[str, str | None]] | None = None,
    hold_out: Mapping[str, int] | None = None,
    synthetic: bool = False,
    tell: Tell = lambda what, done, total: None,
) -> PairDataset:
    """Read the files, leave out the rows that cannot be used, split, store. The same content again: what is there.

    `images` is a zip or a folder; without it the images are known by their names. `columns` says per table
    which header is meant: `{"pairs": {"caption": "商品名"}}`; what it leaves open is guessed. `hold_out` says of how many judgements,
    decisions or questions at least the texts are kept out of training, `{"decisions": 100}`, for which pairs are given up (`keep_out`).

    UserError when a file cannot be used at all or nothing usable is left.
    """
    files = {"pairs": pairs, "sts": sts, "decisions": decisions, "faq": faq, "texts": texts}
    files |= {"image_caption": image_caption, "image_image": image_image}
    files = {kind: Path(path) for kind, path in files.items() if path is not None}
    name = clean(name)[:200]
    if not name:
        raise UserError("dataset_name_missing")
    if not files:
        raise UserError("nothing_to_import")
    with _temporary(workspace) as temporary:
        one = _Import(temporary, files, images, columns or {}, tell)
        return put_in_place(workspace, temporary, one.run(name, synthetic, hold_out or {}))


def import_again(
    workspace: Workspace,
    dataset: PairDataset,
    *,
    name: str,
    hold_out: Mapping[str, int],
    tell: Tell = lambda what, done, total: None,
) -> PairDataset:
    """What the files of a dataset would have come to with `hold_out`, from the dataset itself: another one beside it, the same where nothing changes.

    UserError as `keep_out`, and where the dataset is damaged.
    """
    kinds = ("pairs", "sts", "decisions", "faq", "texts", "image_caption", "image_image")
    frames = {kind: frame for kind in kinds if (frame := getattr(dataset, kind)) is not None}
    found = dataset.problems.astype("object").where(dataset.problems.notna(), None)
    problems = [
        Problem(one.file, one.row, one.column, one.code, json.loads(one.fields))
        for one in found.itertuples(index=False)
    ]
    facts = {"name": clean(name)[:200] or dataset.name, "synthetic": dataset.synthetic}
    facts |= {key: dataset.manifest[key] for key in ("files", "columns", "splits")}
    with _temporary(workspace) as temporary:
        of_rows = [frames[kind][names].to_numpy().ravel() for kind, names in IMAGE_COLUMNS.items() if kind in frames]
        images = pd.unique(np.concatenate(of_rows)) if dataset.has_images else []
        for number, image in enumerate(images):
            tell("images", number, len(images))
            try:
                _link(dataset.image_path(image), temporary / "objects" / image)
            except KeyError as error:
                file = dataset.folder / "objects" / image
                raise UserError("dataset_damaged", dataset=dataset.name, file=file) from error
        manifest = write_dataset(
            temporary,
            frames,
            problems,
            hold_out=hold_out,
            facts=facts,
            unused_images=dataset.counts["unused_pictures"],
            tell=tell,
        )
        return put_in_place(workspace, temporary, manifest)


@contextmanager
def _temporary(workspace: Workspace) -> Iterator[Path]:
    """A folder for a dataset in the making, gone with the block unless it was put in its place."""
    sweep_old(workspace.datasets, ".importing-*")
    sweep_removed(workspace.datasets)
    temporary = workspace.datasets / f".importing-{secrets.token_hex(8)}"
    try:
        make_folder(temporary / "objects")
        yield temporary
    except OSError as error:
        raise_if_disk_full(error, workspace.datasets)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _link(image: Path, path: Path) -> None:
    """The same image in another dataset: it never changes, so that one file does for both where the disk can do that."""
    try:
        os.link(image, path)
    except OSError:
        shutil.copyfile(image, path)


@dataclass
class _Import:
    """One import at work in its own `temporary` folder."""

    temporary: Path
    files: dict[str, Path]
    images: Path | None
    column_mapping: dict[str, dict[str, str | None]]
    tell: Tell

    def run(self, name: str, synthetic: bool, hold_out: Mapping[str, int]) -> dict:
        """Write every file of the dataset into `temporary`; return the manifest, which is written last."""
        self.problems: list[Problem] = []
        for kind in self.column_mapping:
            if kind not in COLUMNS:
                raise UserError("table_kind_unknown", kind=kind, known=tuple(COLUMNS))
        tables = {}
        for number, (kind, path) in enumerate(self.files.items()):
            self.tell("tables", number, len(self.files))
            tables[kind] = load_table(path)
        self.columns = {kind: self._columns(kind, table) for kind, table in tables.items()}
        rows = {kind: self._rows(kind, table) for kind, table in tables.items()}
        unused, described = 0, []
        if named := [kind for kind in IMAGE_COLUMNS if kind in rows]:
            names = pd.unique(np.concatenate([rows[kind][IMAGE_COLUMNS[kind]].to_numpy().ravel() for kind in named]))
            if self.images is None:
                known = {name: _digest_of_name(name) for name in names}
            else:
                known, unused = self._store_images(names)
                described.append({"kind": "images", "name": Path(self.images).name, "sha256": _digest(self.images)})
            for kind in named:
                rows[kind] = self._with_images(kind, rows[kind], known, tables[kind].name)
                if rows[kind].empty:
                    raise self._nothing_left(kind, tables[kind])
        for kind, frame in rows.items():
            self.problems += find_contradictions(kind, frame, self.columns[kind], tables[kind].name)
        pairs, how = self._split(rows, tables)
        if "texts" in rows:
            rows["texts"] = self._learnt_texts(rows, pairs, tables["texts"].name)
        frames = {"pairs": pairs, **{kind: frame for kind, frame in rows.items() if kind != "pairs"}}
        for kind, table in tables.items():
            facts = {"kind": kind, "name": table.name, "sha256": table.sha256, "encoding": table.encoding}
            described.append(facts | {"rows": len(table.frame)})
        facts = {"name": name, "synthetic": synthetic, "files": described, "columns": self.columns, "splits": how}
        return write_dataset(
            self.temporary, frames, self.problems, hold_out=hold_out, facts=facts, unused_images=unused, tell=self.tell
        )

    def _columns(self, kind: str, table: Table) -> dict[str, str | None]:
        """Which header is meant by which column; a finding for each that was guessed although another one could be meant."""
        asked, headers = self.column_mapping.get(kind, {}), list(table.frame.columns)
        cells = table.frame.head(HEAD_ROWS).to_dict("list")
        mapped = map_columns(kind, headers, asked, table.name, cells)
        for rival in rivals(kind, mapped, headers, cells):
            if rival.field not in asked:
                fields = {"taken": rival.taken, "role": rival.field}
                self.problems.append(Problem(table.name, None, rival.header, "column_unused", fields))
        return mapped

    def _rows(self, kind: str, table: Table) -> pd.DataFrame:
        self.problems += table.problems
        frame, problems = usable_rows(kind, table, self.columns[kind])
        self.problems += problems
        for header in unused_amounts(self.columns[kind], list(table.frame.columns)):
            taken = {"taken": self.columns[kind]["amount"]}
            self.problems.append(Problem(table.name, None, header, "amount_column_unused", taken))
        if frame.empty:
            raise self._nothing_left(kind, table)
        if kind == "decisions" and "segment" not in frame:
            frame["segment"] = pd.Series("", index=frame.index, dtype="str")
        return frame

    def _nothing_left(self, kind: str, table: Table) -> UserError:
        """No row of the table can be used: with the three most frequent reasons."""
        found = [problem for problem in self.problems if problem.file == table.name and problem.code not in KEPT]
        first = {problem.code: problem.fields for problem in reversed(found)}
        frequent = Counter(problem.code for problem in found).most_common(3)
        reasons = Reasons(tuple(Reason(f"data.problems.{code}", first[code], count) for code, count in frequent))
        code = "no_pairs_left" if kind == "pairs" else "no_rows_left"
        return UserError(code, file=table.name, rows=len(table.frame) + len(table.problems), reasons=reasons)

    def _store_images(self, names: Iterable[str]) -> tuple[dict[str, str | ImageRefused], int]:
        """By name: the digest of its image, or why there is none; and how many images nothing names."""
        with open_album(self.images) as album:
            found = album.find_all(names)
            wanted = {id(member): member for member in found.values() if isinstance(member, Member)}
            require_space(self.temporary, sum(min(m.bytes, 2**20) for m in wanted.values()) + 2**24)
            stored = {}
            for number, (key, member) in enumerate(wanted.items()):
                self.tell("images", number, len(wanted))
                stored[key] = self._store(member)
            unused = sum(member.looks_like_image and id(member) not in wanted for member in album.members)
        results = {name: stored[id(one)] if isinstance(one, Member) else one for name, one in found.items()}
        return results, unused

    def _with_images(
        self, kind: str, rows: pd.DataFrame, stored: dict[str, str | ImageRefused], file: str
    ) -> pd.DataFrame:
        """The rows that have their images: `image` now its digest and `image_name` what it was called, and so on."""
        names = IMAGE_COLUMNS[kind]
        good = np.ones(len(rows), bool)
        for place, (row, *named) in enumerate(rows[["row", *names]].itertuples(index=False, name=None)):
            for column, name in zip(names, named, strict=True):
                if isinstance(refused := stored[name], ImageRefused):
                    header = self.columns[kind][column]
                    self.problems.append(Problem(file, int(row), header, refused.code, refused.fields))
                    good[place] = False
                    break
        kept = rows[good].rename(columns={name: f"{name}_name" for name in names}).reset_index(drop=True)
        for name in names:
            kept[name] = kept[f"{name}_name"].map(stored).astype("str")
        return kept

    def _store(self, member: Member) -> str | ImageRefused:
        try:
            data = normalise_image(member.read())
        except ImageRefused as refused:
            return refused
        digest = hashlib.sha256(data).hexdigest()
        path = self.temporary / "objects" / digest
        if not path.exists():
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        return digest

    def _split(self, rows: dict[str, pd.DataFrame], tables: dict[str, Table]) -> tuple[pd.DataFrame, dict]:
        """The pairs with their group and split, in the order of `PAIR_COLUMNS`; and how they were split."""
        how = {"version": splits.VERSION, "test_share": splits.TEST_SHARE, "dev_share": splits.DEV_SHARE}
        if "pairs" not in rows:
            return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in PAIR_COLUMNS.items()}), {
                "method": "no_pairs",
                **how,
            }
        pairs = rows["pairs"]
        given = pairs["group"].tolist() if "group" in pairs else [""] * len(pairs)
        groups = splits.group_pairs(given, pairs["image"].tolist())
        if "split" in pairs:
            how["method"] = "given"
            parts, straddling = splits.respect_splits(groups, pairs["split"].tolist())
            header = self.columns["pairs"]["split"]
            for row, group, old, new in zip(pairs["row"], groups, pairs["split"], parts, strict=True):
                if group in straddling and old != new:
                    fields = {"group": group[:80], "given": old, "split": new}
                    self.problems.append(
                        Problem(tables["pairs"].name, int(row), header, "group_straddles_splits", fields)
                    )
        else:
            parts = splits.make_splits(groups, pairs["caption"].tolist(), evaluated_texts(rows, with_dev=False))
            how["method"] = "by_group" if len(set(groups)) > 1 else "single_group"
        pairs = pairs.assign(pair=range(len(pairs)), group=groups, split=parts)
        for column, flag in (("caption", "duplicate_caption"), ("image", "duplicate_image")):
            pairs[flag] = pairs[column].map(splits.text_key).duplicated(keep=False)
        extra = [column for column in pairs.columns if column not in PAIR_COLUMNS and column != "row"]
        pairs = pairs.assign(held_out=False)[[*PAIR_COLUMNS, *extra]].astype(PAIR_COLUMNS)
        return pairs, how

    def _learnt_texts(self, rows: dict[str, pd.DataFrame], pairs: pd.DataFrame, file: str) -> pd.DataFrame:
        """The texts without those that are held out, each of which is a problem of its row."""
        texts = rows["texts"]
        held_out = splits.texts_held_out(texts["text"].tolist(), pairs, evaluated_texts(rows, with_dev=True))
        header = self.columns["texts"]["text"]
        self.problems += [Problem(file, int(row), header, "text_held_out") for row in texts["row"][held_out]]
        return texts[~held_out].reset_index(drop=True)


def _digest_of_name(name: str) -> str:
    """In the place of an image's digest where it did not come: it is known by its name."""
    return hashlib.sha256(f"image by name\0{name}".encode()).hexdigest()


def _digest(images: Path) -> str | None:
    """SHA-256 of a zip; a folder has none."""
    return None if Path(images).is_dir() else sha256_of(Path(images))
