"""What is evaluated must not have been learnt from: the same or nearly the same text and image is found, its like is not."""

import io
import itertools
import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance

from kdmcse.data import import_dataset, leakage, open_dataset
from kdmcse.data.leakage import Looks, folded, near_images, near_texts, says_the_same
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.processes import evaluate
from kdmcse.store.files import read_json, write_json
from kdmcse.store.workspace import Workspace

SHARED = Path(__file__).parents[3] / "shared"
LONG = (
    "it comes in a strong box, is easy to care for and can be returned within two weeks after it was delivered to you"
)
LANG = "丈夫な箱に入れてお届けし、お手入れも簡単で、到着から二週間以内であれば送料無料で返品できる定番の商品"


# Texts


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Red mug, striped!", "red  mug striped"),
        ("ＲＥＤ ｍｕｇ", "red mug"),
        ("T-Shirt (black)", "t shirt – black"),
        ("赤いマグカップ。", "赤い マグカップ"),
        ("ﾏｸﾞｶｯﾌﾟ（赤・無地）", "マグカップ 赤 無地"),
        ("「黒」のＴシャツ", "黒のtシャツ"),
        ("5個セット", "５個 セット"),
    ],
)
def test_width_case_space_and_punctuation_play_no_part(text, same):
    assert folded(text) == folded(same)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("1.5 l", "15 l"), ("3-5 years", "35 years"), ("-5 degrees", "5 degrees"), ("50% wool", "50 wool"), ("1/2 kg", "12 kg"),
        ("10 5", "105"), ("red ♥", "red"), ("!!!", "???"), ("赤いマグ", "青いマグ"), ("が", "か"), ("ハハ", "パパ"),
    ],
)  # fmt: skip
def test_no_two_numbers_signs_or_words_fall_together(text, other):
    assert folded(text) != folded(other)


def near(text: str, other: str) -> bool:
    return bool(near_texts([folded(text)], [folded(other)]))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("a bright orange wool tote bag", "The bright orange wool tote bag"),
        ("bright orange wool tote bags", "bright orange wool tote bag"),
        ("large tea cup for chamomile made of brown clay", "large teacup for chamomile made of brown clay"),
        ("our large red umbrella with a chequered pattern", "our large red umbrella with a checquered pattern"),
        ("人気の水玉柄の綿のトートバッグです", "人気の水玉柄の綿のトートバッグ"),
        ("窓際の広い机の上に新しくて黒い小型コンピュータ", "窓際の広い机の上に新しくて黒い小型コンピューター"),
        ("白い犬が公園の芝生の上を元気に走っている", "白い犬が公園の芝生の上を元気に走っています"),
    ],
)
def test_the_same_thing_said_twice_is_near(text, other):
    assert near(text, other) and near(other, text)


@pytest.mark.parametrize("around", ["{}", "{} " + LONG, LONG + " {}", LONG + " {} " + LONG])
@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("red mug", "blue mug"), ("red mug", "red rug"), ("mug 250 ml", "mug 350 ml"), ("size 8 shoe", "size 9 shoe"),
        ("1.5 litre can", "1.0 litre can"), ("100% wool cap", "10% wool cap"), ("cap in S", "cap in M"), ("pack of 6", "pack of 12"),
        ("red mug", "red mug lid"), ("with sugar", "without sugar"), ("milk that is fresh", "milk that is not fresh"),
        ("vitamin A and C", "vitamin C"), ("plaster", "platter"), ("symmetrical vase", "asymmetrical vase"), ("left mug", "right mug"),
        ("dog bites man", "man bites dog"),
    ],
)  # fmt: skip
def test_another_number_size_or_content_word_is_another_thing(text, other, around):
    assert not near(around.format(text), around.format(other))


@pytest.mark.parametrize("around", ["{}", "{}。" + LANG, LANG + "{}", LANG + "{}。" + LANG])
@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("赤いマグカップ", "青いマグカップ"), ("赤いマグカップ", "赤いマグネット"), ("容量は250ml", "容量は350ml"), ("８号の皿", "９号の皿"),
        ("1.5リットル", "1.0リットル"), ("綿100%の帽子", "綿10%の帽子"), ("サイズＳ", "サイズＭ"), ("六個入り", "十二個入り"),
        ("マグカップ", "蓋付きマグカップ"), ("砂糖あり", "砂糖なし"), ("電子レンジで使える", "電子レンジで使えない"), ("りんご", "みかん"),
        ("大きい皿", "小さい皿"), ("右の棚", "左の棚"), ("ビール", "ビル"),
    ],
)  # fmt: skip
def test_another_number_size_or_content_word_is_another_thing_in_japanese(text, other, around):
    assert not near(around.format(text), around.format(other))


def test_texts_that_overlap_too_little_are_not_near_though_they_say_the_same():
    assert says_the_same("red mug", "a red mug") and not near("red mug", "a red mug")


LETTERS = st.text(st.sampled_from("aasses teacup thethe 12の赤いですーカップ"), min_size=1, max_size=14)
SENTENCES = st.lists(LETTERS, min_size=1, max_size=5).map(" ".join)


@given(st.lists(SENTENCES, max_size=12), st.lists(SENTENCES, max_size=12))
def test_the_search_finds_what_a_look_at_every_two_texts_finds(learnt, evaluated):
    learnt, evaluated = dict.fromkeys(map(folded, learnt)), dict.fromkeys(map(folded, evaluated))
    slow = {}
    for one, other in itertools.product(evaluated, learnt):
        a, b = ({text[i : i + 5] for i in range(max(1, len(text) - 4))} for text in (one, other))
        similarity = len(a & b) / len(a | b)
        if similarity >= 0.8 and says_the_same(one, other):
            slow[one] = max(slow.get(one, 0), similarity)
    assert {text: similarity for text, (_, similarity) in near_texts(learnt, evaluated).items()} == slow


def test_a_hundred_thousand_texts_are_searched_in_seconds():
    chance = random.Random(0)
    colours, things = ("red", "blue", "green", "white", "black"), ("mug", "plate", "bowl", "cap", "vase", "lamp")
    words = [f"{colour}{thing}" for colour, thing in itertools.product(colours, things)]

    def sentence() -> str:
        return f"the {' '.join(chance.choices(words, k=6))} of size {chance.randrange(400)}"

    learnt, evaluated = ([sentence() for _ in range(n)] for n in (20_000, 1_000))
    evaluated += [f"{text}s" if text[-1].isalpha() else text.replace("the ", "a ", 1) for text in learnt[:20]]
    begin = time.process_time()
    found = near_texts(dict.fromkeys(map(folded, learnt)), dict.fromkeys(map(folded, evaluated)))
    assert time.process_time() - begin < 4, "a fifth of 100,000 x 5,000 in a fifth of 20 s"
    assert len(found) >= 20


# Images


def scene(seed: int, colours: int | None = None) -> Image.Image:
    """A made-up image with structure; the same seed and other colours: the same shapes."""
    shapes, paints = random.Random(seed), random.Random(seed if colours is None else colours)
    picture = Image.new("RGB", (240, 180), (235, 235, 230))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y, w, h = (shapes.randrange(n) for n in (200, 140, 120, 90))
        paint = tuple(paints.randrange(256) for _ in range(3))
        (draw.ellipse if shapes.random() < 0.5 else draw.rectangle)((x, y, x + w + 8, y + h + 8), fill=paint)
    return picture


def saved(picture: Image.Image, quality: int = 85, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, quality=quality)
    return file.getvalue()


def copies(picture: Image.Image) -> list[bytes]:
    half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    brighter = ImageEnhance.Brightness(picture).enhance(1.05)
    return [saved(picture, 60), saved(half), saved(brighter), saved(picture, kind="PNG")]


def found_among(learnt: list[bytes], evaluated: list[bytes]) -> dict[int, int]:
    return {row: other for row, other, _ in near_images(Looks.of(learnt), Looks.of(evaluated))}


def test_an_image_saved_again_smaller_or_brighter_is_found():
    scenes = [scene(seed) for seed in range(20)]
    for way in range(4):
        again = [copies(picture)[way] for picture in scenes]
        assert found_among([saved(picture, 92) for picture in scenes], again) == {i: i for i in range(20)}


def test_the_same_shape_in_another_colour_is_another_image():
    colours = itertools.combinations([(200, 40, 40), (40, 40, 200), (30, 120, 30), (90, 90, 90)], 2)
    for one, other in colours:
        pictures = []
        for paint in (one, other):
            picture = Image.new("RGB", (200, 200), "white")
            draw = ImageDraw.Draw(picture)
            draw.rectangle((60, 50, 130, 160), fill=paint)
            draw.arc((115, 70, 170, 130), 270, 90, fill=paint, width=12)
            pictures.append(saved(picture))
        assert found_among(pictures[:1], pictures[1:]) == {}
    assert found_among([saved(scene(1))], [saved(scene(1, colours=2))]) == {}


def test_plain_images_have_nothing_to_be_known_by():
    plain = [saved(Image.new("RGB", (8, 8), (i, i, 40)), kind="PNG") for i in range(0, 12, 2)]
    assert found_among(plain, plain) == {}


def test_no_images_are_no_leaks():
    assert found_among([], [saved(scene(0))]) == found_among([saved(scene(0))], []) == {}


def test_the_nearest_of_several_is_named():
    picture = scene(3)
    learnt = [saved(scene(4)), copies(picture)[0], saved(picture, kind="PNG")]
    assert near_images(Looks.of(learnt), Looks.of([saved(picture, kind="PNG")])) == [(0, 2, 1.0)]


def test_thousands_of_images_are_searched_in_a_second():
    chance = np.random.default_rng(0)

    def many(n: int) -> Looks:
        colours = np.zeros((n, 16, 16, 3), np.uint8)
        return Looks(chance.integers(0, 2**63, (n, 4), dtype=np.uint64), colours, np.zeros(n, bool))

    learnt, evaluated = many(10_000), many(2_500)
    evaluated.bits[7] = learnt.bits[4321]
    begin = time.process_time()
    assert near_images(learnt, evaluated) == [(7, 4321, 1.0)]
    assert time.process_time() - begin < 3


# Import


def bring(folder: Path, captions: dict[str, list[str]], pictures: list[bytes] | None = None, **tables) -> dict:
    """Files of an import: captions by split, each with its own image, and the tables that are given."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = [(split, caption) for split, given in captions.items() for caption in given]
    for i in range(len(rows)):
        (folder / "images" / f"{i}.png").write_bytes(pictures[i] if pictures else saved(scene(i), kind="PNG"))
    frame = pd.DataFrame(rows, columns=["split", "caption"]).assign(image=[f"{i}.png" for i in range(len(rows))])
    files = {"images": folder / "images"}
    for name, table in {"pairs": frame, **tables}.items():
        files[name] = folder / f"{name}.csv"
        table.to_csv(files[name], index=False)
    return files


def test_what_leaks_is_left_out_and_listed_with_what_it_equals(workspace, tmp_path):
    pictures = [saved(scene(i), kind="PNG") for i in range(5)] + [saved(scene(0), 60)]
    sts = pd.DataFrame(
        {
            "sentence1": ["plum", "plum", "A bright orange wool tote bag", "plum"],
            "sentence2": ["new", "APPLE!", "new", "told you."],
            "score": [1, 2, 3, 4],
        }
    )
    decisions = pd.DataFrame({"text_a": ["plum", "plum"], "text_b": ["pear", "Apple"], "match": [1, 0]})
    files = bring(
        tmp_path / "files",
        {"train": ["apple", "bright orange wool tote bag"], "test": ["“Apple”", "plum", "nut", "fig"]},
        pictures,
        sts=sts,
        decisions=decisions,
        texts=pd.DataFrame({"text": ["first", "Told you"]}),
    )
    dataset = import_dataset(workspace, name="p", **files)
    assert dataset.pairs["held_out"].tolist() == [False, False, False, True, True, False]
    assert dataset.sts["held_out"].tolist() == [True, False, False, False]
    assert dataset.decisions["held_out"].tolist() == [True, False]
    listed = dataset.leaks.drop(columns="similarity").values.tolist()
    assert listed == [
        ["pairs", 2, "caption", "“Apple”", "pairs", 0, "apple", "same_text"],
        ["pairs", 5, "image", "5.png", "pairs", 0, "0.png", "near_picture"],
        ["sts", 3, "sentence2", "APPLE!", "pairs", 0, "apple", "same_text"],
        [
            "sts",
            4,
            "sentence1",
            "A bright orange wool tote bag",
            "pairs",
            1,
            "bright orange wool tote bag",
            "near_text",
        ],
        ["sts", 5, "sentence2", "told you.", "texts", 1, "Told you", "same_text"],
        ["decisions", 3, "text_b", "Apple", "pairs", 0, "apple", "same_text"],
    ]
    similarity = dataset.leaks["similarity"]
    assert similarity[similarity < 1].between(0.8, 1).all() and (similarity < 1).sum() <= 2
    assert dataset.counts["leaks"] == 6
    assert set(dataset.leaks.columns) == set(leakage.COLUMNS)


def test_judgements_to_choose_by_are_not_learnt_from_either(workspace, tmp_path):
    sts = pd.DataFrame({"sentence1": ["apple", "plum", "pear"], "sentence2": "new", "score": 1, "split": "dev"})
    files = bring(tmp_path / "files", {"train": ["Apple"], "dev": ["pear"], "test": ["plum"]}, sts=sts)
    dataset = import_dataset(workspace, name="p", **files)
    assert dataset.sts["dev"].tolist() == [False, True, True]
    assert dataset.leaks[["kind", "row"]].values.tolist() == [["sts", 2]]


def test_images_that_did_not_come_are_the_same_when_their_names_are(workspace, tmp_path):
    names = ["a/One.jpg", "two.jpg", "a\\one.JPG", "three.jpg"]
    table = pd.DataFrame({"image": names, "caption": list("wxyz"), "split": ["train", "train", "test", "test"]})
    table.to_csv(tmp_path / "pairs.csv", index=False)
    dataset = import_dataset(workspace, name="p", pairs=tmp_path / "pairs.csv")
    assert dataset.pairs["held_out"].tolist() == [False, False, False, True]
    [leak] = dataset.leaks.drop(columns="similarity").values.tolist()
    assert leak == ["pairs", 2, "image", names[2], "pairs", 0, names[0], "same_picture"]


def test_a_row_that_leaks_twice_counts_once(workspace, tmp_path):
    sts = pd.DataFrame({"sentence1": ["apple"], "sentence2": ["Apple"], "score": [5]})
    dataset = import_dataset(
        workspace, name="p", **bring(tmp_path / "files", {"train": ["apple"], "test": ["fig"]}, sts=sts)
    )
    assert len(dataset.leaks) == 2 and dataset.counts["leaks"] == 1


def test_where_everything_leaks_nothing_is_evaluated_and_that_is_said(workspace, tmp_path):
    files = bring(tmp_path / "files", {"train": ["apple", "fig"], "test": ["Apple.", "FIG"]})
    dataset = import_dataset(workspace, name="p", **files)
    assert dataset.counts["leaks"] == 2 and dataset.counts["held_out_pairs"] == 0
    assert dataset.leakage == "everything"
    with pytest.raises(UserError) as refused:
        evaluate.evaluate(lambda texts: np.ones((len(texts), 2)), dataset, tmp_path / "out", name="x")
    assert refused.value.code == "everything_leaks"
    for language in LANGUAGES:
        assert "2" in refused.value.message(language) and refused.value.hint(language)


def test_a_dataset_of_before_was_not_looked_through_until_it_is_imported_again(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = small.dataset(workspace)
    assert dataset.counts["leaks"] == 0 and dataset.leaks.empty
    (dataset.folder / "leaks.parquet").unlink()
    manifest = read_json(dataset.folder / "manifest.json")
    del manifest["counts"]["leaks"]
    write_json(dataset.folder / "manifest.json", manifest | {"name": "as it was called"})
    old = open_dataset(workspace, dataset.fingerprint)
    assert old.leaks is None and old.counts["leaks"] is None and len(old.pairs) == len(dataset.pairs)
    assert old.leakage == "not_checked"
    again = small.dataset(workspace)
    assert again.fingerprint == dataset.fingerprint and again.name == "as it was called"
    assert again.counts["leaks"] == 0 and again.leaks.empty
    assert again.manifest["created"] == manifest["created"]


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pilot data is not on this computer")
def test_no_two_shop_photos_are_taken_for_one_and_texts_leak_only_word_for_word(workspace):
    grocery = SHARED / "grocery"
    photos = [path.read_bytes() for path in sorted((grocery / "images").iterdir())]
    looks = Looks.of(photos)
    apart = np.bitwise_count(looks.bits[:, None] ^ looks.bits[None]).sum(axis=2, dtype=int)
    apart[np.arange(len(photos)), np.arange(len(photos))] = 255
    assert apart.min() > leakage.MAX_DIFFERENT_BITS
    files = {"images": grocery / "images", "pairs": grocery / "pairs.csv", "decisions": grocery / "decisions.csv"}
    found = import_dataset(workspace, name="grocery", **files).leaks
    assert set(found["how"]) == {"same_text"} and (found["value"] == found["learnt_value"]).all()
