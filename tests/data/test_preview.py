"""Before the import a table tells what it will be taken for, from its first rows alone; and the import does just that."""

import json

import pandas as pd
import pytest
from example_datasets import album

from kdmcse.data import import_dataset
from kdmcse.data.preview import NOT_USED, head, preview
from kdmcse.data.tables import read_head, read_table
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store.workspace import Workspace

SHOP = pd.DataFrame(
    {
        "写真": [f"{i}.jpg" for i in range(20)],
        "商品説明": [f"説明 {i}" for i in range(20)],
        "商品名": [f"商品 {i // 2}" for i in range(20)],
        "分類": ["果物", "野菜"] * 10,
        "備考": [""] * 20,
    }
)


def roles(found) -> dict[str, str]:
    return {column.header: column.role for column in found.columns if column.role != NOT_USED}


def test_a_shop_s_table_is_clear_at_once():
    found = preview("pairs", "shop.csv", SHOP)
    assert roles(found) == {"写真": "image", "商品説明": "caption", "商品名": "group", "分類": "category"}
    assert found.is_clear and found.missing == () and found.columns[0].samples == ("0.jpg", "1.jpg", "2.jpg")
    assert found.mapping["group"] == "商品名" and found.mapping["split"] is None


def test_what_is_chosen_holds_and_takes_the_role_from_the_column_that_had_it():
    found = preview("pairs", "shop.csv", SHOP, {"備考": "caption", "商品名": NOT_USED})
    assert roles(found) == {"写真": "image", "備考": "caption", "分類": "category"}
    assert found.is_clear, "who chose knows"


def test_of_two_columns_with_one_role_the_last_one_chosen_has_it():
    assert roles(preview("pairs", "s.csv", SHOP, {"商品名": "caption", "備考": "caption"}))["備考"] == "caption"


def test_what_is_missing_or_could_be_meant_too_or_cannot_be_read_is_to_be_looked_at():
    unknown = preview("pairs", "s.csv", SHOP.rename(columns={"商品説明": "x", "商品名": "y"}))
    assert unknown.missing == ("caption",) and not unknown.is_clear
    [twin] = preview("pairs", "s.csv", SHOP.assign(説明文=SHOP["商品説明"])).unclear
    assert (twin.header, twin.could_be, twin.taken) == ("商品説明", "caption", "説明文")
    judged = pd.DataFrame({"文1": ["a", "b"], "文2": ["c", "d"], "スコア": ["高い", "3"], "評価": ["x", "y"]})
    assert [one.header for one in preview("sts", "s.csv", judged).unclear] == ["評価"]
    judged["スコア"] = ["高い", "低い"]
    assert [one.unreadable for one in preview("sts", "s.csv", judged).columns] == [False, False, True, False]


def test_the_import_takes_what_was_shown(tmp_path):
    path = tmp_path / "shop.csv"
    SHOP.to_csv(path, index=False)
    found = preview("pairs", path.name, head(path), {"商品名": NOT_USED, "備考": "license"})
    given = {"name": "s", "pairs": path, "images": album(tmp_path, 20)}
    dataset = import_dataset(Workspace(tmp_path / "one"), columns={"pairs": found.mapping}, **given)
    assert dataset.manifest["columns"]["pairs"] == found.mapping
    plain = preview("pairs", path.name, head(path))
    guessed = import_dataset(Workspace(tmp_path / "two"), **given)
    assert guessed.manifest["columns"]["pairs"] == plain.mapping
    assert guessed.fingerprint != dataset.fingerprint


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet", "xlsx", "txt"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_the_head_of_a_file_is_the_beginning_of_the_whole(tmp_path, ending, encoding):
    long = pd.DataFrame(
        {"caption": [f"説明文 その{i} " + "あ" * 300 for i in range(3000)], "image": [f"{i}.jpg" for i in range(3000)]}
    )
    path = tmp_path / f"t.{ending}"
    if ending in ("parquet", "xlsx"):
        long = long.head(400)
        long.to_parquet(path, index=False) if ending == "parquet" else long.to_excel(path, index=False)
    elif ending == "jsonl":
        lines = [json.dumps(row, ensure_ascii=False) for row in long.to_dict("records")]
        path.write_bytes("\n".join(lines).encode(encoding))
    elif ending == "txt":
        path.write_bytes("\n".join(long["caption"]).encode(encoding))
    else:
        path.write_bytes(long.to_csv(index=False, sep="\t" if ending == "tsv" else ",").encode(encoding))
    begun, whole = read_head(path, 50), read_table(path)
    assert len(begun) == 50
    pd.testing.assert_frame_equal(begun, whole.head(50))


def test_no_more_than_the_head_is_read(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"image,caption\n" + b"1.jpg,a text\n" * 100_000 + b"\xff\xfe\x00 not text at all" * 100)
    assert len(head(path)) == 200


def test_a_quote_that_the_head_breaks_off_in_hides_nothing_before_it(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('image,caption\n1.jpg,one\n2.jpg,two\n3.jpg,"' + "line\n" * 300_000 + '"\n')
    assert list(head(path)["caption"]) == ["one", "two"]


def test_a_workbook_that_would_have_to_be_read_whole_is_left_to_the_import(tmp_path, monkeypatch):
    path = tmp_path / "t.xlsx"
    SHOP.to_excel(path, index=False)
    monkeypatch.setattr("kdmcse.data.tables._HEAD_OF_WORKBOOK", 1000)
    with pytest.raises(UserError) as caught:
        head(path)
    assert caught.value.code == "table_head_too_large"
    assert all("t.xlsx" in caught.value.message(language) for language in LANGUAGES)
    assert len(read_table(path)) == 20
