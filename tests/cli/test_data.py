"""Import from a shell: what goes in is counted, what is refused is a sentence in both languages, nothing stored is lost."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from kdmcse import data
from kdmcse.criteria.readiness import PURPOSES, readiness
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.data import leak_sentence, recognised_sentence
from kdmcse.presentation.readiness import readiness_lines

CAPTIONS = ["赤いマグカップ", "a blue cap", "緑の帽子", "black lamp", "白い花瓶", "a red bag"]


def files(folder: Path, number: int = 6) -> dict[str, Path]:
    """Images, pairs, judgements, decisions and texts as a user brings them."""
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


# What goes in


def test_what_is_imported_is_told_with_its_counts(shell, tmp_path, workspace):
    status, out, _ = shell("import", "--name", "Shop", *options(files(tmp_path / "mine")))
    [dataset] = data.list_datasets(workspace)
    assert status == 0 and dataset.fingerprint in out and "Pairs: 6" in out and "Shop" in out
    assert not (tmp_path / "must not be used").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_import_with_which_nothing_can_be_measured_says_so(shell, tmp_path, language):
    t, given = Locale(language), files(tmp_path / "mine")
    for kinds, warning in (
        (("texts",), t("data.nothing_measures_texts")),
        (("pairs", "images"), None),
        (("texts", "sts"), None),
    ):
        some = options({kind: given[kind] for kind in kinds})
        status, out, _ = shell("import", "--name", "Shop", "--language", language, *some)
        assert status == 0
        assert (t("data.nothing_measures") in out or t("data.nothing_measures_texts") in out) == bool(warning)
        assert (warning or "") in out
    alone = tmp_path / "one.csv"
    alone.write_text("image,caption\n0.png,a mug\n0.png,a cap\n")
    status, out, _ = shell("import", "--name", "One", "--language", language, "--pairs", alone)
    assert status == 0 and t("data.nothing_measures") in out, "one image is one group, and all of it is learnt from"


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


def test_of_many_rows_with_the_same_problem_the_first_are_told_and_how_many_more(shell, tmp_path, workspace):
    given = files(tmp_path / "mine")
    with given["pairs"].open("a", encoding="utf-8") as table:
        table.writelines(f"lost{i}.png,its picture is missing,g\n" for i in range(12))
        table.write("0.png,,g\n")
    _, out, _ = shell("import", "--name", "Shop", *options(given))
    assert [f"lost{i}.png" in out for i in range(12)] == [True] * 10 + [False] * 2
    assert Locale("en")("cli.more_problems", count=2, file="pairs.csv", column="image") in out
    assert out.count("pairs.csv") == 12, "the row without a caption is told, too"
    _, out, _ = shell("import", "--name", "Shop", "--json", *options(given))
    assert len(json.loads(out)["problems"]) == 13


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_said_of_a_whole_column_names_no_row(shell, tmp_path, workspace, language):
    given = files(tmp_path / "mine")
    given["decisions"].write_text("text_a,text_b,match,price,price_jpy\nA cup,a mug,1,,150\nA cup,a car,0,,\n")
    _, out, _ = shell("import", "--name", "Shop", *options(given), "--language", language)
    t = Locale(language)
    for column, message in (
        ("price", t("data.problems.amount_column_empty")),
        ("price_jpy", t("data.problems.amount_column_unused", taken="price")),
    ):
        assert t("cli.problem_of_column", file="decisions.csv", column=column, message=message) in out.splitlines()


def test_test_judgements_that_share_a_sentence_with_a_dev_judgement_are_told(shell, tmp_path, workspace):
    given = files(tmp_path / "mine")
    given["sts"].write_text(
        "sentence1,sentence2,score,split\nA cup,a mug,4.5,dev\na car,a cup,0,test\na hat,a cap,3,test\n"
    )
    asked = ("import", "--name", "Shop", *options(given))
    _, out, _ = shell(*asked)
    assert Locale("en")("data.shared_with_dev", count=1, usable="2") in out
    _, out, _ = shell(*asked, "--json")
    assert json.loads(out)["sts_shared_with_dev"] == 1 and json.loads(out)["counts"]["sts_usable"] == 2


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_each_column_was_taken_for_and_what_the_data_are_enough_for_is_told(shell, tmp_path, workspace, language):
    _, out, _ = shell("import", "--name", "Shop", *options(files(tmp_path / "mine")), "--language", language)
    t, [dataset] = Locale(language), data.list_datasets(workspace)
    for mapping in dataset.manifest["columns"].values():
        assert recognised_sentence(t, mapping) in out
    assert all(line in out.splitlines() for line in readiness_lines(t, readiness(dataset)))
    _, out, _ = shell("import", "--name", "Shop", *options(files(tmp_path / "again")), "--json")
    told = json.loads(out)
    assert told["columns"]["pairs"]["group"] == "group" and told["columns"]["pairs"]["split"] is None
    assert {one["purpose"] for one in told["readiness"]} == set(PURPOSES)


def test_every_role_can_be_set_and_taken_away(shell, tmp_path, workspace):
    given = files(tmp_path / "mine")
    text = given["pairs"].read_text(encoding="utf-8").replace("image,caption,group", "image,caption,棚")
    given["pairs"].write_text(text, encoding="utf-8")
    shell("import", "--name", "Shop", *options(given), "--column", "pairs.category=棚")
    [dataset] = data.list_datasets(workspace)
    assert dataset.extra_columns == ["category"] and dataset.counts["groups"] == 6
    shell("import", "--name", "Shop", *options(files(tmp_path / "other")), "--column", "pairs.group=")
    other = data.list_datasets(workspace)[-1]
    assert other.manifest["columns"]["pairs"]["group"] is None and "group (uploaded)" in other.extra_columns


def test_texts_of_decisions_are_kept_out_of_training_where_that_is_asked_for(shell, tmp_path, workspace):
    mine = files(tmp_path / "mine")
    given = {kind: mine[kind] for kind in ("pairs", "decisions")}
    lines = [
        "image,caption,group",
        *(f"{i}.png,{'abcdefghij'[i % 10] * 5} {'klm'[i // 10] * 5},g{i}" for i in range(30)),
    ]
    captions = [line.split(",")[1] for line in lines[1:]]
    given["pairs"].write_text("\n".join(lines), encoding="utf-8")
    rows = "\n".join(f"{a},{b},{i % 2}" for i, (a, b) in enumerate(zip(captions, captions[1:], strict=False)))
    given["decisions"].write_text(f"text_a,text_b,match\n{rows}\n")
    shell("import", "--name", "Shop", *options(given))
    status, _, err = shell("import", "--name", "Shop 20", *options(given), "--hold-out", "decisions=15")
    assert status == 0, err
    plain, kept = data.list_datasets(workspace)
    assert kept.counts["decisions_usable"] >= 15 > plain.counts["decisions_usable"]
    assert kept.counts["train"] < plain.counts["train"]
    for wrong in ("decisions", "decisions=", "decisions=many", "faq=3", "decisions=0"):
        status, _, err = shell("import", "--name", "Shop", *options(given), "--hold-out", wrong)
        assert status == 2 and "decisions" in err


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
    told = [line for line in told if ", row " in line]
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
        "nothing": ([], ""),
        "a mapping that is none": ([*options(good), "--column", "caption"], "caption"),
        "a mapping to no header": ([*options(good), "--column", "pairs.caption=none"], "none"),
        "a mapping of no field": ([*options(good), "--column", "pairs.color=caption"], "color"),
        "a mapping of no table": ([*options(good), "--column", "pears.caption=caption"], "pears"),
    }


REFUSED = """wrong header, empty table, header only, two headers of one name, no text at all, unknown format, no table,
every score out of range, every picture missing, every picture broken, a zip that is none, pictures that are not there,
a table that is not there, a folder as table, nothing, a mapping that is none,
a mapping to no header, a mapping of no field, a mapping of no table""".replace("\n", " ").split(", ")


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_import_names_the_file_in_both_languages_and_stores_nothing(
    case, shell, tmp_path, workspace, snapshot
):
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


def test_nothing_that_was_stored_is_lost_by_refused_imports(shell, tmp_path, workspace, snapshot):
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
