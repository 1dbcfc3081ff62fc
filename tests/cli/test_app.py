"""The shell: every refusal is a sentence with exit status 2, --json is one object on stdout, a fault of ours is no refusal."""

import errno
import io
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kdmcse.cli import app
from kdmcse.config import RunConfig
from kdmcse.engine import runs

ROOT = Path(__file__).resolve().parents[2]
TRAIN_SHOP = "train --dataset SHOP --method simcse --student MODEL"
REFUSED_COMMANDS = {
    "runs none": "run_unknown",
    "runs ../datasets": "run_unknown",
    "stop none": "run_unknown",
    "resume none": "run_unknown",
    "delete none": "run_unknown",
    "delete ..": "run_unknown",
    "delete LONG": "run_unknown",
    "report --dataset none --out report.html": "dataset_unknown",
    "report --dataset SHOP --out .": "file_unwritable",
    "report --dataset SHOP --out student/config.json/report.html": "file_unwritable",
    "report --dataset SHOP --out report.html --data charts.txt": "chart_data_ending",
    "train --dataset none --method simcse --student MODEL": "dataset_unknown",
    "train --dataset SHOP --method simcse --student /no/student": "student_unknown",
    "train --dataset SHOP --method simcse --student a/b/c": "student_unknown",
    "train --dataset SHOP --method simcse --student org/model": "hub_unreachable",
    "train --dataset SHOP --method kdmcse --student MODEL --teacher /no/teacher": "teacher_unknown",
    "train --dataset SHOP --method mcse --student MODEL --teacher org/teacher": "hub_unreachable",
    f"{TRAIN_SHOP} --config no.toml": "file_missing",
    f"{TRAIN_SHOP} --config .": "file_is_folder",
    f"{TRAIN_SHOP} --seeds -1": "setting_out_of_range",
    f"{TRAIN_SHOP} --seeds 0,-1": "setting_out_of_range",
    "evaluate --dataset none --model org/model": "dataset_unknown",
    "evaluate --dataset SHOP --model org/model": "hub_unreachable",
    "evaluate --dataset SHOP --model LONG": "hub_unreachable",
    "evaluate --dataset SHOP --model /no/model": "student_unknown",
    "evaluate --dataset SHOP --model OTHER": "run_of_other_dataset",
    "cost --dataset SHOP --model org/model --prices no.toml": "file_missing",
    "dashboard --port 70000": "setting_out_of_range",
}


@pytest.mark.parametrize("line", REFUSED_COMMANDS)
def test_what_cannot_be_done_is_told_with_status_2(
    line, shell, tmp_path, workspace, shop, model, snapshot, nobody_works, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    other = runs.create(workspace, RunConfig(dataset="other", method="simcse", student="small"))
    stand_ins = {"MODEL": str(model), "OTHER": other.id, "LONG": "x" * 5000}
    command, *arguments = line.split()
    before = snapshot(tmp_path)
    started = time.monotonic()
    status, out, err = shell(command, "--json", *(stand_ins.get(one, one) for one in arguments))
    assert time.monotonic() - started < 5
    assert status == 2 and json.loads(out)["error"]["code"] == REFUSED_COMMANDS[line]
    assert len(err.strip().splitlines()) >= 2
    assert snapshot(tmp_path) == before


def test_a_workspace_that_cannot_be_used_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert app.main(["runs", "--workspace", str(tmp_path / "file")]) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_a_port_in_use_is_named(shell):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, out, err = shell("dashboard", "--port", port, "--no-browser", "--json")
    assert status == 2 and json.loads(out)["error"]["code"] == "port_in_use" and str(port) in err


def test_a_port_that_this_user_may_not_have_is_not_called_in_use(shell, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    status, out, _ = shell("dashboard", "--port", 80, "--no-browser", "--json")
    error = json.loads(out)["error"]
    assert status == 2 and error["code"] == "port_unusable" and "Permission denied" in error["message"]


UNREADABLE = [
    "train --dataset d --method simclr",
    "reproduce wiki-coco --data . --method rankcse",
    "train --dataset d --method simcse --seeds a",
    "none",
    "",
]


@pytest.mark.parametrize("line", UNREADABLE)
def test_a_command_that_cannot_be_read_is_refused_with_status_2(line, capsys):
    assert app.main(line.split()) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Usage: kdmcse" in err and "kdmcse --help" in err
    assert app.main([*line.split(), "--json", "--language", "ja"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "command_unreadable" and "読み取れません" in err


@pytest.mark.parametrize(
    ("line", "japanese"),
    [
        ("runs --unknown --language ja", True),
        ("runs --unknown --language=ja", True),
        ("import --unknown --name ja", False),
        ("stop ja --unknown", False),
        ("runs --unknown --language en", False),
    ],
)
def test_a_refusal_to_read_is_japanese_where_that_language_is_asked_for(line, japanese, capsys):
    assert app.main(line.split()) == 2
    assert ("読み取れません" in capsys.readouterr().err) == japanese


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("contract --dataset SHOP --show --lock agreed.toml", "--show"),
        ("contract --dataset SHOP --agreed-by Aiko", "--lock"),
        ("contract --dataset SHOP --lock agreed.toml Aiko", "--agreed-by"),
        ("label --dataset SHOP --agreement --seed 0", "--propose"),
        ("interpolate RUN --share 0", "--out"),
        ("demo --recipes mcse", "--real"),
        ("train --dataset SHOP --method simcse --teacher none", "mcse|kdmcse|gist|dalr|rankcse"),
        ("train --dataset SHOP --method simcse_margin --teacher none --choose", "--teacher"),
        ("label --dataset SHOP", "--propose"),
        ("label --dataset SHOP --propose 3 --agreement", "--export"),
    ],
)
def test_options_that_do_not_go_together_are_refused(line, named, shell, shop):
    command, *arguments = line.split()
    status, out, err = shell(command, "--json", *arguments)
    told = json.loads(out)["error"]
    assert status == 2 and told["code"] == "command_unreadable" and named in told["fields"]["reason"]


def test_a_fault_of_ours_is_not_dressed_up_as_a_refusal(monkeypatch, shell):
    def fail(workspace):
        raise ZeroDivisionError

    monkeypatch.setattr("kdmcse.engine.runs.list_runs", fail)
    with pytest.raises(ZeroDivisionError):
        shell("runs", "--json")


def test_an_interruption_is_told_with_status_1(monkeypatch, shell):
    def interrupt(workspace):
        raise KeyboardInterrupt

    monkeypatch.setattr("kdmcse.engine.runs.list_runs", interrupt)
    status, out, err = shell("runs", "--json")
    assert (status, out) == (1, "") and len(err.splitlines()) == 1


def test_a_dataset_can_be_named_in_three_ways(shell, tmp_path, shop):
    for name in ("SHOP", shop.fingerprint, shop.fingerprint[:6]):
        status, _, err = shell("report", "--dataset", name, "--out", tmp_path / "report.html")
        assert status == 0, err
    assert "SHOP" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_console_that_lacks_a_character_is_written_to_all_the_same(workspace, tmp_path, monkeypatch):
    (tmp_path / "texts.txt").write_text("one sentence\nanother one\n")
    asked = ["import", "--workspace", str(workspace.path), "--texts", str(tmp_path / "texts.txt"), "--language", "ja"]
    told = []
    for more in ([], ["--json"]):
        console = io.TextIOWrapper(io.BytesIO(), encoding="cp932")
        monkeypatch.setattr(sys, "stdout", console)
        assert app.main([*asked, "--name", "Müller 写真 😀", *more]) == 0
        console.flush()
        told.append(console.buffer.getvalue().decode("cp932"))
    assert "M\\xfcller 写真" in told[0] and json.loads(told[1])["name"] == "Müller 写真 😀"


# As a program


def program(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "kdmcse.cli", *map(str, arguments)],
        capture_output=True, encoding="utf-8", timeout=60, cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


def test_as_a_program_it_ends_with_the_same_status(tmp_path):
    done = program("runs", "--workspace", tmp_path / "workspace", "--json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, {"runs": []}, "")
    refused = program("delete", "none", "--workspace", tmp_path / "workspace", "--json", "--language", "ja")
    assert refused.returncode == 2 and json.loads(refused.stdout)["error"]["code"] == "run_unknown"
    assert "ありません" in refused.stderr and "Traceback" not in refused.stderr


def test_a_fault_as_a_program_leaves_stdout_empty_and_a_plain_traceback(tmp_path):
    (tmp_path / "runs" / "broken").mkdir(parents=True)
    (tmp_path / "runs" / "broken" / "config.json").write_text("[]")
    done = program("runs", "broken", "--workspace", tmp_path, "--json")
    assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("Traceback (most recent call last)")


def test_help_loads_nothing_heavy():
    code = """
import sys
from kdmcse.cli import app
assert app.main(["--help"]) == 0 and app.main(["train", "--help"]) == 0
print(sorted({"torch", "pandas", "numpy", "mteb", "rich", "sklearn"} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.stderr.strip() == "[]"
