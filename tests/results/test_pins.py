"""Pinned examples: at most three stand, only while the trainings still differ on them in that way, and whatever else is in the file."""

import dataclasses

import pytest
from example_poc import analysed, complete, import_example

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.errors import UserError
from kdmcse.results import pins
from kdmcse.results.pins import Pin
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

pytestmark = pytest.mark.usefixtures("kept_evidence")


@pytest.fixture
def found(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    complete(workspace, dataset, seeds=(0,))
    return analysed(workspace, dataset)


def some(found, count: int, kind: str = "decisions") -> list[Pin]:
    table = found.disagreements(kind, CANDIDATE, BASELINE).table
    rows = zip(table["row"][:count], table["gained"][:count], strict=True)
    return [Pin(kind, CANDIDATE, BASELINE, int(row), bool(gained)) for row, gained in rows]


def kept(found) -> list[Pin]:
    return pins.read(found.results.workspace, found.results.dataset.fingerprint)


def standing(found) -> list[Pin]:
    return [one.pin for one in pins.standing(found, kept(found), CANDIDATE, BASELINE)]


def test_three_of_any_kind_stand_in_the_order_in_which_they_were_pinned_and_a_fourth_is_refused(found):
    mixed = [*some(found, 2), *some(found, 1, "caption_to_caption")]
    if len(mixed) < 3:  # both models found the same
        mixed = some(found, 3)
    for pin in mixed:
        pins.add(found, pin)
    assert standing(found) == kept(found) == mixed
    with pytest.raises(UserError) as refused:
        pins.add(found, some(found, 4)[-1])
    assert refused.value.code == "pins_full" and kept(found) == mixed
    workspace, fingerprint = found.results.workspace, found.results.dataset.fingerprint
    pins.remove(workspace, fingerprint, mixed[0])
    assert standing(found) == mixed[1:]


def test_one_that_goes_the_other_way_now_does_not_stand_and_takes_no_place(found):
    first, *others = some(found, 4)
    pins.add(found, dataclasses.replace(first, gained=not first.gained))
    pins.add(found, dataclasses.replace(first, row=10**6))
    assert standing(found) == []
    for pin in others:
        pins.add(found, pin)
    assert standing(found) == others and len(kept(found)) == 5


def test_what_stands_is_the_row_as_its_table_has_it(found):
    [pin] = some(found, 1)
    pins.add(found, pin)
    [one] = pins.standing(found, kept(found), CANDIDATE, BASELINE)
    assert one.table.equals(one.found.table[one.found.table["row"] == pin.row])
    assert pins.standing(found, kept(found), CANDIDATE, "mcse") == []


@pytest.mark.parametrize("content", [{}, ["x", {"kind": "decisions"}], [{"kind": "x", "row": 1}]])
def test_what_no_page_has_written_is_no_pin(found, content):
    workspace, fingerprint = found.results.workspace, found.results.dataset.fingerprint
    write_json(pins.file_of(workspace, fingerprint), content)
    assert kept(found) == []
    pins.file_of(workspace, fingerprint).write_text("{")
    assert kept(found) == []
