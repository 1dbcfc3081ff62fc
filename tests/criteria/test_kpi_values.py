"""Values of KPIs are only added, the newest counts, each stage and unit has its own, and an undone one is gone from the figure, not from the disk."""

import dataclasses
import datetime
import json

import pytest
from example_criteria import AGREED

from kdmcse.criteria import kpi_values, locking
from kdmcse.criteria.kpi_files import KpiRows
from kdmcse.criteria.kpis import Kpi
from kdmcse.errors import UserError
from kdmcse.store.frozen import NOTE
from kdmcse.store.workspace import Workspace

DATA = AGREED["dataset"]
TIME = Kpi(name="Handling time", target=4, direction="at_most", unit="min")
TODAY = datetime.date(2031, 3, 31)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def type_in(workspace, value, day=TODAY, kpi=TIME, stage=1) -> None:
    kpi_values.type_in(workspace, DATA, kpi, stage, day, value, today=TODAY)


def newest(workspace, kpi=TIME, stage=1):
    """What counts now; None where nothing does."""
    found = kpi_values.of_kpi(kpi_values.entries(workspace, DATA), kpi, stage)
    return found[0].value if found else None


def rows(values, day="2031-03-01", yes_no=False) -> KpiRows:
    return KpiRows("survey.csv", (day,) * len(values), tuple(values), yes_no, ())


def test_the_newest_day_counts_and_of_one_day_what_was_entered_last(workspace):
    assert newest(workspace) is None
    type_in(workspace, 5.0, TODAY)
    type_in(workspace, 9.0, TODAY - datetime.timedelta(7))
    assert newest(workspace).value == 5.0
    type_in(workspace, 4.5, TODAY)
    assert (newest(workspace).value, newest(workspace).rows, newest(workspace).day) == (4.5, None, "2031-03-31")


def test_rows_of_a_file_give_a_mean_or_a_share_with_an_interval(workspace):
    kpi_values.keep(workspace, DATA, TIME, 1, rows([3.0, 4.0] * 15))
    assert newest(workspace).value == 3.5 and newest(workspace).low < 3.5 < newest(workspace).high
    share = dataclasses.replace(TIME, unit="%", name="Passed on")
    kpi_values.keep(workspace, DATA, share, 1, rows([1.0, 0.0, 0.0, 0.0] * 10, yes_no=True))
    assert newest(workspace, share).value == 25 and newest(workspace, share).rows == 40


def test_each_stage_and_each_unit_has_its_own(workspace):
    type_in(workspace, 5.0, stage=1)
    assert newest(workspace, stage=2) is None
    seconds = dataclasses.replace(TIME, unit="s")
    assert newest(workspace, seconds) is None
    type_in(workspace, 300.0, kpi=seconds)
    assert (newest(workspace).value, newest(workspace, seconds).value) == (5.0, 300.0)
    moved = dataclasses.replace(TIME, target=2.0, name="handling TIME")
    assert newest(workspace, moved).value == 5.0, "another target asks for no new values"


def test_what_is_undone_counts_no_longer_and_stays_in_the_file(workspace):
    type_in(workspace, 5.0)
    file = workspace.contracts / DATA / "kpis.jsonl"
    before = file.read_text()
    type_in(workspace, 6.0)
    kpi_values.undo(workspace, DATA, kpi_values.entries(workspace, DATA)[-1].id)
    assert newest(workspace).value == 5.0 and file.read_text().startswith(before)
    assert len(file.read_text().splitlines()) == 3


def test_a_day_to_come_and_no_number_are_refused(workspace):
    with pytest.raises(UserError) as later:
        type_in(workspace, 5.0, TODAY + datetime.timedelta(1))
    assert (later.value.code, later.value.fields["field"]) == ("kpi_day_later", "day")
    for wrong in (float("nan"), float("inf"), 1e13):
        with pytest.raises(UserError) as refused:
            type_in(workspace, wrong)
        assert refused.value.fields["field"] == "value"
    assert kpi_values.entries(workspace, DATA) == ()


def test_what_somebody_wrote_into_the_file_counts_for_nothing(workspace):
    type_in(workspace, 5.0)
    file = workspace.contracts / DATA / "kpis.jsonl"
    line = json.loads(file.read_text())
    odd = [
        {"values": []},
        {"values": ["x"]},
        {"days": ["soon"]},
        {"values": [1, 2]},
        {"stage": None},
        {"values": [1e999]},
    ]
    spoilt = [json.dumps(line | change | {"id": "x", "time": "2099"}) for change in odd]
    file.write_text("\n".join([file.read_text().strip(), *spoilt, "{broken", "[]", ""]))
    assert [entry.value.value for entry in kpi_values.entries(workspace, DATA)] == [5.0]


def test_nothing_is_written_into_a_snapshot(workspace):
    (workspace.path / NOTE).write_text("{}")
    with pytest.raises(UserError) as frozen:
        type_in(workspace, 5.0)
    assert frozen.value.code == "workspace_frozen"


def test_values_are_no_version_of_the_criteria_and_go_with_them(workspace):
    type_in(workspace, 5.0)
    assert locking.history(workspace, DATA) == []
    locking.delete(workspace, DATA)
    assert kpi_values.entries(workspace, DATA) == () and not (workspace.contracts / DATA).exists()
