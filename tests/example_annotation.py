"""Captions that are all held out, and somebody who judges."""

import pandas as pd
from PIL import Image

from kdmcse import annotation, data
from kdmcse.store.workspace import Workspace


def captioned(workspace: Workspace, captions: list[str]) -> data.PairDataset:
    """A dataset whose captions are all held out, but for one."""
    files = workspace.path / "files"
    files.mkdir()
    rows = []
    for i, caption in enumerate(["to learn from", *captions]):
        Image.new("RGB", (4, 4), (i, 0, 40)).save(files / f"{i}.png")
        rows.append((f"{i}.png", caption, f"g{i}", "test" if i else "train"))
    pd.DataFrame(rows, columns=["image", "caption", "group", "split"]).to_csv(files / "pairs.csv", index=False)
    return data.import_dataset(workspace, name="Captions", pairs=files / "pairs.csv", images=files)


def judge_all(place, annotator: str, scores, seconds: float | None = 5.0) -> list[str]:
    """Judge as many items as there are scores; their ids in order."""
    done = []
    for score in scores:
        item = annotation.annotation_queue(*place, annotator).item
        annotation.judge(*place, annotator, item.id, score, seconds)
        done.append(item.id)
    return done
