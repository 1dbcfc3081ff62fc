"""Uploads of a small pilot, and their import."""

import io
import zipfile
from pathlib import Path

import pandas as pd
from PIL import Image

from kdmcse.data import import_dataset


def jpeg(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (number * 6, 240 - number * 6, 90)).save(file, "JPEG")
    return file.getvalue()


def album(folder: Path, number: int) -> Path:
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for i in range(number):
            archive.writestr(f"images/{i}.jpg", jpeg(i))
    return folder / "images.zip"


def table(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    frame.to_csv(folder / name, index=False)
    return folder / name


def pilot(groups: int = 10, each: int = 2, **more) -> pd.DataFrame:
    number = groups * each
    columns = {
        "image": [f"{i}.jpg" for i in range(number)],
        "caption": [f"caption {i}" for i in range(number)],
        "product": [f"product {i // each}" for i in range(number)],
    }
    return pd.DataFrame({**columns, **more})


def import_pilot(workspace, folder: Path, frame: pd.DataFrame, **files):
    return import_dataset(
        workspace, name="pilot", images=album(folder, len(frame)), pairs=table(folder, "pairs.csv", frame), **files
    )


def problems_of(dataset) -> list[tuple]:
    return list(dataset.problems[["row", "column", "code"]].itertuples(index=False, name=None))
