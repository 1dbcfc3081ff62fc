"""Problems of an upload and leaks, as a person reads them."""

import pandas as pd
import pytest

from kdmcse.data import PairDataset
from kdmcse.data.leakage import COLUMNS, HOW, NO_LEAKS
from kdmcse.data.problems import Problem, to_frame
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.data import dataset_name, leak_sentence, leak_table, left_out_sentences, problem_table

EN, JA = Locale("en"), Locale("ja")
PROBLEMS = [
    Problem("pairs.csv", 2, "caption", "text_missing"),
    Problem("pairs.csv", 3, "image", "picture_missing", {"name": "{x}.png", "nearest": "x.png"}),
    Problem("pairs.csv", 4, "split", "group_straddles_splits", {"group": "mug", "given": "train", "split": "test"}),
]
LEAKS = [
    ("pairs", 4, "caption", "Apple.", "pairs", 0, "apple", "same_text", 1.0),
    ("sts", 5, "sentence2", "told you.", "texts", 1, "Told you", "near_text", 0.9),
]


def dataset(folder, *, leaks=NO_LEAKS, count=0, usable=10):
    """What an import leaves behind, as far as it is told."""
    to_frame(PROBLEMS).to_parquet(folder / "problems.parquet")
    if leaks is not None:
        leaks.to_parquet(folder / "leaks.parquet")
    counts = {"leaks": count, "held_out_pairs": usable, "sts_usable": 0, "decisions_usable": 0}
    return PairDataset(folder, {"counts": counts})


def test_the_sample_has_one_name_and_an_upload_its_own(tmp_path):
    sample, upload = (PairDataset(tmp_path, {"name": "Sample", "synthetic": made_up}) for made_up in (True, False))
    assert (dataset_name(EN, sample), dataset_name(JA, sample)) == ("Sample: made-up shop", "サンプル：架空の通販")
    assert dataset_name(JA, upload) == "Sample"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_its_place_and_a_sentence(tmp_path, language):
    table = problem_table(Locale(language), dataset(tmp_path))
    assert list(table.columns) == ["file", "row", "column", "code", "message", "kept"]
    assert table["row"].tolist() == [2, 3, 4] and "{x}.png" in table["message"][1]
    assert table["kept"].tolist() == [False, False, True], "a row that changed its split is kept"


def test_a_leak_names_both_sides_in_the_readers_language(tmp_path):
    pd.DataFrame({"pair": [3, 4], "image_name": ["pear.png", "apple.png"]}).to_parquet(tmp_path / "pairs.parquet")
    table = leak_table(JA, dataset(tmp_path, leaks=pd.DataFrame(LEAKS, columns=list(COLUMNS)).astype(COLUMNS)))
    assert table["row"].tolist() == ["apple.png", "5"], "a pair has no row of a file, but an image"
    assert table["how"].tolist() == ["同じ文", "ほぼ同じ文"]
    assert table["learnt_table"].tolist()[1] == "画像のない文"
    assert table["value"].tolist() == ["Apple.", "told you."]


def test_how_many_rows_were_left_out_is_counted_in_singular_and_plural(tmp_path):
    assert leak_sentence(EN, dataset(tmp_path, count=1)).startswith("1 row is left out")
    assert leak_sentence(EN, dataset(tmp_path, count=1200)).startswith("1,200 rows are left out")
    assert "6行" in leak_sentence(JA, dataset(tmp_path, count=6))
    assert "all 2 rows" in leak_sentence(EN, dataset(tmp_path, count=2, usable=0))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_left_out_adds_up_by_kind_and_by_reason(tmp_path, language):
    """Of 30 decisions 10 are used; 17 are among the leaks, so 3 repeat what is tuned on."""
    leaks = [
        ("decisions", row, column, "x", "pairs", 0, "x", "same_text", 1.0)
        for row in range(17)
        for column in ("text_a", "text_b")
    ]
    leaks += [("pairs", 7, "caption", "x", "pairs", 0, "x", "same_text", 1.0)]
    found = dataset(tmp_path, leaks=pd.DataFrame(leaks, columns=list(COLUMNS)).astype(COLUMNS), count=18, usable=9)
    found.manifest["counts"] |= {"test": 10, "sts": 0, "decisions": 30, "decisions_usable": 10}
    t = Locale(language)
    both = t.list([t("data.leaks.of.pairs", count=1), t("data.leaks.of.decisions", count=17)])
    assert left_out_sentences(t, found) == [
        t("data.leaks.parts", parts=both),
        t("data.leaks.tuned", parts=t("data.leaks.of.decisions", count=3)),
    ]
    found.manifest["counts"] |= {"decisions": 27}
    assert left_out_sentences(t, found) == [t("data.leaks.parts", parts=both)]
    assert left_out_sentences(t, dataset(tmp_path / "..", leaks=None, count=None)) == []


def test_a_dataset_of_before_was_not_checked(tmp_path):
    before = dataset(tmp_path, leaks=None, count=None)
    assert "again" in leak_sentence(EN, before) and leak_table(EN, before).empty


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_leak_has_a_name(language):
    assert [how for how in HOW if not Locale(language).has(f"data.leaks.how.{how}")] == []
