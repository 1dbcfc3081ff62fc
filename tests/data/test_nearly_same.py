"""The same or nearly the same text and image is found, its like is not."""

import itertools
import random
import time

import numpy as np
import pytest
from example_images import copies, saved, scene
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from kdmcse.data.nearly_same import Looks, folded, image_groups, near_images, near_texts, says_the_same, text_groups

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


@pytest.mark.slow
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


# Groups


@given(st.lists(SENTENCES, max_size=12))
def test_texts_that_are_nearly_the_same_have_one_number_also_by_way_of_others(sentences):
    texts = list(map(folded, sentences))
    part = list(range(len(texts)))
    for one, other in itertools.combinations(range(len(texts)), 2):
        if texts[one] == texts[other] or near(texts[one], texts[other]):
            part = [part[one] if number == part[other] else number for number in part]
    found = text_groups(texts).tolist()
    assert len(found) == len(texts)
    for one, other in itertools.combinations(range(len(texts)), 2):
        assert (found[one] == found[other]) == (part[one] == part[other])


def test_long_codes_take_no_longer_than_short_ones():
    def seconds(first: int) -> float:
        captions = [folded(f"Oil filter {first + 7 * i}") for i in range(10_000)]
        begin = time.process_time()
        assert len(np.unique(text_groups(captions))) == 10_000 and not near_texts(captions[::2], captions[1::2])
        return time.process_time() - begin

    assert seconds(4901234567894) < 5 * seconds(49012)


def test_one_image_saved_in_several_ways_is_one_and_others_are_others():
    scenes = [scene(seed) for seed in range(6)]
    plain = [saved(Image.new("RGB", (8, 8), (i, i, 40)), kind="PNG") for i in range(2)]
    images = [image for picture in scenes for image in (saved(picture), *copies(picture))] + plain
    groups = image_groups(Looks.of(images)).tolist()
    assert groups[:30] == [number for number in groups[:30:5] for _ in range(5)]
    assert len(set(groups)) == 8


@pytest.mark.slow
def test_thousands_of_images_are_grouped_in_a_second():
    chance = np.random.default_rng(0)
    looks = Looks(
        chance.integers(0, 2**63, (6_000, 4), dtype=np.uint64),
        np.zeros((6_000, 16, 16, 3), np.uint8),
        np.zeros(6_000, bool),
    )
    looks.bits[5_999] = looks.bits[17]
    begin = time.process_time()
    groups = image_groups(looks)
    assert time.process_time() - begin < 3
    assert groups[17] == groups[5_999] and len(set(groups.tolist())) == 5_999
