"""The shell: every refusal is a sentence with exit status 2, --json is one object on stdout, nothing stored is lost."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image

from kdmcse import data
from kdmcse.cli import app
from kdmcse.config import RunConfig
from kdmcse.engine import runs
from kdmcse.i18n import Locale
from kdmcse.presentation.data import leak_sentence
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
CAPTIONS = ["赤いマグカップ", "a blue cap", "緑の帽子", "black lamp", "白い花瓶", "a red bag"]


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    monkeypatch.setenv("KDMCSE_WORKSPACE", str(tmp_path / "must not be used"))
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def nobody_works(workspace):
    """A worker that does nothing: what is queued stays queued, and no other worker is started."""
    with FileLock(workspace.path / "worker.lock"):
        yield


@pytest.fixture
def shell(workspace, capsys):
    """Run a command on the workspace; its exit status, stdout and stderr."""

    def run(command: str, *arguments: object) -> tuple[int, str, str]:
        status = app.main([command, "--workspace", str(workspace.path), *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return run


def files(folder: Path, number: int = 6) -> dict[str, Path]:
    """Pictures, pairs, judgements, decisions and texts as a user brings them."""
    (folder / "images").mkdir(parents=True)
    lines = ["image,caption,group"]
    for i in range(number):
        Image.new("RGB", (8, 8), (i * 40, 255 - i * 40, 9)).save(folder / "images" / f"{i}.png")
        lines.append(f"{i}.png,{CAPTIONS[i % 6]},g{i}")
    (folder / "pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "sts.csv").write_text("sentence1,sentence2,score\nA cup,a mug,4.5\nA cup,a car,0\n")
    (folder / "decisions.csv").write_text("text_a,text_b,match\nA cup,a mug,1\nA cup,a car,0\n")
    (folder / "texts.txt").write_text("one sentence\n二つ目の文\n", encoding="utf-8")
    found = {kind: folder / f"{kind}.csv" for kind in ("pairs", "sts", "decisions")}
    return found | {"images": folder / "images", "texts": folder / "texts.txt"}


def options(given: dict[str, Path]) -> list[object]:
    return [part for kind, path in given.items() for part in (f"--{kind}", path)]


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every file with its content, every folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if path.name != "worker.lock"
    }


def model(folder: Path) -> Path:
    """What passes for a model folder until it is loaded."""
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def queued(workspace: Workspace, dataset: str = "d1", seed: int = 0) -> runs.Run:
    return runs.create(workspace, RunConfig(dataset=dataset, method="simcse", student="small", seed=seed))


# What goes in


def test_what_is_imported_is_told_with_its_counts(shell, tmp_path, workspace):
    status, out, _ = shell("import", "--name", "Shop", *options(files(tmp_path / "mine")))
    [dataset] = data.list_datasets(workspace)
    assert status == 0 and dataset.fingerprint in out and "6 pairs" in out and "Shop" in out
    assert not (tmp_path / "must not be used").exists()


def test_json_tells_the_same_as_one_object(shell, tmp_path, workspace):
    given = files(tmp_path / "mine")
    with given["pairs"].open("a", encoding="utf-8") as table:
        table.write("lost.png,its picture is missing,g\n")
    status, out, _ = shell("import", "--name", "Shop", "--json", *options(given))
    told = json.loads(out)
    assert status == 0 and out.count("\n") == 1
    assert told["dataset"] == data.list_datasets(workspace)[0].fingerprint
    assert told["counts"]["pairs"] == 6 and told["counts"]["sts"] == 2 and told["counts"]["texts"] == 2
    [problem] = told["problems"]
    assert (problem["file"], problem["row"], problem["column"]) == ("pairs.csv", 8, "image")
    assert "lost.png" in problem["message"]


@pytest.mark.parametrize("change", ["BOM", "CP932", "UTF-16", ".CSV", "semicolons", "tabs"])
def test_the_same_table_is_read_however_it_was_saved(shell, tmp_path, workspace, change):
    given = files(tmp_path / "mine")
    text = given["pairs"].read_text(encoding="utf-8")
    if change == ".CSV":
        given["pairs"] = given["pairs"].rename(tmp_path / "mine" / "PAIRS.CSV")
    elif change == "tabs":
        given["pairs"] = tmp_path / "mine" / "pairs.tsv"
        given["pairs"].write_text(text.replace(",", "\t"), encoding="utf-8")
    elif change == "semicolons":
        given["pairs"].write_text(text.replace(",", ";"), encoding="utf-8")
    else:
        encoding = {"BOM": "utf-8-sig", "CP932": "cp932", "UTF-16": "utf-16"}[change]
        given["pairs"].write_bytes(text.encode(encoding))
    status, _, err = shell("import", "--name", "Shop", *options(given))
    assert status == 0, err
    assert list(data.list_datasets(workspace)[0].pairs["caption"]) == CAPTIONS


def test_rows_that_cannot_be_used_are_listed_and_the_others_kept(shell, tmp_path, workspace):
    given = files(tmp_path / "mine")
    (given["images"] / "5.png").write_bytes(Path(given["images"] / "5.png").read_bytes()[:40])
    with given["sts"].open("a") as table:
        table.write("A cup,a lamp,7\nA cup,a hat,many\n")
    status, out, _ = shell("import", "--name", "Shop", *options(given))
    assert status == 0
    assert data.list_datasets(workspace)[0].counts["pairs"] == 5
    leaks, *told = out.splitlines()[1:]
    assert len(told) == 3 and leaks == leak_sentence(Locale("en"), data.list_datasets(workspace)[0])
    assert any(line.startswith("pairs.csv, row 7, image:") for line in told)
    assert any(line.startswith("sts.csv, row 4, score:") and "0 to 5" in line for line in told)
    assert any(line.startswith("sts.csv, row 5, score:") and "many" in line for line in told)


def test_a_header_with_another_name_can_be_pointed_to(shell, tmp_path, workspace):
    given = files(tmp_path / "mine")
    text = given["pairs"].read_text(encoding="utf-8")
    given["pairs"].write_text(text.replace("caption", "ながい=ことば"), encoding="utf-8")
    status, _, err = shell("import", "--name", "Shop", *options(given))
    assert status == 2 and "caption" in err and "ながい=ことば" in err
    status, _, err = shell("import", "--name", "Shop", "--column", "pairs.caption=ながい=ことば", *options(given))
    assert status == 0, err
    assert list(data.list_datasets(workspace)[0].pairs["caption"]) == CAPTIONS


def test_the_same_files_again_are_the_same_dataset(shell, tmp_path, workspace):
    given = options(files(tmp_path / "mine"))
    told = [json.loads(shell("import", "--name", name, "--json", *given)[1])["dataset"] for name in ("A", "B")]
    assert told[0] == told[1] and len(data.list_datasets(workspace)) == 1


# What is refused


def refused_imports(folder: Path) -> dict[str, tuple[list[object], str]]:
    """Each bad import with what its sentence must name."""
    good = files(folder)

    def with_table(kind: str, name: str, content: str | bytes) -> list[object]:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return options(good | {kind: path})

    broken = folder / "broken"
    broken.mkdir()
    (broken / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    shutil.copytree(broken, folder / "other")
    no_zip = folder / "pictures.zip"
    no_zip.write_bytes(b"PK\x03\x04 cut")
    only_0 = folder / "only.csv"
    only_0.write_text("image,caption\n0.png,a cup\n")
    lost = folder / "lost.csv"
    lost.write_text("image,caption\nlost.png,a cup\n")
    return {
        "wrong header": (with_table("pairs", "wrong.csv", "foo,bar\n1,2\n"), "wrong.csv"),
        "empty table": (with_table("pairs", "empty.csv", ""), "empty.csv"),
        "header only": (with_table("sts", "header.csv", "sentence1,sentence2,score\n"), "header.csv"),
        "two headers of one name": (with_table("pairs", "twice.csv", "image,caption,caption\n0.png,a,b\n"), "caption"),
        "no text at all": (with_table("pairs", "bytes.csv", b"\xff\xd8\x00\x81\x00" * 20), "bytes.csv"),
        "unknown format": (with_table("pairs", "table.doc", "x"), "table.doc"),
        "no table": (with_table("sts", "sts.xlsx", "no workbook"), "sts.xlsx"),
        "every score out of range": (
            with_table("sts", "range.csv", "sentence1,sentence2,score\na,b,7\nc,d,-1\n"),
            "range.csv",
        ),
        "every picture missing": ([*options({"pairs": lost, "images": good["images"]})], "lost.csv"),
        "every picture broken": ([*options({"pairs": only_0, "images": broken})], "only.csv"),
        "a zip that is none": ([*options(good | {"images": no_zip})], "pictures.zip"),
        "pictures that are not there": ([*options(good | {"images": folder / "nowhere"})], "nowhere"),
        "a table that is not there": ([*options(good | {"pairs": folder / "none.csv"})], "none.csv"),
        "a folder as table": ([*options(good | {"pairs": folder / "images"})], "images"),
        "pairs without pictures": ([*options({"pairs": good["pairs"]})], "pairs.csv"),
        "nothing": ([], ""),
        "a mapping that is none": ([*options(good), "--column", "caption"], "caption"),
        "a mapping to no header": ([*options(good), "--column", "pairs.caption=none"], "none"),
        "a mapping of no field": ([*options(good), "--column", "pairs.color=caption"], "color"),
        "a mapping of no table": ([*options(good), "--column", "pears.caption=caption"], "pears"),
    }


REFUSED = """wrong header, empty table, header only, two headers of one name, no text at all, unknown format, no table,
every score out of range, every picture missing, every picture broken, a zip that is none, pictures that are not there,
a table that is not there, a folder as table, pairs without pictures, nothing, a mapping that is none,
a mapping to no header, a mapping of no field, a mapping of no table""".replace("\n", " ").split(", ")


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_import_names_the_file_in_both_languages_and_stores_nothing(case, shell, tmp_path, workspace):
    bad = refused_imports(tmp_path / "mine")
    assert list(bad) == REFUSED
    arguments, named = bad[case]
    before = snapshot(workspace.path)
    status, out, err = shell("import", "--name", "Shop", *arguments)
    assert status == 2 and out == "" and named in err
    assert len(err.strip().splitlines()) == 2, "what happened, and what to do next"
    status, _, japanese = shell("import", "--name", "Shop", "--language", "ja", *arguments)
    assert status == 2 and named in japanese and japanese != err
    assert any("\u3040" <= letter <= "\u30ff" for letter in japanese)
    status, out, _ = shell("import", "--name", "Shop", "--json", *arguments)
    told = json.loads(out)
    assert status == 2 and out.count("\n") == 1
    assert told["error"]["message"] in err and told["error"]["hint"] and told["error"]["code"]
    assert snapshot(workspace.path) == before


def test_nothing_that_was_stored_is_lost_by_refused_imports(shell, tmp_path, workspace):
    assert shell("import", "--name", "Shop", *options(files(tmp_path / "first")))[0] == 0
    before = snapshot(workspace.path)
    assert any(name.endswith("pairs.parquet") for name in before)
    for arguments, _ in refused_imports(tmp_path / "mine").values():
        assert shell("import", "--name", "Shop", *arguments)[0] == 2
    assert shell("import", "--name", " ", *options(files(tmp_path / "second")))[0] == 2
    assert snapshot(workspace.path) == before


def test_reasons_are_told_with_a_refusal(shell, tmp_path):
    arguments, _ = refused_imports(tmp_path / "mine")["every picture missing"]
    _, out, err = shell("import", "--name", "Shop", "--json", *arguments)
    assert "lost.png" in err and "lost.png" in json.loads(out)["error"]["message"]


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
    "report --dataset SHOP --format pdf --out report.pdf": "report_format_not_yet",
    "train --dataset none --method simcse --student MODEL": "dataset_unknown",
    "train --dataset none --method simcse --student /no/student": "student_unknown",
    "train --dataset none --method simcse --student a/b/c": "student_unknown",
    "train --dataset none --method simcse --student org/model": "hub_unreachable",
    "train --dataset none --method kdmcse --student MODEL --teacher /no/teacher": "teacher_unknown",
    "train --dataset none --method mcse --student MODEL --teacher org/teacher": "hub_unreachable",
    f"{TRAIN_SHOP} --config no.toml": "file_missing",
    f"{TRAIN_SHOP} --config .": "toml_unreadable",
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
def test_what_cannot_be_done_is_told_with_status_2(line, shell, tmp_path, workspace, nobody_works, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data.import_dataset(workspace, name="SHOP", texts=files(tmp_path / "mine")["texts"])
    stand_ins = {"MODEL": str(model(tmp_path / "student")), "OTHER": queued(workspace, "other").id, "LONG": "x" * 5000}
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


UNREADABLE = ["train --dataset d --method simclr", "train --dataset d --method simcse --seeds a", "none", ""]


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
        ("contract --dataset d --show --lock agreed.toml", "--show"),
        ("contract --dataset d --agreed-by Aiko", "--lock"),
        ("contract --dataset d --lock agreed.toml Aiko", "--agreed-by"),
        ("label --dataset d", "--propose"),
        ("label --dataset d --propose 3 --agreement", "--export"),
    ],
)
def test_options_that_do_not_go_together_are_refused(line, named, shell, workspace, tmp_path):
    data.import_dataset(workspace, name="d", texts=files(tmp_path / "mine")["texts"])
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


# Runs


def test_an_empty_workspace_has_no_runs(shell):
    assert shell("runs") == (0, "There are no runs yet.\n", "")
    status, out, _ = shell("runs", "--json")
    assert status == 0 and json.loads(out) == {"runs": []}


def test_training_is_queued_for_every_seed_with_the_untouched_student(shell, tmp_path, workspace, nobody_works):
    dataset = data.import_dataset(workspace, name="SHOP", texts=files(tmp_path / "mine")["texts"])
    config = tmp_path / "training.toml"
    config.write_text("\ufeffepochs = 3\n", encoding="utf-8")
    asked = ["--dataset", "SHOP", "--method", "simcse", "--student", model(tmp_path / "student"), "--seeds", "3,1"]
    status, out, _ = shell("train", *asked, "--config", config, "--json")
    told = json.loads(out)["runs"]
    assert status == 0
    assert [(one["method"], one["seed"]) for one in told] == [("baseline", 0), ("simcse", 3), ("simcse", 1)]
    assert {one["status"] for one in told} == {"queued"} and {one["dataset"] for one in told} == {dataset.fingerprint}
    assert runs.open_run(workspace, told[1]["run"]).config.training.epochs == 3
    again = json.loads(shell("train", *asked, "--config", config, "--json")[1])["runs"]
    assert again == told and len(runs.list_runs(workspace)) == 3


def test_a_run_is_stopped_resumed_and_deleted(shell, workspace, nobody_works):
    run = queued(workspace)

    def status_after(command: str) -> str:
        status, out, _ = shell(command, run.id, "--json")
        assert status == 0
        return json.loads(out)["runs"][0]["status"]

    assert status_after("runs") == "queued"
    assert status_after("stop") == "stopped"
    status, out, err = shell("resume", run.id)
    assert status == 0 and "waiting" in out
    status, out, err = shell("resume", run.id, "--json")
    assert status == 2 and json.loads(out)["error"]["code"] == "run_not_resumable"
    with FileLock(run.folder / "alive.lock"):
        status, out, err = shell("delete", run.id, "--json")
        assert status == 2 and json.loads(out)["error"]["code"] == "run_alive" and run.id in err
        assert status_after("stop") == "stopping"
    status, out, _ = shell("delete", run.id, "--json")
    assert status == 0 and json.loads(out) == {"deleted": run.id}
    assert runs.list_runs(workspace) == []


def test_a_failure_is_told_with_its_run(shell, workspace, nobody_works):
    run = queued(workspace)
    (run.folder / "ticket.json").unlink()
    error = {"code": "too_few_pairs", "fields": {"count": "1", "needed": "2"}, "message": "Too few.", "hint": "More."}
    write_json(run.folder / "outcome.json", {"status": "failed", "error": error, "seconds": 1.0})
    assert "failed" in shell("runs")[1] and "There are 1 pairs" in shell("runs")[1]
    assert json.loads(shell("runs", "--json")[1])["runs"][0]["error"]["code"] == "too_few_pairs"


def test_a_dataset_can_be_named_in_three_ways(shell, tmp_path, workspace):
    dataset = data.import_dataset(workspace, name="SHOP", texts=files(tmp_path / "mine")["texts"])
    for name in ("SHOP", dataset.fingerprint, dataset.fingerprint[:6]):
        status, _, err = shell("report", "--dataset", name, "--out", tmp_path / "report.html")
        assert status == 0, err
    assert "SHOP" in (tmp_path / "report.html").read_text(encoding="utf-8")


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
