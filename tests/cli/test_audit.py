"""The shell audits a teacher, or says at once what keeps it from that."""

import numpy as np
import pandas as pd
import pytest
from example_datasets import import_pilot, pilot

from kdmcse import sample
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES


def test_vectors_that_cannot_be_used_are_all_named_at_once_images_and_captions_alike(shell, workspace, tmp_path, model):
    frame = pilot(groups=6, each=2)
    import_pilot(workspace, tmp_path, frame)
    contents = [*frame["image"], *frame["caption"]]
    vectors = np.random.default_rng(0).normal(size=(len(contents), 4))
    vectors[2], vectors[15, 1] = 0, np.nan
    pd.DataFrame({"content": contents, "vector": list(vectors)}).to_parquet(tmp_path / "teacher.parquet")
    status, out, err = shell(
        "audit", "--dataset", "pilot", "--teacher", tmp_path / "teacher.parquet", "--student", model
    )
    assert status == 2 and not out
    assert "2.jpg (0)" in err and "caption 3 (NaN" in err


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", [("audit",), ("train", "--method", "kdmcse")])
def test_where_there_are_no_pairs_it_is_said_as_on_the_page_and_not_that_images_are_missing(
    shell, shop, model, language, command
):
    status, out, err = shell(
        *command, "--dataset", shop.name, "--teacher", sample.TEACHER, "--student", model, "--language", language
    )
    assert status == 2 and not out
    assert err.strip() == "\n".join(
        getattr(UserError("no_training_pairs", dataset=shop.name), part)(language) for part in ("message", "hint")
    )
