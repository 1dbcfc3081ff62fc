"""What is evaluated although it was trained on: the same text or image on both sides, or nearly the same. No model here.

Trained on are captions and images of the training pairs and the texts; evaluated are test pairs, judgements and decisions.
Images that did not come are the same when their names are, whatever the case and the slashes.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from kdmcse.data.image_archive import name_parts
from kdmcse.data.nearly_same import Looks, folded, near_images, near_texts

HOW = ("same_text", "near_text", "same_picture", "near_picture")
COLUMNS = {
    "kind": "str",
    "row": "int64",
    "column": "str",
    "value": "str",
    "learnt": "str",
    "learnt_row": "int64",
    "learnt_value": "str",
    "how": "str",
    "similarity": "float64",
}
"""kind: pairs, sts, decisions or faq; row: as `pair` or `row` numbers it; column: caption, image, sentence1, ...; value: the text,
or the name of the image; learnt: pairs or texts, with its number from 0; how: one of `HOW`; similarity: 1 is the same, else the
Jaccard similarity or the share of equal bits."""
NO_LEAKS = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})


def find_leaks(
    frames: Mapping[str, pd.DataFrame],
    columns: Mapping[str, Sequence[str]],
    objects: Path | None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """The evaluated texts and images that are trained on too, each once with what it is most like; `COLUMNS`.

    frames: `pairs` (with pair, image, image_name, caption, split), `texts` where given, and the tables that `columns` names, with
    the columns to look at; objects: the folder of the images by their SHA-256, None where they did not come; tell: how many of how many images
    were looked at.
    """
    pairs = frames["pairs"]
    trained, tested = (pairs[pairs["split"] == split] for split in ("train", "test"))
    evaluated = [("pairs", row, "caption", text) for row, text in zip(tested["pair"], tested["caption"], strict=True)]
    for kind, names in columns.items():
        for name in names if kind in frames else ():
            rows = zip(frames[kind]["row"], frames[kind][name], strict=True)
            evaluated += [(kind, row, name, text) for row, text in rows]
    trained_texts = [("pairs", row, text) for row, text in zip(trained["pair"], trained["caption"], strict=True)]
    trained_texts += (
        [("texts", row, text) for row, text in enumerate(frames["texts"]["text"])] if "texts" in frames else []
    )
    found = _text_leaks(evaluated, trained_texts) + _image_leaks(tested, trained, objects, tell)
    order = {kind: place for place, kind in enumerate(("pairs", *columns))}
    found.sort(key=lambda leak: (order[leak[0]], leak[1], leak[2]))
    return pd.DataFrame(found, columns=list(COLUMNS)).astype(COLUMNS)


def _text_leaks(evaluated: Sequence[tuple], trained: Sequence[tuple]) -> list[tuple]:
    first: dict[str, tuple] = {}
    for kind, row, text in trained:
        first.setdefault(folded(text), (kind, row, text))
    keys = {text: folded(text) for text in dict.fromkeys(text for *_, text in evaluated)}
    near = near_texts(list(first), [key for key in dict.fromkeys(keys.values()) if key not in first])
    found = []
    for kind, row, column, text in evaluated:
        key = keys[text]
        if key in first:
            found.append((kind, row, column, text, *first[key], "same_text", 1.0))
        elif key in near:
            other, similarity = near[key]
            found.append((kind, row, column, text, *first[other], "near_text", similarity))
    return found


def _same_names(trained: Iterable[str], evaluated: Iterable[str]) -> list[tuple[int, int, float]]:
    """As `near_images`, by name."""
    first: dict[tuple[str, ...], int] = {}
    for row, name in enumerate(trained):
        first.setdefault(name_parts(name), row)
    rows = ((row, first.get(name_parts(name))) for row, name in enumerate(evaluated))
    return [(row, other, 1.0) for row, other in rows if other is not None]


def _image_leaks(
    tested: pd.DataFrame, trained: pd.DataFrame, objects: Path | None, tell: Callable[[int, int], None]
) -> list[tuple]:
    of_test, of_train = (pairs.drop_duplicates("image") for pairs in (tested, trained))
    if not len(of_test) or not len(of_train):
        return []
    if objects is None:
        alike = _same_names(of_train["image_name"], of_test["image_name"])
    else:
        total, looked = len(of_train) + len(of_test), itertools.count()

        def read(digest: str) -> bytes:
            tell(next(looked), total)
            return (objects / digest).read_bytes()

        alike = near_images(*(Looks.of(map(read, pairs["image"])) for pairs in (of_train, of_test)))
    near = {of_test["image"].iloc[row]: (of_train.iloc[other], equal) for row, other, equal in alike}
    found = []
    for row, digest, name in zip(tested["pair"], tested["image"], tested["image_name"], strict=True):
        if digest in near:
            other, equal = near[digest]
            how = "same_picture" if objects is None or other["image"] == digest else "near_picture"
            found.append(("pairs", row, "image", name, "pairs", other["pair"], other["image_name"], how, equal))
    return found
