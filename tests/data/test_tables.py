"""Tables in every format and encoding: what is written is what is imported, and what cannot be read is said by row."""

import json
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdmcse.data import KEPT
from kdmcse.data.columns import COLUMNS
from kdmcse.data.tables import clean, load_table, read_table
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, sentences

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
HARD_CAPTIONS = [
    "NA",
    "null",
    "None",
    "001",
    "=1+1",
    "nan",
    "1e5",
    "犬が走る",
    "👩‍👩‍👧 family",
    "a,b;c\td",
    '"quoted"',
    "行\n替え",
]

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def codes(path: Path) -> list[tuple[int | None, str]]:
    return [(problem.row, problem.code) for problem in load_table(path).problems]


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_table(path)
    assert all(caught.value.message(language) and caught.value.hint(language) for language in LANGUAGES)
    return caught.value.code


@pytest.mark.parametrize("suffix", [".csv", ".CSV", ".tsv", ".jsonl", ".parquet", ".xlsx"])
def test_captions_survive_every_format(tmp_path, suffix):
    path = tmp_path / f"pairs{suffix}"
    frame = pd.DataFrame({"id": ["001"] * len(HARD_CAPTIONS), "caption": HARD_CAPTIONS})
    if suffix.lower() in (".csv", ".tsv"):
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    elif suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True, force_ascii=False)
    elif suffix == ".parquet":
        frame.to_parquet(path)
    else:
        book = openpyxl.Workbook()
        for values in [["id", "caption"], *frame.values.tolist()]:
            book.active.append(values)
        for row in book.active.iter_rows():
            for cell in row:
                cell.data_type = "s"  # openpyxl would store =1+1 as a formula
        book.save(path)
    read = read_table(path)
    assert read["caption"].tolist() == HARD_CAPTIONS
    assert set(read["id"]) == {"001"}
    assert read.index[0] == (1 if suffix == ".jsonl" else 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_every_encoding_is_recognised(tmp_path, encoding):
    text = "画像,説明\n①.jpg,髙い山、～波\n"
    if encoding == "cp932":
        text = text.replace("～", "")
    table = load_table(write(tmp_path / "t.csv", text, encoding))
    assert table.encoding == encoding
    assert table.frame["画像"].tolist() == ["①.jpg"]
    assert table.frame["説明"].tolist()[0].startswith("髙い山、")


@quick
@given(
    captions=st.lists(words.filter(clean), min_size=1, max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    delimiter=st.sampled_from(",;\t"),
)
def test_what_is_written_is_what_is_read(tmp_path, captions, encoding, delimiter):
    path = tmp_path / "round.csv"
    frame = pd.DataFrame({"image": [f"{i}.jpg" for i in range(len(captions))], "caption": captions})
    path.write_bytes(frame.to_csv(index=False, sep=delimiter).encode(encoding))
    if encoding == "utf-8" and path.read_bytes()[:3] == b"\xef\xbb\xbf":
        return
    assert read_table(path)["caption"].tolist() == [clean(caption) for caption in captions]


@quick
@given(captions=st.lists(st.sampled_from('犬が走る。①髙ｱ表予能A1,"\n'), min_size=1, max_size=20))
def test_cp932_comes_back(tmp_path, captions):
    path = tmp_path / "round.csv"
    caption = "犬" + "".join(captions) + "猫"
    path.write_bytes(pd.DataFrame({"image": ["画.jpg"], "caption": [caption]}).to_csv(index=False).encode("cp932"))
    assert read_table(path)["caption"].tolist() == [clean(caption)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["csv", "jsonl", "parquet", "xlsx", "txt"]),
    wounds=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 2), st.binary(max_size=2)), min_size=1, max_size=4),
    left=st.floats(0, 1) | st.just(1),
)
def test_damaged_bytes_never_lead_to_a_traceback(tmp_path, kind, wounds, left):
    path = tmp_path / f"damaged.{kind}"
    frame = pd.DataFrame({"image": ["犬.jpg", "b.jpg"], "caption": ["走る、犬", 'a "cat"']})
    if kind == "parquet":
        frame.to_parquet(path)
    elif kind == "xlsx":
        frame.to_excel(path, index=False)
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True, force_ascii=False)
    else:
        frame.to_csv(path, index=False)
    content = bytearray(path.read_bytes())
    for where, gone, new in wounds:
        place = int(where * len(content))
        content[place : place + gone] = new
    path.write_bytes(bytes(content[: int(left * len(content))]))
    try:
        load_table(path)
    except UserError as error:
        assert str(error)


def test_a_ragged_row_is_named_by_its_place_in_the_file(tmp_path):
    path = write(tmp_path / "t.csv", 'image,caption\na.jpg,"two\nlines"\n\nb.jpg,x,y\nc.jpg\nd.jpg,good\n')
    assert codes(path) == [(4, "row_ragged"), (5, "row_ragged")]
    assert read_table(path).index.tolist() == [2, 6]


def test_mixed_line_ends_and_semicolons_are_read(tmp_path):
    table = read_table(write(tmp_path / "t.csv", "image;caption\r\na.jpg;one, two\rb.jpg;three\n"))
    assert table["caption"].tolist() == ["one, two", "three"]


def test_an_unclosed_quote_is_told(tmp_path):
    assert (
        codes(write(tmp_path / "t.csv", 'image,caption\na.jpg,good\nb.jpg,"open\nc.jpg,lost\n'))[-1][1]
        == "quote_unclosed"
    )


def test_control_characters_and_giant_cells_cost_one_row(tmp_path):
    path = write(tmp_path / "t.csv", f"image,caption\na.jpg,x\0y\nb.jpg,{'z' * 10_000_000}\nc.jpg,good\n")
    assert codes(path) == [(2, "text_unprintable"), (3, "row_unreadable")]
    assert read_table(path)["caption"].tolist() == ["good"]


@pytest.mark.parametrize(
    "line",
    [
        '{"text": NaN}',
        '{"text": Infinity}',
        '{"text": "a", "text": "b"}',
        "[" * 100_000,
        '{"text": ["a"]}',
        '"alone"',
        '{"text": "cut',
    ],
)
def test_a_bad_json_line_costs_one_row(tmp_path, line):
    path = write(tmp_path / "t.jsonl", f'{{"text": "good"}}\n{line}\n{{"text": "too"}}\n')
    assert codes(path) == [(2, "json_unreadable")]
    assert read_table(path)["text"].tolist() == ["good", "too"]


def test_json_numbers_stay_as_written_and_lone_surrogates_are_told(tmp_path):
    path = write(tmp_path / "t.jsonl", '{"a": 1e999, "b": ' + "7" * 5000 + '}\n{"a": "\\ud800", "b": null}\n')
    assert read_table(path)["a"].tolist() == ["1e999"]
    assert len(read_table(path)["b"].iloc[0]) == 5000
    assert codes(path) == [(2, "text_unprintable")]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("t.csv", b"", "table_blank"),
        ("t.csv", b" \n,,\n\xe3\x80\x80\n", "table_blank"),
        ("t.txt", b"", "table_blank"),
        ("t.txt", b"\n \n\xe3\x80\x80\n", "table_blank"),
        ("t.jsonl", b"\n", "table_blank"),
        ("t.jsonl", b'["a"]\n["b"]\n', "no_rows_left"),
        ("t.csv", b"image,caption\n", "table_empty"),
        ("t.csv", b"\x81\xff\xfe\x00", "table_encoding_unknown"),
        ("t.csv", "image,caption\na,b\n".encode("utf-16-le"), "table_encoding_unknown"),
        ("t.csv", b"a,a\n1,2\n", "headers_twice"),
        ("t.csv", ",".join(f"c{i}" for i in range(5000)).encode() + b"\n", "table_too_wide"),
        ("t.parquet", b"PAR1 no PAR1", "table_unreadable"),
        ("t.xlsx", b"PK\x03\x04 no", "table_unreadable"),
        ("t.feather", b"ARROW1", "table_format_unknown"),
        ("t.xls", b"\xd0\xcf\x11\xe0", "table_format_unknown"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_words(tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal(path) == code


def test_a_folder_is_called_a_folder_whatever_its_name_ends_with(tmp_path):
    for name in ("tables", "t.csv"):
        (tmp_path / name).mkdir()
        assert refusal(tmp_path / name) == "file_is_folder"


def test_lines_of_which_none_can_be_read_are_told_with_the_reason(tmp_path):
    with pytest.raises(UserError, match="not a usable JSON object") as refused:
        load_table(write(tmp_path / "t.jsonl", '["a"]\n["b"]\n'))
    assert refused.value.fields["rows"] == 2


def test_an_absent_file_is_named(tmp_path):
    assert refusal(tmp_path / "none.csv") == "file_missing"


def test_a_small_parquet_that_holds_gigabytes_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.parquet"
    caption = pa.DictionaryArray.from_arrays(pa.array([0] * 400_000, pa.int32()), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"caption": caption}), path, compression="zstd")
    assert path.stat().st_size < 2**20
    assert refusal(path) == "table_too_large"


def test_parquet_columns_without_plain_values_are_left_out(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": ["a", None], "vector": [[1.0], [2.0]], "n": [1, 2]}), path)
    table = load_table(path)
    assert list(table.frame.columns) == ["text", "n"]
    assert table.frame["n"].tolist() == ["1", "2"]
    assert [(p.column, p.code) for p in table.problems] == [("vector", "column_left_out")]


def test_a_sheet_that_lies_about_its_size_is_read_whole(tmp_path):
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    for row in [["text", None], ["one", None], [None, None], [3, None], [True, "beyond"]]:
        book.active.append(row)
    book.save(path)
    assert read_table(path)["text"].tolist() == ["one", "3"]
    assert codes(path) == [(5, "row_ragged")]


def test_nameless_columns_get_a_name_or_vanish(tmp_path):
    table = read_table(write(tmp_path / "t.csv", ",text,\n0,a,\n1,b,\n"))
    assert list(table.columns) == ["column 1", "text"]


def test_every_code_in_the_source_has_words_in_both_languages():
    source = "".join(path.read_text() for path in Path(load_table.__code__.co_filename).parent.glob("*.py"))
    raised = set(re.findall(r'UserError\(\s*"(\w+)"', source)) | {"no_pairs_left", "no_rows_left"}
    told = set(re.findall(r'(?:ImageRefused|Unusable)\(\s*"(\w+)"', source)) | KEPT
    told |= set(re.findall(r'"((?:row|json|quote|column_left|text|picture|group)_\w+)"', source)) - set(
        COLUMNS["pairs"]
    )
    told -= {"text_a", "text_b", "text_1", "text_2"}
    for language in LANGUAGES:
        known = sentences(language)
        listed = {key.removeprefix("data.problems.") for key in known if key.startswith("data.problems.")}
        assert {f"errors.{code}.{part}" for code in raised for part in ("message", "hint")} <= known.keys()
        assert told == listed
        for kind, columns in COLUMNS.items():
            assert f"data.tables.{kind}" in known
            assert all(f"data.columns.{column}" in known for column in columns)


def test_json_fields_of_problems_are_plain(tmp_path):
    path = write(tmp_path / "t.csv", "a,b\n1\n")
    assert json.dumps([problem.fields for problem in load_table(path).problems])
