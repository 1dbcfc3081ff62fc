"""The README is true, every public thing says what it is, every dependency has a floor and a pin."""

import ast
import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.main import get_command

from kdmcse.cli import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [
    *PROJECT["dependencies"],
    *(one for extra in PROJECT["optional-dependencies"].values() for one in extra),
]


@dataclass(frozen=True)
class Entry:
    """A line of the tree in the README."""

    path: str
    clause: str


@pytest.fixture(scope="module")
def readme() -> str:
    path = ROOT / "README.md"
    assert path.exists(), "there is no README.md"
    return path.read_text(encoding="utf-8")


def blocks(readme: str) -> list[str]:
    """What stands between fences."""
    return re.findall(r"^```[^\n]*\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)


def parse_tree(block: str) -> list[Entry]:
    """Lines such as `kdmcse/` and, further in, `losses.py   the clause`; what is further in lies in what is above."""
    entries, folders = [], []
    for line in block.splitlines():
        found = re.match(r"^([\s│├└─|`+-]*)(\S.*)$", line)
        if not found:
            continue
        depth, text = len(found[1]), found[2]
        names, _, clause = re.sub(r"\s+#\s*", "  ", text).partition("  ")
        while folders and folders[-1][0] >= depth:
            folders.pop()
        above = folders[-1][1] if folders else ""
        for name in re.split(r",\s*", names.strip()):
            entries.append(Entry(above + name, clause.strip()))
            if name.endswith("/"):
                folders.append((depth, above + name))
    return entries


@pytest.fixture(scope="module")
def drawn(readme) -> list[Entry]:
    trees = [block for block in blocks(readme) if re.search(r"^\W*kdmcse/(\s|$)", block, re.MULTILINE)]
    assert trees, "the README draws no tree with kdmcse/ in it"
    return parse_tree(trees[0])


def test_a_tree_is_read_as_it_is_drawn():
    block = "kdmcse/   the method\n  losses.py, stats.py  terms\n  data/  files\n    row_checks.py   # rows\npages/\n  map.py"
    paths = {entry.path: entry.clause for entry in parse_tree(block)}
    assert paths == {
        "kdmcse/": "the method",
        "kdmcse/losses.py": "terms",
        "kdmcse/stats.py": "terms",
        "kdmcse/data/": "files",
        "kdmcse/data/row_checks.py": "rows",
        "pages/": "",
        "pages/map.py": "",
    }
    boxed = [
        entry.path
        for entry in parse_tree("kdmcse/\n├── data/  files\n│   └── row_checks.py  rows\n└── cli/app.py  shell")
    ]
    assert boxed == ["kdmcse/", "kdmcse/data/", "kdmcse/data/row_checks.py", "kdmcse/cli/app.py"]


# README


def test_the_first_commands_are_make_run_and_make_test(readme):
    lines = [line.split("#")[0].strip() for line in "\n".join(blocks(readme)[:2]).splitlines()]
    made = [line for line in lines if line.startswith("make ")]
    assert made[:2] == ["make run", "make test"]


def test_everything_in_the_tree_exists(drawn):
    missing = [
        entry.path
        for entry in drawn
        if not (any(ROOT.glob(entry.path)) if "*" in entry.path else (ROOT / entry.path).exists())
    ]
    assert missing == []


def test_every_module_and_page_is_in_the_tree_with_a_clause(drawn):
    named = {entry.path: entry.clause for entry in drawn}
    wanted = [
        path.relative_to(ROOT).as_posix()
        for pattern in ("kdmcse/*.py", "dashboard/*.py", "pages/*.py")
        for path in sorted(ROOT.glob(pattern))
        if path.name != "__init__.py"
    ]
    wanted += [f"{path.parent.relative_to(ROOT).as_posix()}/" for path in ROOT.glob("kdmcse/*/__init__.py")]
    assert [path for path in wanted if not named.get(path)] == []


def test_every_page_is_shown_by_a_picture_that_exists(readme):
    pictures = re.findall(r"!\[[^\]]*\]\(([^)\s]+)", readme) + re.findall(r"<img[^>]+src=\"([^\"]+)\"", readme)
    assert [one for one in pictures if not one.startswith("http") and not (ROOT / one).is_file()] == []
    here = [Path(one).name for one in pictures if not one.startswith("http")]
    assert [page for page in PAGES if not any(page in name for name in here)] == []


def test_every_link_to_a_file_leads_somewhere(readme):
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)", readme)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


# The shell


def commands() -> dict:
    """Name -> command, as a command line is read."""
    return get_command(app.app).commands


def examples(readme: str) -> list[list[str]]:
    """The words of every line in the README that calls `kdmcse`."""
    lines = [line for block in blocks(readme) for line in block.splitlines() if line.startswith("kdmcse ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_every_command_is_told_in_the_readme(readme):
    assert [name for name in commands() if not re.search(rf"kdmcse {name}\b", readme)] == []


def test_every_example_in_the_readme_is_a_command_line_that_can_be_read(readme):
    assert len(examples(readme)) > 10
    for name, *arguments in examples(readme):
        commands()[name].make_context(name, arguments)


def test_every_command_can_answer_in_json_and_in_both_languages():
    for name, command in commands().items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--json", "--workspace", "--language"} <= options, name


def test_makefile_has_both_commands():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^run:", makefile, re.MULTILINE) and re.search(r"^test:", makefile, re.MULTILINE)


# Docstrings


def modules(*rooms: str) -> dict[str, ast.Module]:
    paths = sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def test_every_module_says_what_it_is():
    assert [
        path for path, module in modules("kdmcse", "dashboard", "pages").items() if not ast.get_docstring(module)
    ] == []


def test_public_functions_and_classes_say_what_they_are():
    silent = [
        f"{path}: {node.name}"
        for path, module in modules("kdmcse").items()
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


# Dependencies


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    found = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"^([A-Za-z0-9._-]+)==([^\s;]+)", line):
            found[plain(match[1])] = match[2]
    return found


def test_every_dependency_has_a_floor_and_a_pin_that_reaches_it():
    pinned = pins()
    for dependency in DEPENDENCIES:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)(\[[\w,-]+\])?>=([\d.]+)", dependency)
        assert match, f"write name>=version: {dependency}"
        pin = pinned.get(plain(match[1]))
        assert pin, f"constraints.txt does not pin {dependency}"
        reached, floor = (
            tuple(int(part) for part in re.findall(r"\d+", text)) for text in (pin.split("+")[0], match[3])
        )
        assert reached >= floor, f"{pin} is below {dependency}"


def test_the_constraints_are_pins_without_addresses():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text and "@" not in text
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert [line for line in lines if not re.match(r"^[A-Za-z0-9._-]+==\S+( ; .+)?$", line)] == []


def test_what_is_imported_is_asked_for():
    """A library that the product imports is a dependency of its own, not somebody else's."""
    import sys

    given = {plain(re.split(r"[\[>]", one)[0]) for one in PROJECT["dependencies"]}
    known = {"pil": "pillow", "open-clip": "open-clip-torch", "sklearn": "scikit-learn", "umap": "umap-learn"}
    used = set()
    for room in ("kdmcse", "dashboard", "pages"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    used |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    used.add(node.module.split(".")[0])
    used -= {*sys.stdlib_module_names, "kdmcse", "dashboard", "pages"}
    assert {known.get(plain(name), plain(name)) for name in used} - given == set()
