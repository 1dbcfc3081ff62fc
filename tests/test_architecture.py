"""Who may import whom, what is never done, and what lies where: the house plan as a test."""

import ast
import functools
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"torch", "transformers", "sentence_transformers", "open_clip", "mteb", "umap", "torchvision", "sklearn"}


def modules(room: str) -> list[Path]:
    return sorted(path for path in (ROOT / room).rglob("*.py"))


PRODUCT = [path for room in ("kdmcse", "dashboard", "pages", "sample_data") for path in modules(room)]


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """Every module that is imported anywhere in the file, in functions too; `from a import b` gives a and a.b."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            found |= {origin, *(f"{origin}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return frozenset(found)


def reaches(path: Path, forbidden: set[str]) -> set[str]:
    return {name for name in imports(path) if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden)}


def identify(path: Path) -> str:
    return name_of(path)


def test_imports_in_functions_are_seen():
    assert "kdmcse.poc" in imports(ROOT / "kdmcse" / "cli.py")
    assert "torch" in imports(ROOT / "kdmcse" / "losses.py")
    assert "kdmcse.data.problems" in imports(ROOT / "kdmcse" / "data" / "importing.py")


# Who may import whom


@pytest.mark.parametrize("path", modules("kdmcse"), ids=identify)
def test_the_method_runs_without_a_browser(path):
    assert reaches(path, {"streamlit", "plotly", "dashboard", "pages", "altair"}) == set()


@pytest.mark.parametrize(
    "room", ["runs", "config", "contract", "cost", "decision", "stats", "errors", "words", "workspace", "poc"]
)
def test_listing_runs_or_pricing_mistakes_never_names_a_heavy_library(room):
    for path in modules(f"kdmcse/{room}") or [ROOT / "kdmcse" / f"{room}.py"]:
        assert reaches(path, HEAVY) == set()


def test_losses_know_tensors_and_nothing_of_data_or_settings():
    assert {name for name in imports(ROOT / "kdmcse" / "losses.py") if name.startswith("kdmcse")} == set()


def test_anything_that_encodes_can_be_evaluated():
    assert reaches(ROOT / "kdmcse" / "evaluate.py", {"kdmcse.train"}) == set()


def test_the_data_room_knows_no_model():
    for path in modules("kdmcse/data"):
        assert reaches(path, HEAVY | {"kdmcse.teacher", "kdmcse.student", "kdmcse.train", "kdmcse.runs"}) == set()


@pytest.mark.parametrize("room", ["charts", "jobs", "i18n", "presets"])
def test_plain_functions_of_the_dashboard_know_no_streamlit(room):
    assert reaches(ROOT / "dashboard" / f"{room}.py", {"streamlit"}) == set()


@pytest.mark.parametrize("path", modules("dashboard") + modules("pages"), ids=identify)
def test_the_face_contains_no_method(path):
    assert reaches(path, HEAVY) == set()


@pytest.mark.parametrize("path", modules("pages"), ids=identify)
def test_pages_stay_thin(path):
    assert reaches(path, HEAVY | {"plotly", "subprocess", "multiprocessing", "threading"}) == set()
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 80


@pytest.mark.parametrize("path", modules("kdmcse") + modules("dashboard"), ids=identify)
def test_nothing_imports_a_page(path):
    assert reaches(path, {"pages"}) == set()


@pytest.mark.parametrize("path", modules("dashboard") + modules("pages"), ids=identify)
def test_a_room_of_the_dashboard_is_imported_by_its_whole_name(path):
    """`streamlit run` puts dashboard/ on the path: `import state` would load a second copy."""
    rooms = {other.stem for other in modules("dashboard")}
    assert {name for name in imports(path) if name.split(".")[0] in rooms} == set()


def words_in(path: Path) -> set[str]:
    """Names, attributes and keyword names that the code uses; no text and no comments."""
    found = set()
    for node in ast.walk(tree(path)):
        for field in ("id", "attr", "arg"):
            if isinstance(word := getattr(node, field, None), str):
                found.add(word)
    return found


@pytest.mark.parametrize("path", modules("dashboard") + modules("pages"), ids=identify)
def test_session_and_caches_are_in_one_place_each(path):
    used = words_in(path)
    if path != ROOT / "dashboard" / "state.py":
        assert "session_state" not in used
        assert "st.query_params" not in {ast.unparse(n) for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute)}
    if path != ROOT / "dashboard" / "resources.py":
        assert {word for word in used if word.startswith("cache_")} == set()


# What is loaded when


def in_a_child(code: str) -> str:
    child = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    return child.stdout.strip()


LIGHT = "cli config contract cost data decision errors evaluate labelling poc projection report runs sample sources stats words worker workspace"


def loaded_by(names: list[str]) -> set[str]:
    code = f"import sys, json, {', '.join(names)}; print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(in_a_child(code)))


def test_the_light_rooms_leave_every_heavy_library_and_the_browser_out():
    assert (
        loaded_by(["kdmcse", *(f"kdmcse.{room}" for room in LIGHT.split())])
        & (HEAVY | {"streamlit", "plotly", "dashboard"})
        == set()
    )


def test_opening_the_dashboard_leaves_every_heavy_library_out():
    names = [name_of(path) for path in modules("dashboard") if path.stem not in ("app", "__init__")]
    assert loaded_by(names) & HEAVY == set()


def test_the_package_is_imported_in_an_instant():
    code = "import time; start = time.process_time(); import kdmcse; print(time.process_time() - start)"
    seconds = [float(in_a_child(code)) for _ in range(5)]
    assert statistics.median(seconds) < 0.3, seconds


# What is never done


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", PRODUCT, ids=identify)
def test_nothing_that_was_given_to_us_is_ever_executed(path):
    assert reaches(path, {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}) == set()
    for function, call in calls(path):
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        where = f"{path.name}:{call.lineno} {function}"
        assert function not in ("eval", "exec", "compile", "os.system", "os.popen", "torch.load", "torch.jit.load"), (
            where
        )
        assert not function.endswith("read_pickle"), where
        for argument in ("shell", "trust_remote_code", "allow_pickle", "unsafe_allow_html", "unsafe_allow_javascript"):
            assert given.get(argument, "False") == "False", f"{where} {argument}"
        if function.endswith("st.html") or function == "Markup":
            given = [ast.unparse(arg) for arg in call.args if not isinstance(arg, ast.Constant)]
            assert all(one.startswith("Path(__file__)") for one in given), f"{where}: only fixed HTML"


# What lies where

TOP = {"pyproject.toml", "README.md", "dashboard", "kdmcse", "pages", "tests", "sample_data"} | {
    "Makefile", "constraints.txt", "LICENSE",
}  # fmt: skip


@functools.cache
def committed() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0 or not listed.stdout:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def committed_text() -> Iterator[tuple[str, str]]:
    for name in committed():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content[:8192]:
            yield name, content.decode("utf-8", errors="replace")


def test_the_top_level_holds_only_what_belongs_there():
    top = {name.split("/")[0] for name in committed()}
    assert {name for name in top if not name.startswith(".")} - TOP == set()


def test_no_room_is_called_by_what_it_is_not():
    vague = {"utils", "helpers", "common", "base", "manager", "misc", "util"}
    assert {name for name in committed() if Path(name).stem in vague} == set()


def test_nothing_that_is_made_is_committed():
    made = re.compile(r"(^|/)(__pycache__|\.venv|build|dist|workspace)/|\.(pyc|log|lock|bin|pt|pkl|onnx)$|\.egg-info/")
    assert [name for name in committed() if made.search(name)] == []


def test_no_text_names_a_place_on_somebodys_machine():
    places = {str(ROOT), str(Path.home()), sys.prefix}
    machine = re.compile(
        "|".join(rf"(?<![\w.]){re.escape(place)}/" for place in places if place.count("/") > 1 or place == "/root")
    )
    somebody = re.compile(r"(?<![\w.])/(home|Users)/(?!someone/)\w+/|[A-Z]:\\Users\\")
    found = [
        (name, line.strip()[:120])
        for name, text in committed_text()
        for line in text.splitlines()
        if machine.search(line) or somebody.search(line)
    ]
    assert found == []


def test_packages_come_from_a_public_index_or_one_the_reader_names():
    option = re.compile(r"(?:index-url|index_url|find-links|trusted-host)[ =\"']+(\S+)", re.IGNORECASE)
    known = ("https://pypi.org/", "https://download.pytorch.org/", "$")
    found = [
        (name, given)
        for name, text in committed_text()
        if name != "tests/test_architecture.py"
        for given in option.findall(text)
        if not given.startswith(known)
    ]
    assert found == []
