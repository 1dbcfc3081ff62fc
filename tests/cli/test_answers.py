"""What scripts rely on: every command keeps its options, the keys and types of its JSON, its exit status and error codes.

The forms stand in `answers.json`. To accept a change, delete that file and run this module twice.
"""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import small
from example_poc import STUDENT, complete, config, import_example
from filelock import FileLock

from kdmcse.cli import app
from kdmcse.engine import runs
from kdmcse.evaluation.benchmark_scores import Measured, Score, keep, missing
from kdmcse.store.workspace import Workspace

GOLDEN = Path(__file__).with_name("answers.json")
PRICES = 'currency = "JPY"\nfalse_match = 300\nmissed_match = 1200\nmonthly_volume = 20000\nbase_rate = 0.1\n'
MODELS = "--dataset Shop --model KDMCSE --model SIMCSE --baseline UNTOUCHED"
LINES = f"""
runs
runs KDMCSE
runs none
stop QUEUED
resume QUEUED
resume QUEUED
delete QUEUED
delete none
import --name New --pairs sources/pairs.csv --images sources/images --sts sources/sts.csv
import --name New --pairs nowhere.csv
import --name New --column caption --pairs sources/pairs.csv
audit --dataset none
contract --dataset Shop
contract --dataset Shop --lock agreed.toml --agreed-by Aiko=Head Ben
contract --dataset Shop --agreed-by Aiko
contract --dataset Shop --show --lock agreed.toml
train --dataset Shop --method simcse --student model --seeds 7
train --dataset none --method simcse --student model
train --dataset Shop --method other
train --dataset Shop --method kdmcse --seeds a
tune --dataset none
tune --dataset Shop --trials a
reproduce wiki-flickr --data nowhere --student model
reproduce other --data nowhere
demo --seeds 0,1
demo --seeds 0.5
demo --real nowhere
demo --student model
evaluate {MODELS}
evaluate --dataset Shop --model /no/model
evaluate --dataset Shop
interpolate none
interpolate UNTOUCHED
interpolate KDMCSE --share 2 --out there
interpolate KDMCSE --share 0.5
yardsticks --dataset Shop
yardsticks --dataset none
cost {MODELS} --prices prices.toml
cost {MODELS} --model KDMCSE2 --prices prices.toml
cost {MODELS} --prices nowhere.toml
curve --dataset Shop --shares 0.5,1 --seeds 0,1
curve --dataset Shop --start
curve --dataset Shop --shares lots
curve --dataset Shop --wait
report --dataset Shop --out report.html
report --dataset Shop --out report.pdf --format pdf
report --dataset Shop --out report.pptx --format pptx --data charts.xlsx
report --dataset Shop --out report.html --data charts.txt
label --dataset Shop --export judged.csv
label --dataset Shop --propose 5 --seed 2
label --dataset Shop --agreement
label --dataset Shop --propose 5 --agreement
label --dataset Shop --agreement --seed 3
label --dataset Shop
dashboard --port 70000
dashboard --port a
unknown

""".splitlines()[1:]


def call(*arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout, stderr."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        status = app.main(list(arguments))
    return status, out.getvalue(), err.getvalue()


def form(value: Any) -> Any:
    """Keys and types of a JSON value, without what it says."""
    if isinstance(value, dict):
        return {key: form(item) for key, item in value.items()}
    if isinstance(value, list):
        forms = {json.dumps(form(item)): form(item) for item in value}
        return [forms[text] for text in sorted(forms)]
    if isinstance(value, bool) or value is None:
        return {None: "nothing"}.get(value, "yes or no")
    return "number" if isinstance(value, int | float) else "text"


def offered(command: str) -> list[str]:
    """Every option in the help of a command."""
    return sorted(set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", call(command, "--help")[1].partition("ptions:")[2])))


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> dict[str, str]:
    """An example workspace, and what the words in capitals stand for. Nobody works: what is queued stays queued."""
    folder = tmp_path_factory.mktemp("answers")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "sources")
    evaluated = complete(workspace, dataset, seeds=(0, 1))
    table = pd.DataFrame({"row": [1, 2], "value": [0.0, 1.0], "unit": ["a", "b"]})
    for run in evaluated["kdmcse"]:
        keep(
            run.folder / "evaluation",
            [Measured("alignment", Score(0.5, 2), table), missing("faq_mrr_at_10", "no_faq", 0)],
        )
    queued = runs.create(workspace, config(dataset, "mcse", seed=9))
    shutil.copytree(small.student(), folder / "model")
    (folder / "prices.toml").write_text(PRICES)
    (folder / "agreed.toml").write_text("least_gain = 0.02\n")
    with FileLock(workspace.path / "worker.lock"), pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "200")
        patch.setattr("kdmcse.processes.benchmarks.measure", lambda *given, **settings: None)
        patch.setattr("kdmcse.sample.import_sample", lambda workspace: dataset)
        patch.setattr("kdmcse.processes.launch.start_sample", lambda *given: sum(evaluated.values(), []))
        patch.setattr("kdmcse.processes.launch.start_projection", lambda run, baseline: None)
        yield {
            "WORKSPACE": str(workspace.path),
            "DATASET": dataset.fingerprint,
            "STUDENT": STUDENT,
            "UNTOUCHED": evaluated["baseline"][0].id,
            "KDMCSE2": evaluated["kdmcse"][1].id,
            "KDMCSE": evaluated["kdmcse"][0].id,
            "SIMCSE": evaluated["simcse"][0].id,
            "QUEUED": queued.id,
        }


def answer(line: str, names: dict[str, str]) -> dict[str, Any]:
    """The form of the answer to one command line with --json."""
    words = [names.get(word, word) for word in line.split()]
    status, out, err = call(*words, *(["--workspace", names["WORKSPACE"]] if words else []), "--json")
    said = json.loads(out)
    assert out.count("\n") == 1
    if "error" in said:
        assert list(said["error"]) == ["code", "fields", "message", "hint"] and len(err.strip().splitlines()) >= 2
        return {"status": status, "error": said["error"]["code"]}
    text = json.dumps(form(said))
    for name, value in names.items():
        text = text.replace(value, name)
    return {"status": status, "answer": json.loads(text)}


def test_options_answers_and_refusals_keep_their_form(names):
    kept = {"options": {command: offered(command) for command in app.COMMANDS}}
    kept["answers"] = {}
    for line in LINES:
        kept["answers"][line if line not in kept["answers"] else f"{line} (again)"] = answer(line, names)
    if not GOLDEN.exists():
        GOLDEN.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        pytest.fail(f"{GOLDEN.name} was not there and is written anew")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert kept["options"] == golden["options"]
    assert kept["answers"] == golden["answers"]
