"""More is held out on request: so many judgements can measure, the pairs that it costs are counted, and the dataset is another one."""

import itertools
import json
from pathlib import Path

import pandas as pd
import pytest
from example_datasets import album, pilot, table
from hypothesis import given, settings
from hypothesis import strategies as st

from kdmcse.data import import_again, import_dataset
from kdmcse.data.holding_out import keep_out, mark_held_out
from kdmcse.data.leakage import find_leaks
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store.workspace import Workspace

SHARED = Path(__file__).parents[3] / "shared"


def words(number: int) -> str:
    """A caption that is like no other."""
    return f"{'abcdefghij'[number % 10] * 6} {'klmnopqrst'[number // 10] * 6}"


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    """40 pairs of 20 products, a decision between each product and the next three, and five further sentences."""
    frame = pilot(20, 2)
    frame["caption"] = [words(i) for i in range(40)]
    rows = [
        (words(2 * i), words(2 * j), int(i % 3 == 0))
        for i, j in itertools.product(range(20), range(20))
        if 0 < j - i < 4
    ]
    decisions = pd.DataFrame(rows, columns=["text_a", "text_b", "match"])
    (tmp_path / "texts.txt").write_text("\n".join([words(0), words(2), "uuuuuu", "vvvvvv", "wwwwww"]), encoding="utf-8")
    return {
        "images": album(tmp_path, 40),
        "pairs": table(tmp_path, "pairs.csv", frame),
        "decisions": table(tmp_path, "decisions.csv", decisions),
        "texts": tmp_path / "texts.txt",
    }


def test_as_many_decisions_as_asked_for_can_measure(files, tmp_path):
    plain = import_dataset(Workspace(tmp_path / "one"), name="p", **files)
    before = plain.counts["decisions_usable"]
    kept = import_dataset(Workspace(tmp_path / "two"), name="p", hold_out={"decisions": before + 10}, **files)
    assert before + 10 <= kept.counts["decisions_usable"] <= before + 13
    assert kept.fingerprint != plain.fingerprint and kept.manifest["splits"]["hold_out"] == {"decisions": before + 10}
    moved = plain.counts["train"] - kept.counts["train"]
    assert moved > 0 and kept.counts["test"] - plain.counts["test"] == moved, "what it costs is training pairs"
    assert kept.counts["dev"] == plain.counts["dev"]
    assert kept.pairs.groupby("group")["split"].nunique().max() == 1, "a product stays on one side"
    assert set(plain.pairs.loc[plain.pairs["split"] == "test", "pair"]) <= set(
        kept.pairs.loc[kept.pairs["split"] == "test", "pair"]
    )


def test_the_files_and_the_dataset_made_of_them_come_to_the_same(files, tmp_path):
    workspace = Workspace(tmp_path / "one")
    plain = import_dataset(workspace, name="p", **files)
    wanted = {"decisions": plain.counts["decisions_usable"] + 10}
    again = import_again(workspace, plain, name="p again", hold_out=wanted)
    asked = import_dataset(Workspace(tmp_path / "two"), name="p", hold_out=wanted, **files)
    assert again.fingerprint == asked.fingerprint and again.name == "p again"
    assert again.counts == asked.counts
    assert all(again.image_path(image).is_file() for image in again.pairs["image"])
    plain_images = {path: path.read_bytes() for path in (plain.folder / "objects").iterdir()}
    assert all(path.read_bytes() == content for path, content in plain_images.items())


def test_where_enough_can_measure_nothing_changes(files, tmp_path):
    workspace = Workspace(tmp_path / "one")
    plain = import_dataset(workspace, name="p", **files)
    same = import_again(workspace, plain, name="q", hold_out={"decisions": plain.counts["decisions_usable"]})
    assert same.fingerprint == plain.fingerprint and same.name == "p"


def test_more_than_there_can_be_keeps_dev_and_one_training_product(files, tmp_path):
    plain = import_dataset(Workspace(tmp_path / "one"), name="p", **files)
    kept = import_dataset(Workspace(tmp_path / "two"), name="p", hold_out={"decisions": 10**6}, **files)
    assert kept.counts["decisions_usable"] < kept.counts["decisions"]
    assert kept.counts["train"] >= 2 and kept.counts["dev"] == plain.counts["dev"]


def test_further_sentences_give_way_and_are_told(tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(words(i) for i in range(40)), encoding="utf-8")
    rows = pd.DataFrame(
        [(words(i), words(i + 1), i % 2) for i in range(0, 40, 2)], columns=["text_a", "text_b", "match"]
    )
    given = {"texts": texts, "decisions": table(tmp_path, "decisions.csv", rows)}
    plain = import_dataset(Workspace(tmp_path / "one"), name="p", **given)
    kept = import_dataset(Workspace(tmp_path / "two"), name="p", hold_out={"decisions": 10}, **given)
    assert plain.counts["decisions_usable"] < 10 <= kept.counts["decisions_usable"]
    told = kept.counts["problems_by_code"]["text_held_out"]
    assert told + kept.counts["texts"] == 40
    assert set(kept.problems["column"]) == {"text"}


@pytest.mark.parametrize("wanted", [{"texts": 5}, {"faq": 5}, {"decisions": 0}])
def test_what_cannot_be_asked_for_is_refused_in_words(files, tmp_path, wanted):
    with pytest.raises(UserError) as caught:
        import_dataset(Workspace(tmp_path / "one"), name="p", hold_out=wanted, **files)
    assert caught.value.code == "hold_out_unusable"
    assert all("decisions" in caught.value.hint(language) for language in LANGUAGES)


@settings(max_examples=40, deadline=None)
@given(
    owners=st.lists(st.integers(0, 7), min_size=8, max_size=24),
    rows=st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), min_size=1, max_size=30),
    number=st.integers(1, 20),
)
def test_whatever_is_asked_for_only_training_pairs_move_and_never_to_less(owners, rows, number):
    pairs = pd.DataFrame({"caption": [words(i) for i in range(len(owners))], "group": [f"g{one}" for one in owners]})
    parts = {f"g{i}": ("train", "dev", "test", "train")[i % 4] for i in range(8)}
    pairs = pairs.assign(pair=range(len(pairs)), image="x", image_name="x", split=pairs["group"].map(parts))
    decisions = pd.DataFrame([(words(a), words(b)) for a, b in rows], columns=["text_a", "text_b"])
    frames = {"pairs": pairs, "decisions": decisions.assign(row=range(len(rows)))}

    def usable(tables) -> int:
        leaks = find_leaks(tables, {"decisions": ["text_a", "text_b"]}, None)
        return int(mark_held_out(tables, leaks[leaks["kind"] == "decisions"])["decisions"]["held_out"].sum())

    kept = keep_out(frames, {"decisions": number})
    changed = kept["pairs"]["split"] != pairs["split"]
    assert set(pairs["split"][changed]) <= {"train"} and set(kept["pairs"]["split"][changed]) <= {"test"}
    assert usable(kept) >= usable(frames)
    if usable(kept) < number and (pairs["split"] == "train").any():
        groups = kept["pairs"].loc[kept["pairs"]["split"] == "train", "group"].nunique()
        dev = set(pairs.loc[pairs["split"] == "dev", "caption"])
        blocked = sum(bool({words(a), words(b)} & dev) for a, b in rows)
        assert groups == 1 or usable(kept) == len(rows) - blocked, "all that can"


@pytest.mark.real
@pytest.mark.skipif(not (SHARED / "grocery").is_dir(), reason="the shared pilot data is not on this computer")
def test_a_hundred_decisions_of_the_grocery_pilot_cost_24_training_pairs(tmp_path):
    grocery, workspace = SHARED / "grocery", Workspace(tmp_path)
    plain = import_dataset(workspace, name="g", pairs=grocery / "pairs.csv", decisions=grocery / "decisions.csv")
    kept = import_again(workspace, plain, name="g 100", hold_out={"decisions": 100})
    assert (plain.counts["decisions_usable"], kept.counts["decisions_usable"]) == (79, 100)
    assert (plain.counts["train"], kept.counts["train"]) == (440, 416)
    assert json.loads((kept.folder / "manifest.json").read_text())["name"] == "g 100"
