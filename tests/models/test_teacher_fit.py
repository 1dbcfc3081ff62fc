"""How well captions fit their images for a teacher is read from what was kept of it, and no teacher is loaded."""

import numpy as np
import pandas as pd
import pytest
from example_poc import config, import_example

from kdmcse.engine.runs import create
from kdmcse.models import teacher_cache
from kdmcse.models.teacher_fit import keep_teacher_fit
from kdmcse.store.workspace import Workspace


@pytest.fixture
def asked(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources")
    return create(workspace, config(dataset, "kdmcse")), dataset


def keep_vectors(run, dataset, images: dict[str, list[float]], captions: dict[str, list[float]]) -> None:
    folder = teacher_cache.cache_folder(run.workspace, run.config.teacher)
    with teacher_cache.ShardWriter(teacher_cache.Shards(folder)) as writer:
        for kind, known in (("image", images), ("text", captions)):
            writer.append(teacher_cache.content_keys(kind, known), np.array(list(known.values()), np.float16))


def test_a_pair_has_the_cosine_of_its_kept_vectors_and_another_one_none(asked, tmp_path):
    run, dataset = asked
    first, second, third = dataset.pairs.head(3).itertuples()
    keep_vectors(
        run,
        dataset,
        {first.image: [3.0, 4.0], second.image: [0.0, 2.0]},
        {first.caption: [3.0, 4.0], second.caption: [5.0, 0.0]},
    )
    keep_teacher_fit(run, tmp_path, [third.pair, second.pair, first.pair])
    kept = pd.read_parquet(tmp_path / "teacher.parquet")
    assert kept["pair"].tolist() == [third.pair, second.pair, first.pair]
    np.testing.assert_allclose(kept["cosine"], [np.nan, 0, 1], atol=1e-3)


def test_nothing_is_kept_where_no_vector_was_and_where_there_is_no_teacher(asked, tmp_path):
    run, dataset = asked
    keep_teacher_fit(run, tmp_path, dataset.pairs["pair"])
    keep_teacher_fit(create(run.workspace, config(dataset, "simcse")), tmp_path, dataset.pairs["pair"])
    assert not (tmp_path / "teacher.parquet").exists()
