"""Who may import whom, what is never done, and what lies where: the house plan as a test."""

import ast
import functools
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

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
def statements(path: Path) -> tuple[tuple[str, frozenset[str]], ...]:
    """Of each import anywhere in the file, in functions too, the module and the names `module.name` that are taken from it."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, frozenset()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            found.append((origin, frozenset(f"{origin}.{alias.name}" for alias in node.names)))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            found += [(arg.value, frozenset()) for arg in node.args if isinstance(arg, ast.Constant)]
    return tuple(found)


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """Every module that is imported anywhere in the file; `from a import b` gives a and a.b."""
    return frozenset(name for module, taken in statements(path) for name in (module, *taken))


def reaches(path: Path, forbidden: set[str]) -> set[str]:
    return {name for name in imports(path) if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden)}


def test_imports_in_functions_are_seen():
    assert "kdmcse.results.results" in imports(ROOT / "kdmcse" / "cli" / "results.py")
    assert "torch" in imports(ROOT / "kdmcse" / "losses.py")
    assert "kdmcse.data.problems" in imports(ROOT / "kdmcse" / "data" / "importing.py")


# Who may import whom; the layers are held by import-linter (pyproject.toml)


def reached(path: Path, known: Iterable[str]) -> Iterator[str]:
    """The modules among `known` that a file imports; `from a import b` is of the package a only where b is no module."""
    known = set(known)
    for module, taken in statements(path):
        yield from (taken & known) - {name_of(path)}
        if module in known and module != name_of(path) and (not taken or taken - known):
            yield module


def circles(paths: Iterable[Path]) -> list[set[str]]:
    """Modules that reach each other by imports, in functions and for types too."""
    files = {name_of(path): path for path in paths}
    place = {name: number for number, name in enumerate(files)}
    edges = {(place[name], place[other]) for name, path in files.items() for other in reached(path, files)}
    graph = coo_array(([1] * len(edges), tuple(zip(*edges, strict=True))), shape=(len(files), len(files)))
    _, labels = connected_components(graph, connection="strong")
    groups = [{name for name in files if labels[place[name]] == label} for label in set(labels)]
    return [group for group in groups if len(group) > 1]


def test_no_import_goes_in_a_circle():
    assert circles(path for room in ("kdmcse", "dashboard", "pages") for path in modules(room)) == []


def test_a_circle_is_found_in_functions_for_types_and_beside_an_import_of_a_part(tmp_path, monkeypatch):
    files = {
        "shop/__init__.py": "from shop.till import pay",
        "shop/till.py": "def pay():\n    from shop import stock",
        "shop/stock.py": "from shop import pay\nfrom shop import till",  # of the package, and of one of its modules
        "shop/prices.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop import sums",
        "shop/sums.py": "import shop.prices",
        "shop/alone.py": "from shop import till, prices",
    }
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = circles(sorted(tmp_path.rglob("*.py")))
    assert sorted(map(sorted, found)) == [["shop", "shop.stock", "shop.till"], ["shop.prices", "shop.sums"]]


LIGHT = [
    "cli",
    "config",
    "criteria",
    "demonstration",
    "engine",
    "errors",
    "annotation",
    "cost",
    "roi",
    "stats",
    "store",
    "i18n",
    "results",
    "presentation",
    "documents",
    "sample",
    "data",
    "evaluation",
    "processes.worker",
    "processes.agreement",
    "processes.benchmarks",
    "processes.launch",
    "processes.projection",
    "processes.interpolation",
    "processes.query_encoder",
    "processes.search_index",
    "processes.evaluate",
    "models.references",
    "models.prompts",
    "governance",
    "training.progress",
]
"""What a page or a shell command may import before anything is trained or measured."""


def of_rooms(names: Iterable[str]) -> list[Path]:
    """The files of rooms given as dotted names below kdmcse."""
    places = [ROOT / "kdmcse" / name.replace(".", "/") for name in names]
    return [
        path for place in places for path in (modules(place.relative_to(ROOT).as_posix()) or [place.with_suffix(".py")])
    ]


def breaking(paths: Iterable[Path], forbidden: set[str]) -> dict[str, set[str]]:
    """What of `forbidden` each file reaches; files that reach none are left out."""
    return {name_of(path): found for path in paths if (found := reaches(path, forbidden))}


def test_no_class_bears_the_name_of_one_in_a_module_that_its_own_imports_from():
    classes = {
        name_of(path): {node.name for node in tree(path).body if isinstance(node, ast.ClassDef)} for path in PRODUCT
    }
    found = {
        (name_of(path), module): shared
        for path in PRODUCT
        for module in imports(path) & set(classes)
        if module != name_of(path) and (shared := classes[name_of(path)] & classes[module])
    }
    assert not found


def test_the_method_runs_without_a_browser():
    assert breaking(modules("kdmcse"), {"streamlit", "plotly", "dashboard", "pages", "altair"}) == {}


def test_runs_prices_criteria_and_results_never_name_a_heavy_library():
    rooms = [
        "engine",
        "config",
        "criteria",
        "cost",
        "roi",
        "stats",
        "errors",
        "i18n",
        "store",
        "results",
        "presentation",
    ]
    assert breaking(of_rooms(rooms), HEAVY) == {}


def test_losses_know_tensors_and_nothing_of_data_or_settings():
    assert breaking([ROOT / "kdmcse" / "losses.py"], {"kdmcse"}) == {}


def test_anything_that_encodes_can_be_evaluated():
    assert breaking(modules("kdmcse/evaluation"), {"kdmcse.training", "kdmcse.processes"}) == {}


def test_the_data_room_knows_no_model():
    assert breaking(modules("kdmcse/data"), HEAVY | {"kdmcse.models", "kdmcse.training", "kdmcse.engine"}) == {}


def test_plain_functions_of_the_dashboard_know_no_streamlit():
    plain = ["uploads.py", "widgets/text.py", "forms/model_presets.py"]
    paths = [*modules("dashboard/charts"), *(ROOT / "dashboard" / name for name in plain)]
    assert breaking(paths, {"streamlit"}) == {}


def test_the_face_contains_no_method():
    assert breaking(modules("dashboard") + modules("pages"), HEAVY) == {}


def test_pages_stay_thin():
    assert breaking(modules("pages"), {"plotly", "subprocess", "multiprocessing", "threading"}) == {}
    assert {path.name for path in modules("pages") if len(path.read_text(encoding="utf-8").splitlines()) > 80} == set()


def test_nothing_imports_a_page():
    assert breaking(modules("kdmcse") + modules("dashboard"), {"pages"}) == {}


def test_a_room_of_the_dashboard_is_imported_by_its_whole_name():
    """`streamlit run` puts dashboard/ on the path: `import state` would load a second copy."""
    rooms = {other.relative_to(ROOT / "dashboard").parts[0].removesuffix(".py") for other in modules("dashboard")}
    paths = modules("dashboard") + modules("pages")
    assert {name_of(path) for path in paths if {name.split(".")[0] for name in imports(path)} & rooms} == set()


def words_in(path: Path) -> set[str]:
    """Names, attributes and keyword names that the code uses; no text and no comments."""
    found = set()
    for node in ast.walk(tree(path)):
        for field in ("id", "attr", "arg"):
            if isinstance(word := getattr(node, field, None), str):
                found.add(word)
    return found


def test_session_and_caches_are_in_one_place_each():
    for path in modules("dashboard") + modules("pages"):
        used, where = words_in(path), name_of(path)
        if path != ROOT / "dashboard" / "state.py":
            attributes = {ast.unparse(n) for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute)}
            assert "session_state" not in used and "st.query_params" not in attributes, where
        if path != ROOT / "dashboard" / "cache.py":
            assert not [word for word in used if word.startswith("cache_")], where


LOOKS = {
    "read_json", "read_table", "read_parquet", "open", "exists", "names_in", "glob", "rglob", "iterdir", "stat", "is_file", "is_dir",
    "read_text", "read_bytes", "is_held", "today", "now", "time", "monotonic",
}  # fmt: skip
HANDLES = {"JobFolder", "Run", "PairDataset", "Shards", "PageContext"}
"""What stands for a folder, or for the place of a visitor, and reads when it is asked; everything else is a value."""


def direct_calls(node: ast.AST) -> set[str]:
    """The last names of what is called anywhere in it."""
    return {getattr(n.func, "attr", getattr(n.func, "id", "")) for n in ast.walk(node) if isinstance(n, ast.Call)}


@functools.cache
def local_names(path: Path) -> dict[str, str]:
    """What a name of the file stands for, by its whole name: an import or a function of its own."""
    names = {node.name: f"{name_of(path)}.{node.name}" for node in tree(path).body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    return names


def resolved_calls(node: ast.AST, path: Path) -> set[str]:
    """The whole names of what is called in it, where it is a function, or a function of an imported module."""
    names, found = local_names(path), set()
    for call in (n.func for n in ast.walk(node) if isinstance(n, ast.Call)):
        if isinstance(call, ast.Name):
            found.add(names.get(call.id, ""))
        elif isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id in names:
            found.add(f"{names[call.value.id]}.{call.attr}")
    return found


def looking_functions(paths: Iterable[Path]) -> set[str]:
    """Functions that open a file or read the clock, or call one that does; by every name under which a package hands them on."""
    paths = list(paths)
    bodies = {
        f"{name_of(path)}.{node.name}": (node, path)
        for path in paths
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
    }
    handed_on = {
        f"{name_of(path)}.{name}": whole
        for path in paths
        if path.name == "__init__.py"
        for name, whole in local_names(path).items()
    }
    looking = {name for name, (node, _) in bodies.items() if direct_calls(node) & LOOKS}
    while True:
        known = looking | {name for name, whole in handed_on.items() if whole in looking}
        more = {name for name, (node, path) in bodies.items() if resolved_calls(node, path) & known}
        if more <= looking:
            return known
        looking |= more


def properties(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Those of the classes that are no handles, each with its whole name."""
    for of in (node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef) and node.name not in HANDLES):
        for method in (node for node in of.body if isinstance(node, ast.FunctionDef)):
            if any("property" in ast.unparse(one) for one in method.decorator_list):
                yield f"{name_of(path)}.{of.name}.{method.name}", method


def test_no_property_of_a_value_opens_a_file_or_reads_the_clock():
    paths = modules("kdmcse") + modules("dashboard")
    looking = looking_functions(paths)
    found = {
        name: reads
        for path in paths
        for name, method in properties(path)
        if (reads := (direct_calls(method) & LOOKS) | (resolved_calls(method, path) & looking))
    }
    assert found == {}


def test_a_look_is_found_behind_a_function_of_another_room():
    looking = looking_functions(modules("kdmcse"))
    assert {
        "kdmcse.cost.read_prices",
        "kdmcse.criteria.locking.current",
        "kdmcse.roi.scenario_store.read_draft",
    } <= looking
    assert not {"kdmcse.cost.compare_costs", "kdmcse.results.findings.findings"} & looking


# What is loaded when


def in_a_child(code: str) -> str:
    child = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    return child.stdout.strip()


def loaded_by(names: list[str]) -> set[str]:
    code = f"import sys, json, {', '.join(names)}; print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(in_a_child(code)))


def test_the_light_rooms_leave_every_heavy_library_and_the_browser_out():
    assert (
        loaded_by(["kdmcse", *(name_of(path) for path in of_rooms(LIGHT) if path.name != "__main__.py")])
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


# How long a file is


def test_no_file_is_too_long_to_be_read_at_once():
    paths = [path for room in ("kdmcse", "dashboard", "pages") for path in modules(room)]
    assert {name_of(path) for path in paths if len(path.read_text(encoding="utf-8").splitlines()) > 400} == set()


# What is never done


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_nothing_that_was_given_to_us_is_ever_executed():
    assert breaking(PRODUCT, {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}) == {}
    assert [where for path in PRODUCT for where in executing(path)] == []


def executing(path: Path) -> Iterator[str]:
    """Calls that would run, unpickle or show as HTML what somebody else gave us."""
    never = ("eval", "exec", "compile", "os.system", "os.popen", "torch.load", "torch.jit.load")
    unsafe = ("shell", "trust_remote_code", "allow_pickle", "unsafe_allow_html", "unsafe_allow_javascript")
    for function, call in calls(path):
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        where = f"{path.name}:{call.lineno} {function}"
        if function in never or function.endswith("read_pickle"):
            yield where
        yield from (f"{where} {argument}" for argument in unsafe if given.get(argument, "False") != "False")
        if function.endswith("st.html") or function == "Markup":
            shown = [ast.unparse(arg) for arg in call.args if not isinstance(arg, ast.Constant)]
            if not all(one.startswith("Path(__file__)") for one in shown):
                yield f"{where}: only fixed HTML"


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
