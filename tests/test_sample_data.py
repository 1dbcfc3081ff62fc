"""The sample proof of concept keeps what its data card promises. Nothing is trained here."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data"
MEBIBYTE = 2**20
TABLES = ("pairs.csv", "sts.csv", "decisions.csv", "texts.txt", "prices.toml", "training.toml")
SENTENCES = ["赤い水玉のマグカップ", "A striped linen tote bag"]

sys.path.insert(0, str(SAMPLE))  # the builder is a script whose files import one another by bare name

import build  # noqa: E402
import catalogue  # noqa: E402
import drawing  # noqa: E402
import tables  # noqa: E402
import wording  # noqa: E402
from catalogue import Mentions, similarity  # noqa: E402

sys.path.remove(str(SAMPLE))


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


@pytest.fixture(scope="module")
def made() -> tables.Tables:
    return tables.make_tables()


# The gold rule, worked by hand from the data card.


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        # the card's four examples
        (Mentions("mug", "red", "striped"), Mentions("mug", "red"), 4.44),
        (Mentions("mug", "red", "dotted", "ceramic"), Mentions("teapot", "pink", "floral"), 2.30),
        (Mentions("cap", "black", "plain", "wool"), Mentions("vase", "white", "checked", "glass"), 0.0),
        (Mentions("tote", "navy"), Mentions("tote", "black"), 3.93),
        # everything the same; 5 * (4 + 3 + 2) / 10; 5 * (0 + 3) / 7; 5 * (4 + 0 + 1 + 1) / 10; 5 * (1.6 + 1.5) / 7
        (Mentions("cap", "red", "plain", "wool"), Mentions("cap", "red", "plain", "wool"), 5.0),
        (Mentions("cap", "red", "plain", "wool"), Mentions("cap", "red", "plain", "linen"), 4.5),
        (Mentions("cap", "red"), Mentions("lamp", "red"), 2.14),
        (Mentions("cap", "red", "striped", "wool"), Mentions("cap", "green", "checked", "wool"), 3.0),
        (Mentions("cap", "green"), Mentions("tshirt", "light_blue"), 2.21),
        # one sentence says nothing but the category: 5 * (4 + 1.5) / 7
        (Mentions("vase", "white"), Mentions("vase"), 3.93),
    ],
)
def test_gold_rule_by_hand(one: Mentions, other: Mentions, score: float) -> None:
    assert similarity(one, other) == pytest.approx(score, abs=0.005)
    assert similarity(other, one) == similarity(one, other)


def test_the_card_states_the_rule_in_the_code() -> None:
    card = (SAMPLE / "README.md").read_text(encoding="utf-8")
    for name, weight in catalogue.WEIGHTS.items():
        assert f"| {name} | {weight} |" in card
    for pair in catalogue.NEIGHBOURING_COLOURS | catalogue.RELATED_PATTERNS:
        one, other = pair
        assert f"{one}-{other}" in card or f"{other}-{one}" in card
    for name in (*catalogue.CATEGORIES, *catalogue.COLOURS, *catalogue.PATTERNS):
        assert f"`{name}`" in card


def test_written_scores_and_matches_follow_the_rules(made: tables.Tables) -> None:
    for written, (one, other, _) in zip(rows("sts.csv"), [*made.sts, *made.dev_sts], strict=True):
        assert (written["sentence1"], written["sentence2"]) == (one.text, other.text)
        assert float(written["score"]) == similarity(one.mentions, other.mentions)
    for written, (one, other, _) in zip(rows("decisions.csv"), made.decisions, strict=True):
        assert written["match"] == str(int(one.product == other.product))
        assert None not in (one.mentions.colour, one.mentions.pattern, other.mentions.colour, other.mentions.pattern)
        if one.product.differences(other.product) == ("material",):
            assert one.mentions.material and other.mentions.material


def test_every_sentence_says_what_it_mentions(made: tables.Tables) -> None:
    """A synonym of each mentioned value stands in the text, so that the gold is about what a reader can see."""
    for sentence in [pair.sentence for pair in made.pairs]:
        lists = (
            (wording.JA_CATEGORY, wording.JA_BEFORE, wording.JA_ALONE)
            if sentence.language == "ja"
            else (wording.EN_CATEGORY, wording.EN_WORD, wording.EN_WITH, wording.EN_MADE_OF)
        )
        said = sentence.mentions
        for value in (said.category, said.colour, said.pattern, said.material):
            if value:
                synonyms = [word for words in lists for word in words.get(value, ())]
                assert any(word.casefold() in sentence.text.casefold() for word in synonyms), (sentence.text, value)


# Tables


def test_sizes_and_columns() -> None:
    pairs, sts, decisions = rows("pairs.csv"), rows("sts.csv"), rows("decisions.csv")
    assert list(pairs[0]) == [
        "image", "caption", "group", "category", "colour", "pattern", "material", "language", "split",
    ]  # fmt: skip
    assert list(sts[0]) == ["sentence1", "sentence2", "score", "group", "split"]
    assert list(decisions[0]) == ["text_a", "text_b", "match", "segment"]
    splits = Counter(row["split"] for row in pairs)
    assert splits["train"] >= 1050
    assert 130 <= splits["dev"] <= 170
    assert 280 <= splits["test"] <= 330
    assert Counter(row["split"] for row in sts) == {"test": 600, "dev": 200}
    assert len(decisions) >= 500
    assert 0.45 < sum(row["language"] == "ja" for row in pairs) / len(pairs) < 0.55
    assert 0.35 < sum(row["match"] == "1" for row in decisions) / len(decisions) < 0.45
    assert {row["segment"] for row in decisions} == set(catalogue.DEPARTMENTS)
    thirds = Counter(int(float(row["score"]) // 1.67) for row in sts)
    assert min(thirds.values()) > 0.15 * len(sts), "scores are spread"
    texts = (SAMPLE / "texts.txt").read_text(encoding="utf-8").splitlines()
    assert len(texts) == len(set(texts)) >= 300


def test_products_do_not_straddle_splits() -> None:
    splits: dict[str, set[str]] = {}
    for row in rows("pairs.csv"):
        splits.setdefault(row["group"], set()).add(row["split"])
    assert all(len(found) == 1 for found in splits.values())


def test_no_test_sentence_was_seen_in_training(made: tables.Tables) -> None:
    pairs = rows("pairs.csv")
    seen = {wording.normalised(row["caption"]) for row in pairs if row["split"] in ("train", "dev")}
    asked = {row[key] for row in rows("sts.csv") if row["split"] == "test" for key in ("sentence1", "sentence2")}
    asked |= {row[key] for row in rows("decisions.csv") for key in ("text_a", "text_b")}
    asked |= {row["caption"] for row in pairs if row["split"] == "test"}
    keys = {wording.normalised(text) for text in asked}
    assert not keys & seen
    assert keys == made.held_out
    texts = (SAMPLE / "texts.txt").read_text(encoding="utf-8").splitlines()
    assert not keys & {wording.normalised(text) for text in texts}


@pytest.mark.parametrize("split", ["test", "dev"])
def test_sts_rows_are_about_products_of_their_split(split: str) -> None:
    products = {row["group"] for row in rows("pairs.csv") if row["split"] == split}
    assert {row["group"] for row in rows("sts.csv") if row["split"] == split} <= products


def test_the_test_rows_are_those_that_were_published_first() -> None:
    lines = (SAMPLE / "sts.csv").read_bytes().splitlines(keepends=True)
    before = b"".join(line.replace(b",test\n", b"\n").replace(b",split\n", b"\n") for line in lines[:601])
    assert hashlib.sha256(before).hexdigest() == "ed2e644bf52b5a73aa3d7aa9620d4ac1c9b49c85da5458f1fb1dc2e24d0b5f2c"


def test_dev_sentences_stand_nowhere_else(made: tables.Tables) -> None:
    dev = {sentence.key for row in made.dev_sts for sentence in row[:2]}
    texts = (SAMPLE / "texts.txt").read_text(encoding="utf-8").splitlines()
    others = {row["caption"] for row in rows("pairs.csv")} | set(texts)
    assert not dev & (made.held_out | {wording.normalised(text) for text in others})
    assert 0.45 < sum(row[0].language == "ja" for row in made.dev_sts) / len(made.dev_sts) < 0.55


def test_rebuilding_gives_the_same_bytes(tmp_path: Path, made: tables.Tables) -> None:
    build.write_tables(made, tmp_path)
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_settings_have_the_agreed_keys() -> None:
    prices = tomllib.loads((SAMPLE / "prices.toml").read_text(encoding="utf-8"))
    assert list(prices) == ["currency", "false_match", "missed_match", "monthly_volume", "base_rate"]
    training = tomllib.loads((SAMPLE / "training.toml").read_text(encoding="utf-8"))
    assert training == {
        "epochs": 12,
        "batch_size": 64,
        "learning_rate": 5e-4,
        "cross_modal_weight": 1.0,
        "sentence_margin_radians": 0.15,
        "cross_modal_margin_radians": 0.15,
        "false_negative_cosine": 0.8,
        "texts": "mixed",
    }


# Images


def test_images_open_and_decode() -> None:
    with zipfile.ZipFile(SAMPLE / "images.zip") as archive:
        assert set(archive.namelist()) == {row["image"] for row in rows("pairs.csv")}
        assert {entry.date_time for entry in archive.infolist()} == {build.ZIP_TIME}
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                picture.load()
                assert picture.size == (drawing.SIDE, drawing.SIDE)


def test_an_image_is_drawn_again_alike(made: tables.Tables) -> None:
    """Pixels, not bytes: another JPEG library may compress a little differently."""
    pair = made.pairs[0]
    again = np.asarray(Image.open(io.BytesIO(build.image_bytes(pair))), dtype=float)
    with zipfile.ZipFile(SAMPLE / "images.zip") as archive:
        stored = np.asarray(Image.open(io.BytesIO(archive.read(pair.image))), dtype=float)
    assert np.abs(again - stored).mean() < 2


# Models


def test_teacher_loads_from_wherever_it_is_copied(tmp_path: Path) -> None:
    import open_clip
    import torch

    folder = shutil.copytree(SAMPLE / "teacher", tmp_path / "moved teacher")
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    tokenize = open_clip.get_tokenizer(f"local-dir:{folder}")
    model.eval()
    with zipfile.ZipFile(SAMPLE / "images.zip") as archive, torch.no_grad():
        picture = Image.open(io.BytesIO(archive.read(archive.namelist()[0])))
        image = model.encode_image(transform(picture)[None])
        text = model.encode_text(tokenize(SENTENCES))
    assert image.shape == (1, 128) and text.shape == (2, 128)
    assert torch.isfinite(image).all() and torch.isfinite(text).all()


def test_student_loads_from_wherever_it_is_copied(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder = shutil.copytree(SAMPLE / "student", tmp_path / "moved student")
    student = SentenceTransformer(str(folder), device="cpu")
    vectors = student.encode(SENTENCES)
    assert vectors.shape == (2, 96)
    assert np.isfinite(vectors).all()
    assert student.max_seq_length == 32
    assert not [name for name, _ in student.named_parameters() if "pooler" in name]


def test_sizes_on_disk_and_no_trace_of_the_machine() -> None:
    assert size(SAMPLE / "teacher") <= 10 * MEBIBYTE
    assert size(SAMPLE / "student") <= 10 * MEBIBYTE
    assert size(SAMPLE) <= 40 * MEBIBYTE
    for path in SAMPLE.rglob("*"):
        if path.suffix in {".json", ".toml", ".md", ".py", ".txt"}:
            text = path.read_text(encoding="utf-8")
            assert not [word for word in ("/tmp", "/work", "/home", "/root") if word in text], path
