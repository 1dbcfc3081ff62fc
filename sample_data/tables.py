"""The tables of the proof of concept: pairs, gold similarities, gold decisions, sentences without images.

Everything follows from fixed seeds; every part has a random stream of its own, so that changing one leaves the others
alone.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass

from catalogue import CATEGORIES, Product, assortment, every_product, similarity
from wording import LANGUAGES, Sentence, normalised, shop_sentence, write, write_unlike

SEED = "kdmcse sample data, first edition"
TEST_PRODUCTS = 8  # of each category
DEV_PRODUCTS = 3
PAIRS_PER_PRODUCT = {"train": (5, 5, 4), "dev": (4,), "test": (4, 3, 3, 3)}  # in turn, product by product
STS_ROWS = 600
DEV_STS_ROWS = 200
DECISION_ROWS = 600
TEXT_ROWS = 320
PRODUCT_TEXT_SHARE = 0.7  # of texts.txt; the rest is about delivery, care, returns
DECISION_MATERIAL_CHANCE = 0.7

# Kind of sentence pair -> share of the rows of decisions.csv, as in the data card.
DECISION_SHARES = {"same": 0.40, "one": 0.35, "other": 0.25}

ProductPair = tuple[Product, Product]


@dataclass(frozen=True)
class Pair:
    """An image's file name and its caption."""

    image: str
    sentence: Sentence
    split: str


@dataclass(frozen=True)
class Tables:
    """All tables, before they are written."""

    pairs: list[Pair]
    sts: list[tuple[Sentence, Sentence, float]]
    dev_sts: list[tuple[Sentence, Sentence, float]]
    decisions: list[tuple[Sentence, Sentence, int]]
    texts: list[str]
    held_out: frozenset[str]  # normalised sentences that no model may be trained on
    test_products: frozenset[Product]


def stream(name: str) -> random.Random:
    """The random stream of one part."""
    return random.Random(f"{SEED}: {name}")


def make_tables() -> Tables:
    """All tables from nothing."""
    splits = split_products()
    pairs: list[Pair] = []
    for split in ("train", "dev"):
        pairs += make_pairs(splits[split], split, taken=frozenset())
    seen = frozenset(pair.sentence.key for pair in pairs)
    pairs += make_pairs(splits["test"], "test", taken=seen)
    sts = make_sts(splits["test"], STS_ROWS, stream("sts"), seen)
    decisions = make_decisions(splits["test"], seen)
    held_out = frozenset(
        [sentence.key for row in (*sts, *decisions) for sentence in row[:2]]
        + [pair.sentence.key for pair in pairs if pair.split == "test"]
    )
    test_products = frozenset(splits["test"])
    texts = make_texts(TEXT_ROWS, stream("texts"), test_products, held_out)
    # Last, so that nothing above depends on it: dev judgements were added to tables that had been published without.
    known = seen | held_out | {normalised(text) for text in texts}
    dev_sts = make_sts(splits["dev"], DEV_STS_ROWS, stream("sts dev"), known)
    return Tables(pairs, sts, dev_sts, decisions, texts, held_out, test_products)


def split_products() -> dict[str, list[Product]]:
    """Products by split; every category is in every split in the same proportion."""
    on_sale = assortment(stream("assortment"))
    rng = stream("splits")
    splits: dict[str, list[Product]] = {"train": [], "dev": [], "test": []}
    for category in CATEGORIES:
        products = [product for product in on_sale if product.category == category]
        rng.shuffle(products)
        splits["test"] += products[:TEST_PRODUCTS]
        splits["dev"] += products[TEST_PRODUCTS : TEST_PRODUCTS + DEV_PRODUCTS]
        splits["train"] += products[TEST_PRODUCTS + DEV_PRODUCTS :]
    return {split: sorted(products) for split, products in splits.items()}


def make_pairs(products: list[Product], split: str, taken: frozenset[str]) -> list[Pair]:
    """Captions in turn Japanese and English; file names say split and number only, never the answer."""
    rng = stream(f"pairs {split}")
    sentences = []
    for i, product in enumerate(products):
        for k in range(PAIRS_PER_PRODUCT[split][i % len(PAIRS_PER_PRODUCT[split])]):
            sentences.append(write_unlike(product, LANGUAGES[(i + k) % 2], rng, taken=taken))
    rng.shuffle(sentences)
    return [Pair(f"images/{split}-{n:04d}.jpg", sentence, split) for n, sentence in enumerate(sentences)]


def make_sts(
    products: list[Product], count: int, rng: random.Random, taken: frozenset[str]
) -> list[tuple[Sentence, Sentence, float]]:
    """Sentence pairs in five equal shares, from the same product to any two."""
    couples = [(one, other) for one in products for other in products if one != other]
    kinds: list[list[ProductPair]] = [
        [(product, product) for product in products],
        [couple for couple in couples if len(couple[0].differences(couple[1])) == 1],
        [couple for couple in couples if len(couple[0].differences(couple[1])) == 2],
        [(one, other) for one, other in couples if one.department == other.department],
        couples,
    ]
    rows = []
    for i in range(count):
        one, other = rng.choice(kinds[i % len(kinds)])
        language = LANGUAGES[i // len(kinds) % 2]
        first, second = two_sentences(
            lambda one=one, language=language: write_unlike(one, language, rng, taken=taken),
            lambda other=other, language=language: write_unlike(other, language, rng, taken=taken),
        )
        rows.append((first, second, similarity(first.mentions, second.mentions)))
    rng.shuffle(rows)
    return rows


def make_decisions(products: list[Product], taken: frozenset[str]) -> list[tuple[Sentence, Sentence, int]]:
    """Do two sentences describe the same product? Hard negatives differ in exactly one attribute."""
    rng = stream("decisions")
    couples = [(one, other) for one in products for other in products if one != other]
    kinds: dict[str, list[ProductPair]] = {
        "same": [(product, product) for product in products],
        "one": [couple for couple in couples if len(couple[0].differences(couple[1])) == 1],
        "other": [couple for couple in couples if len(couple[0].differences(couple[1])) > 1],
    }
    rows = []
    for kind, share in DECISION_SHARES.items():
        for i in range(round(DECISION_ROWS * share)):
            one, other = rng.choice(kinds[kind])
            language = LANGUAGES[i % 2]
            only_material = one.differences(other) == ("material",)

            def sentence(product: Product, language: str = language, only_material: bool = only_material) -> Sentence:
                material = only_material or rng.random() < DECISION_MATERIAL_CHANCE
                always = {"colour", "pattern"} | ({"material"} if material else set())
                never = set() if material else {"material"}
                return write_unlike(product, language, rng, taken=taken, always=always, never=never)

            first, second = two_sentences(
                lambda one=one, sentence=sentence: sentence(one), lambda other=other, sentence=sentence: sentence(other)
            )
            rows.append((first, second, int(one == other)))
    rng.shuffle(rows)
    return rows


def two_sentences(first: Callable[[], Sentence], second: Callable[[], Sentence]) -> tuple[Sentence, Sentence]:
    """Two sentences that are not the same words."""
    while True:
        one, other = first(), second()
        if one.key != other.key:
            return one, other


def make_texts(count: int, rng: random.Random, shunned: frozenset[Product], held_out: frozenset[str]) -> list[str]:
    """Distinct shop sentences, none about a shunned product, none among the held-out ones."""
    products = [product for product in every_product() if product not in shunned]
    texts: dict[str, str] = {}
    while len(texts) < count:
        language = LANGUAGES[len(texts) % 2]
        if rng.random() < PRODUCT_TEXT_SHARE:
            text = write(rng.choice(products), language, rng).text
        else:
            text = shop_sentence(language, rng)
        key = normalised(text)
        if key not in held_out:
            texts.setdefault(key, text)
    return list(texts.values())


def pairs_csv(tables: Tables) -> bytes:
    header = ("image", "caption", "group", "category", "colour", "pattern", "material", "language", "split")
    return csv_bytes(
        header,
        [
            (pair.image, said.text, said.product.id, said.product.category, said.product.colour, said.product.pattern,
             said.product.material, said.language, pair.split)
            for pair in tables.pairs
            for said in (pair.sentence,)
        ],
    )  # fmt: skip


def sts_csv(tables: Tables) -> bytes:
    rows = [
        (one.text, other.text, f"{score:.2f}", one.product.id, split)
        for split, judged in (("test", tables.sts), ("dev", tables.dev_sts))
        for one, other, score in judged
    ]
    return csv_bytes(("sentence1", "sentence2", "score", "group", "split"), rows)


def decisions_csv(tables: Tables) -> bytes:
    rows = [(one.text, other.text, match, one.product.department) for one, other, match in tables.decisions]
    return csv_bytes(("text_a", "text_b", "match", "segment"), rows)


def texts_txt(tables: Tables) -> bytes:
    return "".join(f"{text}\n" for text in tables.texts).encode()


def csv_bytes(header: tuple[str, ...], rows: list[tuple]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()
