"""CSV files that a spreadsheet opens: no cell starts a formula, and what is harmless stays as it is."""

import pandas as pd
import pytest

from kdmcse.data.csv_export import csv_for_spreadsheets, csv_safe


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", '"=1', "＝1", "＋1", "－1", "＠1"])
def test_no_cell_starts_a_formula(cell):
    assert csv_safe(cell).startswith("'")


def test_numbers_and_harmless_text_stay_as_they_are():
    assert (csv_safe(-3), csv_safe("mug"), csv_safe("")) == (-3, "mug", "")


def test_amounts_and_ranges_are_plain():
    assert csv_safe("(-\u2060¥4\u00a0to\u00a0-\u2060¥3)") == "(-¥4 to -¥3)"


def test_the_table_of_problems_is_safe_for_spreadsheets():
    table = pd.DataFrame({"file": ["=a"], "row": [3], "message": ["@x"]})
    assert csv_for_spreadsheets(table).decode("utf-8-sig").splitlines() == ["file,row,message", "'=a,3,'@x"]
