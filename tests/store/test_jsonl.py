"""Lines in a file that only grows."""

import pytest

from kdmcse.store import jsonl


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lines.jsonl"


def test_lines_come_back_in_order_and_the_last_one_alone(path):
    assert jsonl.read(path) == [] and jsonl.last(path) is None
    jsonl.append(path, [{"step": 1}, {"step": 2}])
    jsonl.append(path, [{"step": "三"}], fsync=False)
    assert jsonl.read(path) == [{"step": 1}, {"step": 2}, {"step": "三"}] and jsonl.last(path) == {"step": "三"}


@pytest.mark.parametrize("cut", [b'{"step": 2, "lo', b'{"step": 2}\n{', b'{"step": 2}\n17', b'{"step": 2}\n\xff\n'])
def test_what_a_kill_cut_short_spoils_no_other_line(path, cut):
    jsonl.append(path, [{"step": 1}])
    whole = [{"step": 1}] + [{"step": 2}] * (b"}" in cut)
    path.write_bytes(path.read_bytes() + cut)
    assert jsonl.read(path) == whole and jsonl.last(path) == whole[-1]
    jsonl.append(path, [{"step": 3}])
    assert jsonl.read(path) == [*whole, {"step": 3}] and jsonl.last(path) == {"step": 3}


def test_progress_waits_for_no_disk_and_judgements_do(path, monkeypatch):
    waits = []
    monkeypatch.setattr(jsonl.os, "fsync", waits.append)
    jsonl.append(path, [{"step": 1}], fsync=False)
    assert not waits
    jsonl.append(path, [{"step": 2}])
    assert len(waits) == 1
