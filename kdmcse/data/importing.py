"""Uploaded files -> one dataset folder, whole or not at all.

All is written into a temporary folder and renamed into place as the last step. The folder's name is the digest of its content, so the
same content is one dataset, whatever it is called.
"""

import filecmp
import hashlib
import json
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from kdmcse.data import splits
from kdmcse.data.columns import COLUMNS, map_columns, unused_amounts
from kdmcse.data.contradictions import find_contradictions
from kdmcse.data.dataset import PAIR_COLUMNS, SAME_WORDS, PairDataset
from kdmcse.data.image_archive import Member, open_album
from kdmcse.data.images import ImageRefused, normalise_image
from kdmcse.data.leakage import find_leaks
from kdmcse.data.problems import KEPT, NOTES, Problem, to_frame
from kdmcse.data.row_checks import usable_rows
from kdmcse.data.tables import Table, clean, load_table
from kdmcse.errors import Reason, Reasons, UserError
from kdmcse.store.files import (
    make_folder,
    raise_if_disk_full,
    read_json,
    require_space,
    sha256_of,
    sweep_old,
    sweep_removed,
    write_file,
    write_json,
)
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace

_EVALUATION_TEXTS = {"sts": ["sentence1", "sentence2"], "decisions": ["text_a", "text_b"], "faq": ["question"]}
"""Per table what must not be trained on; an answer may be, as all models look for it among the same answers."""
_IMAGE_COLUMNS = {"pairs": ["image"], "image_caption": ["image"], "image_image": ["image_a", "image_b"]}
"""Per table the columns that name images."""


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
    synthetic: bool = False,
) -> PairDataset:
    """Read the files, leave out the rows that cannot be used, split, store. The same content again: what is there.

    `images` is a zip or a folder; without it the images are known by their names. `columns` says per table
    which header is meant: `{"pairs": {"caption": "商品名"}}`; what it leaves open is guessed.

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
    sweep_old(workspace.datasets, ".importing-*")
    sweep_removed(workspace.datasets)
    temporary = workspace.datasets / f".importing-{secrets.token_hex(8)}"
    make_folder(temporary / "objects")
    try:
        manifest = _Import(temporary, files, images, columns or {}).run(name, synthetic)
        return put_in_place(workspace, temporary, manifest)
    except OSError as error:
        raise_if_disk_full(error, workspace.datasets)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@dataclass
class _Import:
    """One import at work in its own `temporary` folder."""

    temporary: Path
    files: dict[str, Path]
    images: Path | None
    column_mapping: dict[str, dict[str, str | None]]

    def run(self, name: str, synthetic: bool) -> dict:
        """Write every file of the dataset into `temporary`; return the manifest, which is written last."""
        self.problems: list[Problem] = []
        for kind in self.column_mapping:
            if kind not in COLUMNS:
                raise UserError("table_kind_unknown", kind=kind, known=tuple(COLUMNS))
        tables = {kind: load_table(path) for kind, path in self.files.items()}
        self.columns = {
            kind: map_columns(kind, list(table.frame.columns), self.column_mapping.get(kind, {}), table.name)
            for kind, table in tables.items()
        }
        rows = {kind: self._rows(kind, table) for kind, table in tables.items()}
        unused, described = 0, []
        if named := [kind for kind in _IMAGE_COLUMNS if kind in rows]:
            names = pd.unique(np.concatenate([rows[kind][_IMAGE_COLUMNS[kind]].to_numpy().ravel() for kind in named]))
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
        leaks = find_leaks(frames, _EVALUATION_TEXTS, self.temporary / "objects" if self.images else None)
        frames = _mark_held_out(frames, leaks)
        for kind, table in tables.items():
            facts = {"kind": kind, "name": table.name, "sha256": table.sha256, "encoding": table.encoding}
            described.append(facts | {"rows": len(table.frame)})
        for kind, frame in {**frames, "leaks": leaks, "problems": to_frame(self.problems)}.items():
            write_file(
                self.temporary / f"{kind}.parquet", lambda path, frame=frame: frame.to_parquet(path, index=False)
            )
        manifest = {
            "name": name,
            "fingerprint": self._fingerprint(frames),
            "created": now_as_stored("milliseconds"),
            "synthetic": synthetic,
            "counts": self._counts(frames, unused) | {"leaks": len(leaks.drop_duplicates(["kind", "row"]))},
            "files": described,
            "columns": self.columns,
            "splits": how,
            "same_words": SAME_WORDS,
        }
        write_json(self.temporary / "manifest.json", manifest)
        return manifest

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
            stored = {key: self._store(member) for key, member in wanted.items()}
            unused = sum(member.looks_like_image and id(member) not in wanted for member in album.members)
        results = {name: stored[id(one)] if isinstance(one, Member) else one for name, one in found.items()}
        return results, unused

    def _with_images(
        self, kind: str, rows: pd.DataFrame, stored: dict[str, str | ImageRefused], file: str
    ) -> pd.DataFrame:
        """The rows that have their images: `image` now its digest and `image_name` what it was called, and so on."""
        names = _IMAGE_COLUMNS[kind]
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
            parts = splits.make_splits(groups, pairs["caption"].tolist(), _evaluated_texts(rows, with_dev=False))
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
        held_out = splits.texts_held_out(texts["text"].tolist(), pairs, _evaluated_texts(rows, with_dev=True))
        header = self.columns["texts"]["text"]
        self.problems += [Problem(file, int(row), header, "text_held_out") for row in texts["row"][held_out]]
        return texts[~held_out].reset_index(drop=True)

    def _fingerprint(self, frames: dict[str, pd.DataFrame]) -> str:
        """16 hex digits of the rows, the images, the roles of the columns, the split rules and the rows left out or changed."""
        digest = hashlib.sha256(f"splits {splits.VERSION}".encode())
        for kind in sorted(frames):
            # An image's name is no content; which judgements are dev follows from what is digested.
            derived = [f"{name}_name" for name in _IMAGE_COLUMNS.get(kind, [])] + ["dev"] * (kind == "sts")
            frame = frames[kind].drop(columns=derived, errors="ignore")
            digest.update(json.dumps([kind, list(frame.columns)]).encode())
            for values in frame.astype("object").itertuples(index=False, name=None):
                digest.update(json.dumps(values, ensure_ascii=False).encode() + b"\n")
        for problem in (one for one in self.problems if one.code not in NOTES):
            digest.update(json.dumps([problem.row, problem.code]).encode())
        return digest.hexdigest()[:16]

    def _counts(self, frames: dict[str, pd.DataFrame], unused: int) -> dict:
        pairs = frames["pairs"]
        counts = {"pairs": len(pairs), **{split: int((pairs["split"] == split).sum()) for split in splits.SPLITS}}
        counts |= {"held_out_pairs": int(pairs["held_out"].sum()), "groups": pairs["group"].nunique()}
        counts |= {"pictures": pairs["image"].nunique(), "unused_pictures": unused}
        for kind in _EVALUATION_TEXTS:
            counts[kind] = len(frames.get(kind, ()))
            counts[f"{kind}_usable"] = int(frames[kind]["held_out"].sum()) if kind in frames else 0
            if kind == "sts":
                counts["sts_dev"] = int(frames[kind]["dev"].sum()) if kind in frames else 0
        counts |= {kind: len(frames.get(kind, ())) for kind in ("image_caption", "image_image", "texts")}
        codes = Counter(problem.code for problem in self.problems)
        return counts | {"problems": len(self.problems), "problems_by_code": dict(codes.most_common())}


def _digest_of_name(name: str) -> str:
    """In the place of an image's digest where it did not come: it is known by its name."""
    return hashlib.sha256(f"image by name\0{name}".encode()).hexdigest()


def _mark_held_out(frames: dict[str, pd.DataFrame], leaks: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Add `held_out`: nothing of the row is trained on (`leaks`) or a dev caption; and to judgements `dev`.

    Dev judgements are those that say so. Where none says, they are those that no test can use because a sentence is a
    dev caption. What is trained on is neither.
    """
    pairs = frames["pairs"]
    if "texts" in frames:
        frames["texts"] = frames["texts"][["text"]]
    dev = set(pairs.loc[pairs["split"] == "dev", "caption"].map(splits.text_key))
    leaked = {kind: set(rows) for kind, rows in leaks.groupby("kind")["row"]}
    unseen = [splits.text_key(caption) not in dev for caption in pairs["caption"]]
    unseen = pd.array(unseen, dtype="bool") & ~pairs["pair"].isin(leaked.get("pairs", ())).to_numpy()
    frames["pairs"] = pairs.assign(held_out=(pairs["split"] == "test").to_numpy() & unseen)
    for kind, names in _EVALUATION_TEXTS.items():
        if kind in frames:
            untrained = ~frames[kind]["row"].isin(leaked.get(kind, ())).to_numpy(bool)
            keys = [{splits.text_key(text) for text in texts} for texts in frames[kind][names].values]
            spare = np.array([bool(row & dev) for row in keys], dtype=bool)
            said_dev = _said_dev(frames[kind])
            frames[kind] = frames[kind].assign(held_out=untrained & ~spare & ~said_dev)
            if kind == "sts":
                frames[kind]["dev"] = untrained & (said_dev if "split" in frames[kind] else spare)
    return frames


def _evaluated_texts(rows: dict[str, pd.DataFrame], *, with_dev: bool) -> list[Sequence[str]]:
    """The texts of each row that measures, and of those that say that they are to choose by."""
    return [
        texts
        for kind, names in _EVALUATION_TEXTS.items()
        if kind in rows
        for texts in (rows[kind] if with_dev else rows[kind][~_said_dev(rows[kind])])[names].values
    ]


def _said_dev(rows: pd.DataFrame) -> np.ndarray:
    """(n,) bool: the rows that the upload set apart for choosing."""
    return (rows["split"] == "dev").to_numpy(bool) if "split" in rows else np.zeros(len(rows), dtype=bool)


def _digest(images: Path) -> str | None:
    """SHA-256 of a zip; a folder has none."""
    return None if Path(images).is_dir() else sha256_of(Path(images))


def put_in_place(workspace: Workspace, temporary: Path, manifest: dict) -> PairDataset:
    """Rename a finished folder to where its content belongs; the dataset that is there then, mended if it was damaged."""
    folder = workspace.datasets / manifest["fingerprint"]
    known = read_json(folder / "manifest.json")
    if known and not _holds_all_of(folder, temporary, known, manifest):
        _mend(folder, temporary, known | {"counts": known["counts"] | manifest["counts"]})
    if not (folder / "manifest.json").exists():
        try:
            os.rename(temporary, folder)
        except OSError:
            # Another import of the same content came first.
            if not (folder / "manifest.json").exists():
                raise
    return PairDataset(folder, read_json(folder / "manifest.json"))


def _mend(folder: Path, temporary: Path, manifest: dict) -> None:
    """Put the same content in the place of what was damaged or not looked at since then, under the name that it has.

    File by file, the manifest last: a kill between two leaves a dataset no worse than before, which the next import mends.
    """
    (folder / "objects").mkdir(exist_ok=True)
    for made in (*temporary.glob("objects/*"), *temporary.glob("*.parquet")):
        os.replace(made, folder / made.relative_to(temporary))
    write_json(folder / "manifest.json", manifest)


def _holds_all_of(folder: Path, temporary: Path, known: dict, manifest: dict) -> bool:
    """Whether every table (byte for byte), image, count and note of `temporary` is in `folder`; other problems may differ."""
    tables = [path.name for path in temporary.glob("*.parquet") if path.stem != "problems"]
    _, differ, missing = filecmp.cmpfiles(temporary, folder, tables, shallow=False)
    images = {path.name for path in (temporary / "objects").iterdir()}
    if differ or missing or not manifest["counts"].keys() <= known["counts"].keys():
        return False
    if _notes(known) != _notes(manifest):
        return False
    return images <= {path.name for path in (folder / "objects").glob("*")}


def _notes(manifest: dict) -> dict[str, int]:
    """How many notes of each code; an older version did not look for all."""
    return {code: count for code, count in manifest["counts"].get("problems_by_code", {}).items() if code in NOTES}
