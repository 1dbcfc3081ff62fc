"""Scenarios are exchanged without loss, and a file that is wrong is refused with every problem in it."""

import dataclasses
import io
import json
import pickle
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from example_roi import EXAMPLE, FULL, PEOPLE, changed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdmcse import i18n
from kdmcse.documents import scenario_files, scenario_problems, scenario_workbook
from kdmcse.errors import UserError
from kdmcse.presentation.roi import comparison_table
from kdmcse.roi import (
    Scenario,
    Today,
    estimate_return,
)
from kdmcse.roi import fields as inputs
from kdmcse.roi.example import saving_of_rates


def known_prices(scenario):
    """What else must hold of prices: a cost room that knows these names."""
    for name in scenario.prices:
        if name not in EXAMPLE.scenario.prices:
            raise UserError("unknown_setting", field=name, known="")


def through(kind, scenario, language="en"):
    data = (
        scenario_files.to_json(scenario)
        if kind == "json"
        else scenario_workbook.to_xlsx(i18n.Locale(language), scenario)
    )
    return scenario_files.read_scenarios(data, f"plans.{kind}")


# Exchanged


@pytest.mark.parametrize("kind", ["json", "xlsx"])
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_scenarios_return_as_they_were(kind, language):
    many = [
        EXAMPLE.scenario,
        FULL,
        changed(name="History"),
        changed(name="a" * 200),
        changed(name="A" * 200),
        changed(name="[]:*?/\\'"),
    ]
    again = through(kind, many, language)
    assert again == many
    assert [one.digest for one in again] == [one.digest for one in many]


TEXT = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.sampled_from(["=1+1", "+1", "-1", "@SUM(A1)", "＝１", "\t=1", "'=1", "_x0041_", "_x005F_", "x005F_", "__x000D__", "<&>\"", "ｶﾞ", "e\u0301",
                     "😀" * 40, "1e5", "007", "TRUE", "#REF!", "2026-01-01", "None", "{}", "key", "\u2028", "a\r\nb", "漢" * 200]),
)  # fmt: skip


NUMBERS = st.one_of(st.integers(0, 10**9), st.floats(0, 1e12, allow_nan=False))


@st.composite
def any_scenario(draw):
    leaf = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT)
    names = TEXT.filter(
        lambda name: not name.strip().endswith(("base_rate", "accuracy", "threshold", "cosine", inputs.VOLUME))
    )
    prices = draw(
        st.dictionaries(
            names, st.one_of(leaf, st.dictionaries(names, leaf, max_size=3), st.lists(leaf, max_size=3)), max_size=4
        )
    )
    fields = {name: draw(NUMBERS) for name in EXAMPLE.scenario.effort.amounts}
    try:
        scenario = changed(
            name=draw(TEXT),
            notes=draw(TEXT),
            contract=draw(st.one_of(st.none(), TEXT)),
            prices={**EXAMPLE.scenario.prices, **prices, "currency": "JPY"},
            effort=dataclasses.replace(EXAMPLE.scenario.effort, **fields),
            yearly_rate=draw(st.floats(-0.9, 10)),
            today=draw(st.sampled_from([Today(), PEOPLE])),
        )
        numbers = scenario.inputs
        paths = draw(st.lists(st.sampled_from(sorted(numbers)), max_size=3))
        return dataclasses.replace(
            scenario, ranges={path: (scenario.range_of(path).low, scenario.range_of(path).high) for path in paths}
        )
    except UserError as error:
        assert error.code in ("input_missing", "text_unprintable", "name_twice", "text_too_long"), error
        return EXAMPLE.scenario


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_scenario(), st.sampled_from(list(i18n.LANGUAGES)))
def test_any_scenario_returns_as_it_was(scenario, language):
    for kind in ("json", "xlsx"):
        assert through(kind, [scenario], language) == [scenario]
    assert Scenario.from_dict(json.loads(json.dumps(scenario.to_dict()))) == scenario


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode("utf-8", errors="replace") for name in archive.namelist()}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_cell_is_a_formula_and_nothing_leads_outside(language):
    figures = comparison_table(
        i18n.Locale(language),
        [estimate_return(dataclasses.replace(FULL, prices=EXAMPLE.scenario.prices, ranges={}), saving_of_rates)],
    )
    data = scenario_workbook.to_xlsx(i18n.Locale(language), [FULL], figures)
    files = parts(data)
    for name, content in files.items():
        assert "<f>" not in content and "<f " not in content and "<hyperlink" not in content, name
        assert "vbaProject" not in name and "externalLink" not in name
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [cell for sheet in book for row in sheet for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"} and all(cell.quotePrefix for cell in cells)
    assert any(cell.value.startswith("=HYPERLINK") for cell in cells)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_manager_can_read_the_sheet(language):
    figures = comparison_table(i18n.Locale(language), [EXAMPLE])
    book = openpyxl.load_workbook(
        io.BytesIO(scenario_workbook.to_xlsx(i18n.Locale(language), [EXAMPLE.scenario], figures))
    )
    shown, sheet = book.worksheets
    written = [cell.value for cell in shown["B"] if isinstance(cell.value, str)]
    assert written == [i18n.plain_text(text) for text in written] and any(
        re.search("[¥￥円]", text) for text in written
    )
    assert shown.title == i18n.Locale(language)("scenarios.sheet.figures") and shown["B1"].value == "A small shop"
    rows = {row[5]: row for row in sheet.iter_rows(values_only=True)}
    assert list(rows)[0] == "key" and sheet.title == "1 A small shop"
    label, value, unit = rows["effort/hourly_rate"][:3]
    assert label == i18n.Locale(language)("roi.input.hourly_rate") and value == 3000 and re.search("JPY|円", unit)
    assert rows["prices/false_match"][0] == i18n.Locale(language)("cost.price.false_match")
    assert scenario_files.read_scenarios(
        scenario_workbook.to_xlsx(i18n.Locale(language), [EXAMPLE.scenario], figures), "a.xlsx"
    ) == [EXAMPLE.scenario]


@pytest.mark.parametrize("name", ["Key", "key", "figure", "TYPE"])
def test_a_scenario_may_be_called_like_a_column(name):
    found = estimate_return(changed(name=name), saving_of_rates)
    data = scenario_workbook.to_xlsx(i18n.Locale("en"), [found.scenario], comparison_table(i18n.Locale("en"), [found]))
    assert scenario_files.read_scenarios(data, "plans.xlsx") == [found.scenario]


def edited(edit, scenario=EXAMPLE.scenario):
    """The workbook of a scenario after somebody worked on its sheet; `edit` gets the sheet and key -> row."""
    book = openpyxl.load_workbook(io.BytesIO(scenario_workbook.to_xlsx(i18n.Locale("en"), [scenario])))
    sheet = book.worksheets[0]
    edit(sheet, {row[5].value: row[0].row for row in sheet.iter_rows()})
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def put(key, column, value):
    def edit(sheet, rows):
        sheet[f"{column}{rows[key]}"].value = value

    return edit


def test_what_was_changed_in_a_spreadsheet_comes_in():
    def edit(sheet, rows):
        sheet[f"B{rows['prices/false_match']}"].value = "１，２００"
        sheet[f"D{rows['prices/false_match']}"].value = 1000
        sheet[f"E{rows['prices/false_match']}"].value = "1,500.5"
        sheet[f"B{rows['name']}"].value = 2024
        sheet[f"B{rows['today/process']}"].value = "people"
        sheet[f"B{rows['today/price_per_decision']}"].value = 40
        sheet[f"B{rows['today/accuracy']}"].value = 0.95
        sheet.append(["my note for nobody", None, None, None, None, None, None])
        sheet.delete_rows(sheet.max_row)

    (read,) = scenario_files.read_scenarios(edited(edit), "a.xlsx")
    assert read.prices["false_match"] == 1200 and read.ranges == {"prices/false_match": (1000, 1500.5)}
    assert read.name == "2024" and read.today == PEOPLE


def append(*row):
    return lambda sheet, rows: sheet.append(list(row))


WRONG = [
    (put("prices/false_match", "B", "a lot"), "prices/false_match", "not_a_number"),
    (put("prices/false_match", "B", "1,5"), "prices/false_match", "not_a_number"),
    (put("prices/false_match", "B", True), "prices/false_match", "not_a_number"),
    (put("prices/false_match", "B", None), "prices/false_match", "value_missing"),
    (put("prices/false_match", "B", "=B2*2"), "prices/false_match", "value_missing"),
    (put("prices/false_match", "B", -5), "prices/false_match", "amount_negative"),
    (put("prices/false_match", "D", 100), "prices/false_match", "range_half"),
    (put("prices/monthly_volume", "B", 0), "prices/monthly_volume", "volume_zero"),
    (put("horizon_months", "B", 0), "horizon_months", "horizon_zero"),
    (put("name", "B", None), "name", "input_missing"),
    (put("prices/currency", "B", "YEN"), "prices/currency", "currency_unknown"),
    (put("effort/pairs", "G", "money"), "effort/pairs", "type_unknown"),
    (put("effort/pairs", "F", "effort/couples"), "effort/couples", "scenario_key_unknown"),
    (put("effort/pairs", "F", "prices/false_match/pairs"), "prices/false_match/pairs", "key_unknown"),
    (put("effort/pairs", "F", None), "–", "key_missing"),
    (put("effort/pairs", "F", "name"), "name", "key_twice"),
    (append("x", 1, None, None, None, "wages", "number"), "wages", "scenario_key_unknown"),
    (append("x", 1, None, None, None, "prices/wages", "number"), "wages", "unknown_setting"),
    (append("a stray note"), "–", "key_missing"),
    (put("key", "F", "schlüssel"), "key", "column_missing"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "field", "code"), WRONG)
def test_a_problem_of_a_workbook_is_named_by_sheet_row_and_field(edit, field, code):
    data = edited(edit)
    with pytest.raises(scenario_problems.ScenariosRefused) as caught:
        scenario_files.read_scenarios(data, "plans.xlsx", known_prices)
    problem = caught.value.problems[0]
    assert (problem.sheet, problem.field, problem.code) == ("1 A small shop", field, code)
    assert problem.row is not None and problem.row >= 1
    for language in i18n.LANGUAGES:
        told = caught.value.message(language)
        assert "plans.xlsx" in told and "1 A small shop" in told and str(problem.row) in told and field in told
        assert problem.sentence(i18n.Locale(language)) and caught.value.hint(language)


def test_the_row_is_the_one_that_the_spreadsheet_shows():
    row = {}

    def edit(sheet, rows):
        row["is"] = rows["effort/day_rate"]
        sheet[f"B{row['is']}"].value = "?"

    with pytest.raises(scenario_problems.ScenariosRefused) as caught:
        scenario_files.read_scenarios(edited(edit), "a.xlsx")
    assert caught.value.problems[0].row == row["is"]


def test_of_a_file_with_one_bad_scenario_nothing_is_taken_and_all_problems_are_told():
    book = openpyxl.load_workbook(
        io.BytesIO(scenario_workbook.to_xlsx(i18n.Locale("ja"), [EXAMPLE.scenario, FULL, changed(name="C")]))
    )
    for sheet, cell in ((book.worksheets[1], "B12"), (book.worksheets[2], "B12")):
        sheet[cell].value = "?"
    book.create_sheet("メモ")["A1"] = "自由記入"
    book.create_sheet("blank")
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(scenario_problems.ScenariosRefused) as caught:
        scenario_files.read_scenarios(buffer.getvalue(), "a.xlsx")
    problems = caught.value.problems
    assert {problem.sheet for problem in problems} == {book.worksheets[1].title, book.worksheets[2].title, "メモ"}
    assert {problem.code for problem in problems if problem.sheet == "メモ"} == {"column_missing"}
    assert caught.value.fields["count"] == len(problems)


def test_all_problems_are_counted_though_the_first_ones_alone_are_listed():
    many = edited(lambda sheet, rows: [sheet.append([f"note {n}"]) for n in range(120)])
    with pytest.raises(scenario_problems.ScenariosRefused) as caught:
        scenario_files.read_scenarios(many, "a.xlsx")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # as multiprocessing does
    for refused in (caught.value, again):
        assert (refused.fields["count"], len(refused.problems)) == (120, scenario_problems.MAX_PROBLEMS)
        assert "120" in refused.message("ja")


def test_a_refusal_survives_the_way_between_two_processes_and_json():
    with pytest.raises(scenario_problems.ScenariosRefused) as caught:
        scenario_files.read_scenarios(edited(put("prices/false_match", "B", -5)), "a.xlsx")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # as multiprocessing does
    assert again.message("ja") == caught.value.message("ja") and again.problems[0].code == "amount_negative"
    assert json.loads(json.dumps(caught.value.to_dict()))["message"] == caught.value.message()


def json_of(**top):
    table = json.loads(scenario_files.to_json([EXAMPLE.scenario])) | top
    return json.dumps(table).encode()


def json_with(**fields):
    return json_of(scenarios=[EXAMPLE.scenario.to_dict(), EXAMPLE.scenario.to_dict() | fields])


@pytest.mark.parametrize(
    ("data", "sheet", "field"),
    [
        (json_with(wages=3), "scenarios[2]", "wages"),
        (json_with(horizon_months=0), "scenarios[2]", "horizon_months"),
        (json_with(effort={"pairs": 3}), "scenarios[2]", "effort/seconds_per_judgement"),
        (json_with(ranges={"yearly_rate": [3, 4]}), "scenarios[2]", "yearly_rate"),
        (json_of(scenarios=[3]), "scenarios[1]", "–"),
        (json_of(scenarios=[]), "a.json", "–"),
        (json_of(version=2), "a.json", "version"),
        (json_of(extra=2), "a.json", "extra"),
        (json_of(scenarios=[EXAMPLE.scenario.to_dict()] * 101), "a.json", "–"),
    ],
)  # fmt: skip
def test_a_problem_of_a_json_file_is_named_by_scenario_and_field(data, sheet, field):
    with pytest.raises(scenario_problems.ScenariosRefused) as caught:
        scenario_files.read_scenarios(data, "a.json")
    assert (caught.value.problems[0].sheet, caught.value.problems[0].field) == (sheet, field)
    assert sheet in caught.value.message("ja")


@pytest.mark.parametrize(
    ("data", "file", "code"),
    [
        (b"{", "a.json", "scenarios_unreadable"),
        (b"\xff\xfe", "a.json", "scenarios_unreadable"),
        (b"[]", "a.json", "scenarios_unreadable"),
        (b"[" * 100_000, "a.json", "scenarios_unreadable"),
        (json_of(format="other"), "a.json", "scenarios_unreadable"),
        (scenario_files.to_json([EXAMPLE.scenario]).replace(b"300", b"NaN"), "a.json", "scenarios_unreadable"),
        (scenario_files.to_json([EXAMPLE.scenario]).replace(b'"notes"', b'"name"'), "a.json", "scenarios_unreadable"),
        (b"PK\x03\x04", "a.xlsx", "scenarios_unreadable"),
        (b"", "a.xlsx", "scenarios_unreadable"),
        (b" " * (scenario_files.MAX_FILE_BYTES + 1), "a.json", "scenarios_too_large"),
        (b"", "a.xlsm", "scenarios_format_unknown"),
        (b"", "json", "scenarios_format_unknown"),
    ],
)
def test_a_file_that_is_none_is_refused(data, file, code):
    with pytest.raises(UserError) as caught:
        scenario_files.read_scenarios(data, file)
    assert caught.value.code == code
    for language in i18n.LANGUAGES:
        assert file in caught.value.message(language)


def repacked(change):
    """A workbook whose files were changed by hand; `change` gets name -> content and returns the same."""
    files = change(parts(scenario_workbook.to_xlsx(i18n.Locale("en"), [EXAMPLE.scenario])))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_small_file_that_unpacks_to_much_is_refused():
    data = repacked(lambda files: files | {"xl/media/zeros": "0" * (scenario_workbook.MAX_UNPACKED_BYTES + 1)})
    assert len(data) < scenario_files.MAX_FILE_BYTES
    with pytest.raises(UserError) as caught:
        scenario_files.read_scenarios(data, "a.xlsx")
    assert caught.value.code == "scenarios_too_large"


def test_entities_that_unfold_are_refused():
    def unfold(files):
        levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
        name = "xl/worksheets/sheet1.xml"
        body = re.sub(r"^<\?xml[^>]*\?>", "", files[name]).replace("pairs to rate", "&e9;")
        return files | {name: f'<!DOCTYPE worksheet [<!ENTITY e0 "lol">{levels}]>{body}'}

    with pytest.raises(UserError) as caught:
        scenario_files.read_scenarios(repacked(unfold), "a.xlsx")
    assert caught.value.code == "scenarios_unreadable"


def test_a_cell_that_is_a_formula_counts_by_the_value_it_was_saved_with():
    def formula(files):
        name = "xl/worksheets/sheet1.xml"
        row = re.search(r'<c r="(B\d+)"[^>]*><v>300</v></c>', files[name])
        return files | {
            name: files[name].replace(row[0], f'<c r="{row[1]}"><f>WEBSERVICE("http://x/")</f><v>77</v></c>')
        }

    (read,) = scenario_files.read_scenarios(repacked(formula), "a.xlsx")
    assert read.prices["false_match"] == 77


def test_shared_strings_as_other_programs_write_them_are_read_too():
    def shared(files):
        name = "xl/worksheets/sheet1.xml"
        texts = re.findall(r'<c r="\w+"([^>]*) t="inlineStr"><is><t[^>]*>([^<]*)</t></is></c>', files[name])
        strings = list(dict.fromkeys(text for _, text in texts))

        def pointed(found):
            return f'<c r="{found[1]}"{found[2]} t="s"><v>{strings.index(found[3])}</v></c>'

        sheet = re.sub(r'<c r="(\w+)"([^>]*) t="inlineStr"><is><t[^>]*>([^<]*)</t></is></c>', pointed, files[name])
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        table = f'<sst xmlns="{space}">' + "".join(f"<si><t>{text}</t></si>" for text in strings) + "</sst>"
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        types = files["[Content_Types].xml"].replace(
            "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}" /></Types>'
        )
        return files | {name: sheet, "xl/sharedStrings.xml": table, "[Content_Types].xml": types}

    assert scenario_files.read_scenarios(repacked(shared), "a.xlsx") == [EXAMPLE.scenario]


def test_a_workbook_with_too_many_sheets_or_rows_is_refused():
    book = openpyxl.Workbook()
    for place in range(scenario_workbook.MAX_SHEETS + 1):
        book.create_sheet(f"s{place}")
    buffer = io.BytesIO()
    book.save(buffer)
    long = edited(
        lambda sheet, rows: [sheet.append(["x", 1, None, None, None, f"prices/p{n}", "number"]) for n in range(3000)]
    )
    for data, code in ((buffer.getvalue(), "too_many_sheets"), (long, "too_long")):
        with pytest.raises(scenario_problems.ScenariosRefused) as caught:
            scenario_files.read_scenarios(data, "a.xlsx")
        assert code in {problem.code for problem in caught.value.problems}


def test_every_problem_is_told_and_none_that_nothing_raises():
    source = "".join(
        Path(module.__file__).read_text(encoding="utf-8") for module in (scenario_workbook, scenario_files)
    )
    quoted = set(re.findall(r'"(\w+)"', source))
    known = {
        key.removeprefix("scenarios.problem.") for key in i18n.sentences("en") if key.startswith("scenarios.problem.")
    }
    assert known - quoted == set()
    assert set(re.findall(r'Wrong\("(\w+)"', source)) <= known
