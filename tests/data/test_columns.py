"""Which header is meant: as shops in Japan and elsewhere write them, by what the cells hold, and what else could have been meant."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from example_datasets import import_pilot, pilot

from kdmcse.data import import_dataset
from kdmcse.data.columns import COLUMNS, guess_columns, map_columns, rivals
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.data import problem_table
from kdmcse.store.workspace import Workspace

SHARED = Path(__file__).parents[3] / "shared"


def taken(kind: str, headers: str, **cells: list[str]) -> dict[str, str]:
    """Column -> header of those that were recognised."""
    found = guess_columns(kind, headers.split(), cells)
    return {column: header for column, header in found.items() if header}


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ("写真 商品説明 商品名 分類", "image caption group category"),
        ("商品画像 説明文 品名 カテゴリー", "image caption group category"),
        ("画像 キャッチコピー 商品名 ジャンル", "image caption group category"),
        ("画像 商品名 商品コード カテゴリ", "image caption group category"),
        ("画像 説明 品番 部門", "image caption group category"),
        ("画像 説明 型番", "image caption group"),
        ("画像 説明 JANコード", "image caption group"),
        ("画像 説明 SKU", "image caption group"),
        ("商品画像（ファイル名） 商品説明【PC用】 商品番号(SKU)", "image caption group"),
        ("image description product_name genre", "image caption group category"),
    ],
)
def test_headers_of_a_shop_are_known(headers, wanted):
    assert taken("pairs", headers) == dict(zip(wanted.split(), headers.split(), strict=True))


def test_the_name_of_a_product_is_the_caption_only_where_nothing_else_is():
    assert taken("pairs", "画像 商品名") == {"image": "画像", "caption": "商品名"}
    assert taken("pairs", "画像 商品名 商品説明")["caption"] == "商品説明"
    assert taken("pairs", "画像 caption 商品名")["group"] == "商品名"


def test_a_code_says_which_product_it_is_before_a_name_does():
    assert taken("pairs", "画像 商品説明 商品名 商品コード")["group"] == "商品コード"


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (["学習", "テスト", ""], "split"),
        (["果物", "野菜"], "category"),
        ([], "category"),
        (["train", "x", "test"], "split"),
    ],
)
def test_what_is_called_kubun_is_a_split_where_most_cells_say_so(cells, column):
    assert taken("pairs", "画像 説明 区分", 区分=cells)[column] == "区分"


def test_a_column_called_as_splits_often_are_is_none_where_its_cells_are_not():
    assert "split" not in taken("pairs", "image caption 用途", 用途=["贈答用", "自宅用"])
    assert taken("pairs", "image caption subset", subset=["train", "test"])["split"] == "subset"
    assert taken("pairs", "image caption split", split=["a", "b"])["split"] == "split", (
        "its own name: the rows say what is wrong"
    )


def test_both_sides_of_a_comparison_are_known():
    assert list(taken("decisions", "商品名１ 商品名２ 同じ商品？ 価格（税込）").values()) == [
        "商品名１",
        "商品名２",
        "同じ商品？",
        "価格（税込）",
    ]
    assert list(taken("sts", "文A 文B スコア（0〜5）")) == ["sentence1", "sentence2", "score"]


def test_what_else_could_have_been_meant_is_told():
    headers = ["写真", "商品説明", "説明文", "商品番号", "品番", "メモ"]
    found = rivals("pairs", guess_columns("pairs", headers), headers)
    assert [(one.header, one.field, one.taken) for one in found] == [
        ("商品説明", "caption", "説明文"),
        ("品番", "group", "商品番号"),
    ]


def test_a_column_is_left_out_where_that_is_asked_for():
    assert map_columns("pairs", ["image", "caption", "商品名"], {"group": None}, "f")["group"] is None


@pytest.mark.parametrize("kind", COLUMNS)
def test_no_header_is_used_twice(kind):
    headers = ["商品名", "説明", "区分", "商品名1", "商品名2", "画像1", "画像2", "評価", "判定", "質問", "回答", "文"]
    used = [header for header in guess_columns(kind, headers).values() if header]
    assert len(used) == len(set(used))


def test_a_column_that_could_be_meant_too_is_a_finding_of_the_import_and_changes_nothing(tmp_path):
    frame = pilot(タイトル="t")
    dataset = import_pilot(Workspace(tmp_path / "one"), tmp_path, frame)
    [found] = dataset.problems.itertuples()
    assert (found.column, found.code, found.row is pd.NA) == ("タイトル", "column_unused", True)
    assert json.loads(found.fields) == {"taken": "caption", "role": "caption"}
    for language in LANGUAGES:
        t = Locale(language)
        [message] = problem_table(t, dataset)["message"]
        assert t("data.columns.caption") in message and "caption" in message
    asked = {"pairs": {"caption": "caption"}}
    again = import_pilot(Workspace(tmp_path / "two"), tmp_path, frame, columns=asked)
    assert again.fingerprint == dataset.fingerprint and again.problems.empty, "who chose needs no telling"


@pytest.mark.real
@pytest.mark.skipif(not (SHARED / "grocery").is_dir(), reason="the shared pilot data is not on this computer")
def test_the_grocery_pilot_holds_out_the_same_with_japanese_headers(tmp_path):
    grocery, folder = SHARED / "grocery", tmp_path / "japanese"
    folder.mkdir()
    japanese = {"image": "写真", "caption": "商品説明", "product": "商品名", "category": "分類"}
    pd.read_csv(grocery / "pairs.csv", dtype=str).rename(columns=japanese).to_csv(folder / "pairs.csv", index=False)
    shutil.copy(grocery / "decisions.csv", folder)
    english, renamed = (
        import_dataset(
            Workspace(tmp_path / source.name), name="g", pairs=source / "pairs.csv", decisions=source / "decisions.csv"
        )
        for source in (grocery, folder)
    )
    assert renamed.counts["held_out_pairs"] == english.counts["held_out_pairs"] == 133
    assert renamed.counts["decisions_usable"] == english.counts["decisions_usable"] == 79
    assert renamed.counts["decisions"] == 379
    assert renamed.fingerprint == english.fingerprint
    assert renamed.pairs["image_name"][renamed.pairs["held_out"]].tolist() == (
        english.pairs["image_name"][english.pairs["held_out"]].tolist()
    )


@pytest.mark.parametrize(
    ("kind", "headers", "expected"),
    [
        ("pairs", ["画像", "商品名", "商品コード"], {"image": "画像", "caption": "商品名", "group": "商品コード"}),
        (
            "pairs",
            ["File Name", "Description", "SKU"],
            {"image": "File Name", "caption": "Description", "group": "SKU"},
        ),
        ("pairs", ["IMAGE", "Caption", "product"], {"image": "IMAGE", "caption": "Caption", "group": "product"}),
        ("pairs", ["text", "caption", "image"], {"caption": "caption", "image": "image"}),
        ("sts", ["文１", "文２", "類似度"], {"sentence1": "文１", "sentence2": "文２", "score": "類似度"}),
        ("sts", ["Sentence 1", "sentence_2", "gold"], {"sentence1": "Sentence 1", "score": "gold"}),
        ("decisions", ["sentence1", "sentence2", "is_duplicate"], {"text_a": "sentence1", "match": "is_duplicate"}),
        ("decisions", ["文1", "文2", "判定", "区分"], {"match": "判定", "segment": "区分"}),
        ("decisions", ["text_a", "text_b", "match", "price_usd"], {"segment": None, "amount": "price_usd"}),
        ("decisions", ["文1", "文2", "判定", "金額"], {"match": "判定", "amount": "金額"}),
        ("decisions", ["文1", "文2", "判定", "金額（円）"], {"match": "判定", "amount": "金額（円）"}),
        ("decisions", ["text_a", "text_b", "match", "priceUSD"], {"segment": None, "amount": "priceUSD"}),
        ("decisions", ["text_a", "text_b", "match", "usd"], {"amount": None}),
        ("texts", ["本文"], {"text": "本文"}),
    ],
)
def test_headers_are_guessed(kind, headers, expected):
    guessed = guess_columns(kind, headers)
    assert {field: guessed[field] for field in expected} == expected
    used = [header for header in guessed.values() if header]
    assert len(used) == len(set(used))
    assert set(guessed) == set(COLUMNS[kind])


def test_an_explicit_column_always_wins():
    mapped = map_columns("pairs", ["image", "caption", "title"], {"caption": "title", "group": None}, "f")
    assert mapped["caption"] == "title"
    assert mapped["image"] == "image"


@pytest.mark.parametrize(
    ("column_mapping", "code"),
    [({}, "columns_missing"), ({"caption": "nope"}, "columns_missing"), ({"colour": "image"}, "column_unknown")],
)
def test_missing_columns_are_named_with_what_was_found(column_mapping, code):
    with pytest.raises(UserError) as caught:
        map_columns("pairs", ["image", "x"], column_mapping, "f.csv")
    assert caught.value.code == code
    assert code == "column_unknown" or "image、x" in caught.value.message("ja")
