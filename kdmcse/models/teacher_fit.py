"""How well each caption fits its image in the eyes of a run's teacher: the cosine of the two vectors, where the teacher's are kept.

    <folder>/teacher.parquet  pair, cosine (NaN where one of the two vectors is not kept)

Loads no teacher: what was never embedded stays unknown.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kdmcse.data import open_dataset
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.models.calibration import unit
from kdmcse.models.teacher_cache import Shards, cache_folder, content_keys
from kdmcse.store.files import write_file

_ROWS = 8_192


def keep_teacher_fit(run: Run, folder: Path, pairs: Sequence[int]) -> None:
    """Keep the cosines of these pairs in `folder`; nothing where the run has no teacher or none of its vectors is kept."""
    if run.config.teacher is None:
        return
    known = open_dataset(run.workspace, run.config.dataset).pairs.set_index("pair").loc[pairs]
    try:
        shards = Shards(cache_folder(run.workspace, run.config.teacher))
    except UserError:
        return  # the teacher is gone or its vectors cannot be read: the map does without
    image, caption = (
        shards.find(content_keys(kind, known[name])) for kind, name in (("image", "image"), ("text", "caption"))
    )
    both = np.flatnonzero((image >= 0) & (caption >= 0))
    if not len(both):
        return
    cosine = np.full(len(known), np.nan, np.float32)
    for part in np.split(both, range(_ROWS, len(both), _ROWS)):
        cosine[part] = np.sum(unit(shards[image[part]]) * unit(shards[caption[part]]), axis=1)
    table = pd.DataFrame({"pair": known.index, "cosine": cosine})
    write_file(folder / "teacher.parquet", lambda path: table.to_parquet(path, index=False))
