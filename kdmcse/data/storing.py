"""Tables and images that were read -> one dataset folder, whole or not at all.

All is written into a temporary folder and renamed into place as the last step. The folder's name is the digest of its content, so the
same content is one dataset, whatever it is called.
"""

import filecmp
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kdmcse.data import splits
from kdmcse.data.dataset import SAME_WORDS, PairDataset
from kdmcse.data.holding_out import EVALUATION_TEXTS, Frames, keep_out, mark_held_out
from kdmcse.data.leakage import find_leaks
from kdmcse.data.problems import NOTES, Problem, to_frame
from kdmcse.store.files import read_json, write_file, write_json
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace

IMAGE_COLUMNS = {"pairs": ["image"], "image_caption": ["image"], "image_image": ["image_a", "image_b"]}
"""Per table the columns that name images."""
Tell = Callable[[str, int, int], None]
"""Is told what an import is at (`tables`, `images`, `comparing`), and how many of how many are done."""


def write_dataset(
    temporary: Path,
    frames: Frames,
    problems: list[Problem],
    *,
    hold_out: Mapping[str, int],
    facts: Mapping[str, Any],
    unused_images: int,
    tell: Tell,
) -> dict:
    """Write every file of the dataset into `temporary`, where its images are; return the manifest, which is written last.

    frames: `pairs` and the other tables, not looked at for leaks yet. hold_out: see `keep_out`. facts: what the manifest says beside
    (name, synthetic, files, columns, splits).
    """
    images = any(file["kind"] == "images" for file in facts["files"])
    tell("comparing", 0, 1)
    before = frames
    frames = keep_out(frames, hold_out)
    problems = [*problems, *_texts_left_out(before, frames, facts)]
    leaks = find_leaks(
        frames,
        EVALUATION_TEXTS,
        temporary / "objects" if images else None,
        lambda done, total: tell("comparing", done, total),
    )
    frames = mark_held_out(frames, leaks)
    for kind, frame in {**frames, "leaks": leaks, "problems": to_frame(problems)}.items():
        write_file(temporary / f"{kind}.parquet", lambda path, frame=frame: frame.to_parquet(path, index=False))
    how = {**facts["splits"], **({"hold_out": dict(hold_out)} if hold_out else {})}
    manifest = {
        "name": facts["name"],
        "fingerprint": _fingerprint(frames, problems),
        "created": now_as_stored("milliseconds"),
        "synthetic": facts["synthetic"],
        "counts": _counts(frames, problems, unused_images) | {"leaks": len(leaks.drop_duplicates(["kind", "row"]))},
        "files": facts["files"],
        "columns": facts["columns"],
        "splits": how,
        "same_words": SAME_WORDS,
    }
    write_json(temporary / "manifest.json", manifest)
    return manifest


def _texts_left_out(before: Frames, after: Frames, facts: Mapping[str, Any]) -> list[Problem]:
    """A finding for each further text that is learnt from no longer; which row it was is not kept."""
    if "texts" not in before or not (count := len(before["texts"]) - len(after["texts"])):
        return []
    file = next(file["name"] for file in facts["files"] if file["kind"] == "texts")
    return [Problem(file, None, facts["columns"]["texts"]["text"], "text_held_out")] * count


def _fingerprint(frames: Frames, problems: list[Problem]) -> str:
    """16 hex digits of the rows, the images, the roles of the columns, the split rules and the rows left out or changed."""
    digest = hashlib.sha256(f"splits {splits.VERSION}".encode())
    for kind in sorted(frames):
        # An image's name is no content; which judgements are dev follows from what is digested.
        derived = [f"{name}_name" for name in IMAGE_COLUMNS.get(kind, [])] + ["dev"] * (kind == "sts")
        frame = frames[kind].drop(columns=derived, errors="ignore")
        digest.update(json.dumps([kind, list(frame.columns)]).encode())
        for values in frame.astype("object").itertuples(index=False, name=None):
            digest.update(json.dumps(values, ensure_ascii=False).encode() + b"\n")
    for problem in (one for one in problems if one.code not in NOTES):
        digest.update(json.dumps([problem.row, problem.code]).encode())
    return digest.hexdigest()[:16]


def _counts(frames: Frames, problems: list[Problem], unused: int) -> dict:
    pairs = frames["pairs"]
    counts = {"pairs": len(pairs), **{split: int((pairs["split"] == split).sum()) for split in splits.SPLITS}}
    counts |= {"held_out_pairs": int(pairs["held_out"].sum()), "groups": pairs["group"].nunique()}
    counts |= {"pictures": pairs["image"].nunique(), "unused_pictures": unused}
    for kind in EVALUATION_TEXTS:
        counts[kind] = len(frames.get(kind, ()))
        counts[f"{kind}_usable"] = int(frames[kind]["held_out"].sum()) if kind in frames else 0
        if kind == "sts":
            counts["sts_dev"] = int(frames[kind]["dev"].sum()) if kind in frames else 0
    counts |= {kind: len(frames.get(kind, ())) for kind in ("image_caption", "image_image", "texts")}
    codes = Counter(problem.code for problem in problems)
    return counts | {"problems": len(problems), "problems_by_code": dict(codes.most_common())}


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
