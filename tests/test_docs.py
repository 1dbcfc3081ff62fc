"""Every README is true, every public thing says what it is, every dependency has a floor and a pin."""

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
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, LINTER = PYPROJECT["project"], PYPROJECT["tool"]["importlinter"]
DEPENDENCIES = [
    *PROJECT["dependencies"],
    *(one for extra in PROJECT["optional-dependencies"].values() for one in extra),
]


READMES = [ROOT / name for name in (
    "README.md", "dashboard/README.md", "kdmcse/README.md", "kdmcse/cli/README.md", "kdmcse/data/README.md",
    "kdmcse/training/README.md", "sample_data/README.md", "tests/benchmarks/README.md",
)]  # fmt: skip
FRONT, SHELL, PICTURES = ROOT / "README.md", ROOT / "kdmcse/cli/README.md", ROOT / "dashboard/README.md"
LONGEST = 120
"""Lines of the README: three screens."""
THEIRS = {"preprocess.py"}
"""Files of other projects that a README names."""


@dataclass(frozen=True)
class Entry:
    """A line of a tree in a README."""

    path: str
    clause: str


def text(readme: Path) -> str:
    return readme.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    """Below the project, a folder with a slash."""
    return path.relative_to(ROOT).as_posix() + "/" * path.is_dir()


def files_below(*rooms: str, ending: str = ".py") -> list[Path]:
    """The files of a kind in folders of the project."""
    return [path for room in rooms for path in (ROOT / room).rglob("*" + ending)]


def blocks(readme: Path) -> list[str]:
    """What stands between fences."""
    return re.findall(r"^```[^\n]*\n(.*?)^```", text(readme), re.DOTALL | re.MULTILINE)


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


def drawn(readme: Path) -> dict[str, str]:
    """Path below the project -> clause, of every tree in a README: a block that begins with what lies beside it."""
    trees = [parse_tree(block) for block in blocks(readme) if re.match(r"[a-z_]+(/|\.py)\s", block)]
    return {name_of(readme.parent / entry.path): entry.clause for tree in trees for entry in tree}


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


# The front door


def test_the_readme_is_three_screens():
    assert len(text(FRONT).splitlines()) <= LONGEST


def test_the_first_commands_are_make_run_and_make_test():
    lines = [line.split("#")[0].strip() for line in "\n".join(blocks(FRONT)[:2]).splitlines()]
    assert [line for line in lines if line.startswith("make ")] == ["make run", "make test", "make test-all"]
    for target in ("run", "test", "test-all"):
        assert re.search(rf"^{target}:", text(ROOT / "Makefile"), re.MULTILINE)


def test_every_file_and_folder_of_the_first_floor_is_in_the_first_tree_with_a_clause():
    wanted = [path for room in ("kdmcse", "dashboard", "pages") for path in (ROOT / room).glob("*.py")]
    wanted += [path for room in ("kdmcse", "dashboard") for path in (ROOT / room).glob("*/") if path.name[0] != "_"]
    wanted += [path for path in (ROOT / "tests").glob("*/") if path.name[0] != "_" and not mirrored(path)]
    named = drawn(FRONT)
    missing = [name_of(path) for path in wanted if path.name != "__init__.py" and not named.get(name_of(path))]
    assert missing == [], "write each with a clause into the tree of README.md"


def mirrored(folder: Path) -> bool:
    """Whether a folder of tests is about a folder of the code of the same name."""
    return any((ROOT / above / folder.name).is_dir() for above in ("", "kdmcse"))


def test_a_researcher_finds_losses_step_statistics_and_cost_model():
    named = drawn(FRONT)
    clauses = [named[f"kdmcse/{path}"] for path in ("losses.py", "training/step.py", "stats/", "cost/")]
    for word, clause in zip(("objectives", "training step", "statistics", "cost model"), clauses, strict=True):
        assert word in clause


# Every README


def test_every_readme_is_read_here_and_can_be_reached_from_the_first():
    found = set(files_below("kdmcse", "dashboard", "pages", "tests", "sample_data", ending=".md"))
    assert {FRONT, *found} == set(READMES)
    assert {name_of(path) for path in found} - set(re.findall(r"\(([^)#]+\.md)\)", text(FRONT))) == set()


@pytest.mark.parametrize("readme", READMES, ids=name_of)
def test_every_link_and_picture_leads_somewhere(readme):
    targets = re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text(readme)) + re.findall(
        r"<img[^>]+src=\"([^\"]+)\"", text(readme)
    )
    assert [one for one in targets if "://" not in one and not leads_somewhere(readme, one)] == []


def leads_somewhere(readme: Path, target: str) -> bool:
    """Whether there is a file of this address, and the heading it names."""
    address, _, heading = target.partition("#")
    path = readme.parent / address if address else readme
    if not heading:
        return path.exists()
    titles = re.findall(r"^#+ (.+)$", text(path), re.MULTILINE)
    return heading in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


def test_everything_in_a_tree_exists():
    missing = {name_of(readme): [name for name in drawn(readme) if not (ROOT / name).exists()] for readme in READMES}
    assert {readme: names for readme, names in missing.items() if names} == {}


def test_every_module_is_in_a_tree_with_a_clause():
    named = {name: clause for readme in READMES for name, clause in drawn(readme).items()}
    wanted = files_below("kdmcse", "dashboard", "pages")
    wanted += [path.parent for path in wanted if path.name == "__init__.py" and path.parent.parent != ROOT]
    wanted += files_below("tests/benchmarks", "sample_data")
    missing = [name_of(path) for path in wanted if path.name[:2] != "__" and not named.get(name_of(path))]
    assert missing == [], "write each with a clause into the tree of the nearest README"


@pytest.mark.parametrize("readme", READMES, ids=name_of)
def test_every_module_that_a_readme_names_exists(readme):
    names = set(re.findall(r"\w[\w/]*\.py\b", text(readme))) - THEIRS
    known = {name_of(path) for path in files_below("kdmcse", "dashboard", "pages", "tests", "sample_data")}
    assert [name for name in names if not any(one == name or one.endswith("/" + name) for one in known)] == []


def test_rooms_stand_in_the_order_in_which_they_may_import():
    """As kdmcse/README.md says it and import-linter holds it, the lowest layer first."""
    contract = next(one for one in LINTER["contracts"] if one.get("containers") == ["kdmcse"])
    floor = {room: -height for height, layer in enumerate(contract["layers"]) for room in layer.split(" | ")}
    rooms = [
        path.split("/")[1] for path in drawn(ROOT / "kdmcse/README.md") if path.count("/") == 2 and path[-1] == "/"
    ]
    assert [floor[room] for room in rooms] == sorted(floor[room] for room in rooms)


def test_every_page_is_shown_by_a_picture_below_its_title_and_question():
    shown = text(PICTURES)
    assert [page for page in PAGES if not re.search(rf"!\[[^\]]+\]\(screenshots/{page}\.\w+\.png\)", shown)] == []
    titles = tomllib.loads(text(ROOT / "kdmcse/messages/pages.en.toml"))
    for page in PAGES:
        words = tomllib.loads(text(ROOT / f"dashboard/locales/page_{page}.en.toml"))
        assert f"**{titles[page]}.** {words['question']} |" in shown


def test_every_picture_is_shown():
    shown = "".join(map(text, READMES))
    assert [
        path.name for path in (ROOT / "dashboard/screenshots").iterdir() if f"screenshots/{path.name})" not in shown
    ] == []


# The shell


def commands() -> dict:
    """Name -> command, as a command line is read."""
    return get_command(app.app).commands


def examples() -> list[list[str]]:
    """The words of every line in a README that calls `kdmcse`."""
    lines = [line for readme in READMES for block in blocks(readme) for line in block.splitlines()]
    lines = [line for line in lines if line.startswith("kdmcse ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_every_command_has_an_example_in_the_readme_of_the_shell():
    shown = {line.split()[1] for block in blocks(SHELL) for line in block.splitlines()}
    assert set(commands()) - shown == set()


def test_every_example_in_a_readme_is_a_command_line_that_can_be_read():
    for name, *arguments in examples():
        commands()[name].make_context(name, arguments)


def test_every_command_can_answer_in_json_and_in_both_languages():
    for name, command in commands().items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--json", "--workspace", "--language"} <= options, name


def test_a_readme_that_a_sentence_of_the_product_names_exists():
    sentences = "".join(map(text, files_below("kdmcse", "dashboard", ending=".toml")))
    assert [name for name in re.findall(r"[\w/]*README(?:\.md)?", sentences) if not (ROOT / name).is_file()] == []


# Docstrings


def modules(*rooms: str) -> dict[str, ast.Module]:
    return {name_of(path): ast.parse(text(path)) for path in sorted(files_below(*rooms))}


def test_every_module_says_what_it_is():
    assert [
        path for path, module in modules("kdmcse", "dashboard", "pages").items() if not ast.get_docstring(module)
    ] == []


def test_public_functions_and_classes_say_what_they_are():
    silent = [
        f"{path}: {node.name}"
        for path, module in modules("kdmcse", "dashboard", "pages").items()
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_a_room_that_draws_itself_draws_all_its_files():
    """`    name, name   clause` in the docstring of a package."""
    wrong = {}
    for package in files_below("kdmcse", "dashboard", ending="__init__.py"):
        docstring = ast.get_docstring(ast.parse(text(package)))
        lines = re.findall(r"^ {4}([a-z_]+(?:, [a-z_]+)*) {2,}[^\s=(]", docstring, re.MULTILINE)
        named = {name for line in lines for name in line.split(", ")}
        there = {
            path.stem for path in package.parent.glob("*") if path.suffix == ".py" or (path / "__init__.py").exists()
        }
        if named and named != there - {"__init__"}:
            wrong[name_of(package)] = named ^ (there - {"__init__"})
    assert wrong == {}


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
    known = {
        "pil": "pillow",
        "open-clip": "open-clip-torch",
        "sklearn": "scikit-learn",
        "umap": "umap-learn",
        "pptx": "python-pptx",
    }
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
