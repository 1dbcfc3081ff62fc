"""Cells that a table needs in order to be used: scores, amounts, yes and no, texts; what is wrong is said by row."""

from pathlib import Path

from kdmcse.data.columns import guess_columns
from kdmcse.data.row_checks import usable_rows
from kdmcse.data.tables import load_table


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def decisions_from(tmp_path, rows: list[str]):
    table = load_table(write(tmp_path / "d.csv", "\n".join(["text_a,text_b,match", *rows]) + "\n"))
    return usable_rows("decisions", table, guess_columns("decisions", list(table.frame.columns)))


def scores_from(tmp_path, scores: list[str]):
    table = load_table(write(tmp_path / "s.csv", "sentence1,sentence2,score\n" + "".join(f"a,b,{s}\n" for s in scores)))
    return usable_rows("sts", table, guess_columns("sts", list(table.frame.columns)))


def test_scores_are_numbers_from_0_to_5(tmp_path):
    frame, problems = scores_from(
        tmp_path, ["0", "5.0", "３．５", "1e0", "nan", "inf", "-1", "5.01", '"1,5"', "1_5", ""]
    )
    assert frame["score"].tolist() == [0, 5, 3.5, 1]
    assert [(p.row, p.code) for p in problems] == [
        (6, "score_not_number"),
        (7, "score_not_number"),
        (8, "score_out_of_range"),
        (9, "score_out_of_range"),
        (10, "score_not_number"),
        (11, "score_not_number"),
        (12, "score_not_number"),
    ]


def amounts_from(tmp_path, amounts: list[str]):
    content = "text_a,text_b,match,price\n" + "".join(f'a,b,1,"{amount}"\n' for amount in amounts)
    table = load_table(write(tmp_path / "d.csv", content))
    return usable_rows("decisions", table, guess_columns("decisions", list(table.frame.columns)))


def test_amounts_are_read_as_money_and_one_that_cannot_be_read_is_told_and_its_row_kept(tmp_path):
    good = ["0", "7.22", "¥1,299.50", "¥1,200", "JPY 12", "1200円", "１，２００円"]
    frame, problems = amounts_from(tmp_path, [*good, "", "-¥3", "dear", "1,2", "1e400"])
    assert frame["amount"].tolist()[:7] == [0, 7.22, 1299.5, 1200, 12, 1200, 1200]
    assert len(frame) == 12 and frame["amount"][7:].isna().all() and frame["amount"].dtype == "float64"
    assert [(p.row, p.column, p.code) for p in problems] == [
        (9, "price", "amount_missing"),
        (10, "price", "amount_negative"),
        (11, "price", "amount_not_number"),
        (12, "price", "amount_mixed_style"),
        (13, "price", "amount_too_large"),
        (None, "price", "amount_currency_taken"),
    ]


def test_a_column_of_amounts_that_is_empty_is_none_and_told(tmp_path):
    frame, problems = amounts_from(tmp_path, ["", ""])
    assert "amount" not in frame
    assert [(p.row, p.column, p.code) for p in problems] == [(None, "price", "amount_column_empty")]


def test_yes_and_no_are_read_in_many_ways(tmp_path):
    said = ["1", "Yes", "TRUE", "はい", "一致", "○", "１", "0", "no", "False", "いいえ", "不一致", "×", "perhaps"]
    frame, problems = decisions_from(tmp_path, [f"a,b,{word}" for word in said])
    assert frame["match"].tolist() == [True] * 7 + [False] * 6
    assert [(p.row, p.column, p.code) for p in problems] == [(15, "match", "match_unclear")]


def test_empty_and_endless_texts_are_left_out(tmp_path):
    frame, problems = decisions_from(tmp_path, [",b,1", f"{'x' * 10_001},b,1", "a,b,1"])
    assert len(frame) == 1
    assert [p.code for p in problems] == ["text_missing", "text_too_long"]
