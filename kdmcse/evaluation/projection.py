"""Sentence vectors before and after training as two maps in one coordinate system: a point's neighbours are its like.

    runs/<id>/projection/<baseline id>/  points.parquet, and the files of a BackgroundJob

Two maps that are fitted apart cannot be compared, so both halves go into one fit. A student's space may turn while it
learns, which no cosine notices; the vectors before are therefore first turned onto those after (centred, then the best
rotation: orthogonal Procrustes, Schönemann 1966), which leaves every distance within a half as it is. Students of
different widths meet in their common number of principal components. UMAP's first import alone takes tens of seconds, so
`kdmcse.processes.projection` draws in the background.
"""

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.store.files import read_table, write_file
from kdmcse.store.reads import exists

if TYPE_CHECKING:
    import pandas as pd

MIN_UMAP_PAIRS = 16
"""Fewer pairs than this have no neighbourhoods to preserve: their map is the two first principal components."""
MAX_POINTS = 50_000
"""A map shows no more pairs than this, taken evenly from the held-out ones: as many as a browser moves smoothly."""
NEIGHBOURS = 15


def project(before: np.ndarray, after: np.ndarray, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(n, W), (n, V) -> two (n, 2) float32 in one shared coordinate system, always finite, the same for the same seed.

    Equal rows get equal points. UserError `map_vectors_not_finite`.
    """
    before, after = np.asarray(before, np.float32), np.asarray(after, np.float32)
    if len(before) != len(after):
        raise ValueError(f"{len(before)} rows before, {len(after)} after")
    if bad := int((~np.isfinite(before).all(axis=1)).sum() + (~np.isfinite(after).all(axis=1)).sum()):
        raise UserError("map_vectors_not_finite", rows=bad)
    n = len(before)
    if before.size == 0 or after.size == 0:
        return np.zeros((n, 2), np.float32), np.zeros((n, 2), np.float32)
    stacked = np.concatenate(_align(before, after))
    # Rounded, so that rows that were equal still are after the rotation.
    rows, place = np.unique(np.round(stacked, 5), axis=0, return_inverse=True)
    points = None
    if n >= MIN_UMAP_PAIRS and len(rows) >= MIN_UMAP_PAIRS:
        points = _umap(rows, seed)
    if points is None or not np.isfinite(points).all():
        points = _principal_components(rows, 2)
    points = points[place.reshape(-1)].astype(np.float32)
    return points[:n], points[n:]


def _align(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both centred and of one width, `before` turned onto `after`."""
    from scipy.linalg import orthogonal_procrustes

    if before.shape == after.shape and np.array_equal(before, after):
        centred = after - after.mean(axis=0)
        return centred, centred
    width = min(before.shape[1], after.shape[1])
    if before.shape[1] != after.shape[1]:
        before, after = _principal_components(before, width), _principal_components(after, width)
    before, after = before - before.mean(axis=0), after - after.mean(axis=0)
    rotation, _ = orthogonal_procrustes(before.astype(np.float64), after)
    return (before @ rotation).astype(np.float32), after


def _principal_components(rows: np.ndarray, width: int) -> np.ndarray:
    """(n, W) -> (n, width), centred; zeros for components that do not exist."""
    from sklearn.decomposition import PCA

    if np.ptp(rows, axis=0).max() == 0:  # no variance to explain, of which PCA warns
        return np.zeros((len(rows), width), np.float32)
    components = PCA(min(width, *rows.shape), svd_solver="full").fit_transform(rows.astype(np.float64))
    return np.pad(components, ((0, 0), (0, width - components.shape[1]))).astype(np.float32)


def _umap(rows: np.ndarray, seed: int) -> np.ndarray | None:
    """None where UMAP gives up, which it does on some degenerate data."""
    import warnings

    from umap import UMAP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = UMAP(
            n_neighbors=min(NEIGHBOURS, len(rows) - 1), init="pca", metric="euclidean", random_state=seed, n_jobs=1
        )
        try:
            return fit.fit_transform(rows)
        except (ValueError, TypeError, ZeroDivisionError, np.linalg.LinAlgError):
            traceback.print_exc()
            return None


def project_run(run: Run, baseline: Run, *, seed: int = 0) -> "pd.DataFrame":
    """Draw the run's held-out captions before (baseline) and after, store the points and return them.

    Columns pair, before_x, before_y, after_x, after_y; at most `MAX_POINTS` rows. UserError where an evaluation lacks.
    """
    import pandas as pd

    from kdmcse.data import open_dataset
    from kdmcse.evaluation.evaluation import read_embeddings, read_evaluation

    vectors = []
    for each in (run, baseline):
        evaluation = read_evaluation(each)
        if evaluation is None:
            raise UserError("projection_needs_evaluation", run=each.id)
        vectors.append(read_embeddings(evaluation))
    after, before = vectors
    pairs = open_dataset(run.workspace, run.config.dataset).pairs
    held_out = pairs.loc[pairs["held_out"], "pair"].to_numpy()
    if run.config.dataset != baseline.config.dataset or not len(after) == len(before) == len(held_out):
        raise UserError(
            "projection_mismatch",
            run=run.id,
            baseline=baseline.id,
            pairs=len(after),
            baseline_pairs=len(before),
            held_out=len(held_out),
        )
    if len(held_out) > MAX_POINTS:
        shown = np.linspace(0, len(held_out) - 1, MAX_POINTS).round().astype(int)
        held_out, before, after = held_out[shown], before[shown], after[shown]
    points_before, points_after = project(before, after, seed=seed)
    table = pd.DataFrame(
        {
            "pair": held_out,
            "before_x": points_before[:, 0],
            "before_y": points_before[:, 1],
            "after_x": points_after[:, 0],
            "after_y": points_after[:, 1],
        }
    )
    write_file(projection_folder(run, baseline) / "points.parquet", lambda path: table.to_parquet(path, index=False))
    return table


def has_projection(run: Run, baseline: Run) -> bool:
    """Whether `project_run` stored the points."""
    return exists(projection_folder(run, baseline) / "points.parquet")


def read_projection(run: Run, baseline: Run) -> "pd.DataFrame | None":
    """The points that `project_run` stored, or None."""
    return read_table(projection_folder(run, baseline) / "points.parquet")


def projection_folder(run: Run, baseline: Run) -> Path:
    """Where the map of these two is kept, and the files of the job that draws it."""
    return run.folder / "projection" / baseline.id
