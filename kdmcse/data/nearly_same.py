"""Which texts and which images are the same, or nearly. No model here.

Texts are nearly the same when their character 5-grams overlap (Jaccard, the threshold of Lee et al. 2022, "Deduplicating
Training Data Makes Language Models Better") and they hold the same numbers and content words in the same order: "red mug" and
"blue mug" never are. Images are nearly the same when their perceptual hashes (low frequencies of the cosine transform) and
their colours are: one photo saved again, smaller or a little brighter, not two photos of one thing.
"""

import io
import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

SHINGLE = 5
"""characters; a shorter text is one shingle"""
MIN_JACCARD = 0.8
HASH_SIDE = 16
"""16 x 16 frequencies without the mean: 255 bits"""
MAX_DIFFERENT_BITS = 20
"""Saved again or halved: 10 at most (99 in 100); photos of different products: never below 92 among 648 shop photos."""
COLOUR_SIDE = 16
MAX_COLOUR_DIFFERENCE = 24
"""of 255, in any of 16 x 16 cells: copies stay below, one thing in two colours is 100 and more apart"""
PLAIN = 3.0
"""of 255: an image whose grey values vary less has no structure to be known by"""

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_IN_NUMBERS = re.compile(r"((?<=\d)[.,:/-](?=\d)|(?<![\w)])-(?=\d)|(?<=\d)[%‰])")
_BESIDE_CJK = re.compile(f"(?<=[{_CJK}]) | (?=[{_CJK}])")
_NUMBER = r"-?\d+(?:[.,:/-]\d+)*[%‰]?"
_WORDS = re.compile(
    rf"{_NUMBER}|[\u3040-\u309f]+|[\u30a0-\u30ff]+|[\u3005-\u3007\u3400-\u9fff]+|[^\W\d_{_CJK}]+|\S", re.UNICODE
)
_HIRAGANA = re.compile("[\u3040-\u309f]+")
_ENDING = re.compile("(です|ます|である|る|だ)$")
_ARTICLES = {"a", "an", "the", "this", "that", "these", "those", "is", "are", "was", "were", "it", "its", "of"}
_PARTICLES = {"の", "は", "が", "を", "も", "この", "その"}
_FUNCTION_WORDS = _ARTICLES | _PARTICLES
_LONG_WORD = 9
"""letters; in a shorter word one other letter makes another word"""

# Texts


class _Fold(dict):
    """Code point -> itself, or a space for punctuation, white space and control characters; filled as it is asked."""

    def __missing__(self, code: int) -> str:
        folds = unicodedata.category(chr(code))[0] in "PZC"
        return self.setdefault(code, " " if folds else chr(code))


_FOLD = _Fold()


def folded(text: str) -> str:
    """Two texts that fold to one are the same: width, case, white space and punctuation play no part.

    Points, signs and strokes of numbers do (1.5, -5, 1/2, 50%), so that no two numbers fall together. A text of punctuation alone is itself.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    parts = [part if place % 2 else part.translate(_FOLD) for place, part in enumerate(_IN_NUMBERS.split(plain))]
    return _BESIDE_CJK.sub("", " ".join("".join(parts).split())) or plain


def near_texts(trained: Iterable[str], evaluated: Iterable[str]) -> dict[str, tuple[str, float]]:
    """Folded evaluated text -> the trained text most like it and their Jaccard similarity, for those that are nearly the same.

    Exact and near-linear: only texts that share a signature of their content can say the same, so only those are compared.
    """
    alike: dict[tuple, list[str]] = defaultdict(list)
    for text in evaluated:
        for signature in _signatures(text):
            alike[signature].append(text)
    best: dict[str, tuple[str, float]] = {}
    for text in trained:
        for other in {other for signature in _signatures(text) for other in alike.get(signature, ())}:
            similarity = _jaccard(text, other)
            if similarity >= MIN_JACCARD and similarity > best.get(other, ("", 0.0))[1] and says_the_same(text, other):
                best[other] = (text, similarity)
    return best


def _jaccard(text: str, other: str) -> float:
    one, two = _shingles(text), _shingles(other)
    return len(one & two) / len(one | two)


def _shingles(text: str) -> set[str]:
    return {text[start : start + SHINGLE] for start in range(max(1, len(text) - SHINGLE + 1))}


def says_the_same(text: str, other: str) -> bool:
    """Whether two folded texts hold the same numbers and content words in the same order.

    Articles, plurals, です and the like, compounds (tea cup, teacup) and one wrong letter within a long word are passed over.
    """
    left, right = _content(text), _content(other)
    if len(left) == len(right) and all(map(_same_word, left, right)):
        return True
    return _joined(left) == _joined(right)


def _signatures(text: str) -> tuple[tuple, tuple]:
    """Two texts that say the same share one of these."""
    words = _content(text)
    return tuple(map(_stem, words)), _joined(words)


def _content(text: str) -> list[str]:
    words = (_ENDING.sub("", word) if _HIRAGANA.match(word) else word for word in _WORDS.findall(text))
    return [word for word in words if word and word not in _FUNCTION_WORDS]


def _joined(words: list[str]) -> tuple[str, ...]:
    """The numbers, and the text without spaces: 10 5 is not 105."""
    return ("".join(words), *(word for word in words if _has_digit(word)))


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


def _stem(word: str) -> str:
    """The same for two words that `_same_word` finds the same."""
    singular = _singular(word)
    long = len(singular) >= _LONG_WORD and not _has_digit(singular)
    return f"{word[0]}…{singular[-1]}" if long else singular


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.isascii() and word.endswith("s") else word.rstrip("ー") or word


def _same_word(one: str, other: str) -> bool:
    one, other = _singular(one), _singular(other)
    if one == other or min(len(one), len(other)) < _LONG_WORD or _has_digit(one + other):
        return one == other
    return one[0] == other[0] and one[-1] == other[-1] and _one_letter_apart(one, other)


def _one_letter_apart(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    begin = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    end = next((i for i, letter in enumerate(reversed(short)) if letter != long[-1 - i]), len(short))
    return len(long) - len(short) <= 1 and begin + end >= len(long) - 1


def text_groups(texts: Sequence[str]) -> np.ndarray:
    """(n,) the same number for folded texts that are nearly the same, also by way of others."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    alike: dict[tuple, list[str]] = defaultdict(list)
    for text in numbers:
        for signature in _signatures(text):
            alike[signature].append(text)
    ties = [
        (numbers[one], numbers[other])
        for group in alike.values()
        for one, other in itertools.combinations(group, 2)
        if _jaccard(one, other) >= MIN_JACCARD and says_the_same(one, other)
    ]
    return _parts(len(numbers), ties)[[numbers[text] for text in texts]]


def _parts(count: int, ties: Sequence[tuple[int, int]]) -> np.ndarray:
    """(count,) the same number for what the ties connect."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other = np.array(ties, dtype=np.int64).reshape(-1, 2).T
    return connected_components(coo_array((np.ones(len(one)), (one, other)), (count, count)), directed=False)[1]


# Images


@dataclass(frozen=True)
class Looks:
    """How n images look."""

    bits: np.ndarray
    """(n, 4) uint64: which low frequencies lie above their median"""
    colours: np.ndarray
    """(n, 16, 16, 3) uint8"""
    plain: np.ndarray
    """(n,) bool: no structure, so that the bits mean nothing"""

    @classmethod
    def of(cls, images: Iterable[bytes]) -> "Looks":
        looks = [_look(data) for data in images]
        bits = np.array([bits for bits, _, _ in looks], dtype=np.uint8).reshape(len(looks), HASH_SIDE**2 // 8)
        colours = np.array([colours for _, colours, _ in looks], np.uint8).reshape(-1, COLOUR_SIDE, COLOUR_SIDE, 3)
        return cls(bits.view(np.uint64), colours, np.array([plain for _, _, plain in looks], dtype=bool))


def _look(data: bytes) -> tuple[np.ndarray, np.ndarray, bool]:
    from PIL import Image

    side = 2 * HASH_SIDE
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (2 * side, 2 * side))
        rgb = image.convert("RGB")
    grey = np.asarray(rgb.convert("L").resize((side, side), Image.Resampling.BOX), dtype=np.float64)
    waves = np.cos(np.pi / (2 * side) * np.outer(np.arange(HASH_SIDE), 2 * np.arange(side) + 1))
    frequencies = (waves @ grey @ waves.T).ravel()
    above = frequencies > np.median(frequencies[1:])
    above[0] = False  # the mean: how bright it is
    colours = np.asarray(rgb.resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BOX))
    return np.packbits(above), colours, grey.std() < PLAIN


def near_images(trained: Looks, evaluated: Looks) -> list[tuple[int, int, float]]:
    """(evaluated, trained, share of equal bits) of each evaluated image that nearly is a trained one: the nearest of them."""
    found = []
    with_structure = np.flatnonzero(~trained.plain)
    step = max(1, 2**21 // max(len(with_structure), 1))
    for start in range(0, len(evaluated.plain), step) if len(with_structure) else ():
        apart = evaluated.bits[start : start + step, None] ^ trained.bits[None, with_structure]
        different = np.bitwise_count(apart).sum(axis=2, dtype=np.int64)
        different[evaluated.plain[start : start + step]] = HASH_SIDE**2
        for row, place in enumerate(different.min(axis=1) <= MAX_DIFFERENT_BITS):
            if not place:
                continue
            candidates = np.flatnonzero(different[row] <= MAX_DIFFERENT_BITS)
            colours = trained.colours[with_structure[candidates]].astype(np.int16) - evaluated.colours[start + row]
            candidates = candidates[np.abs(colours).max(axis=(1, 2, 3)) <= MAX_COLOUR_DIFFERENCE]
            if len(candidates):
                best = candidates[np.argmin(different[row, candidates])]
                equal = 1 - different[row, best] / (HASH_SIDE**2 - 1)
                found.append((start + row, int(with_structure[best]), float(equal)))
    return found


def image_groups(looks: Looks) -> np.ndarray:
    """(n,) the same number for images that nearly are one, also by way of others."""
    seen = np.flatnonzero(~looks.plain)
    step, ties = max(1, 2**21 // max(len(seen), 1)), []
    for start in range(0, len(seen), step):
        apart = looks.bits[seen[start : start + step], None] ^ looks.bits[None, seen]
        near = np.bitwise_count(apart).sum(axis=2, dtype=np.int64) <= MAX_DIFFERENT_BITS
        one, other = np.nonzero(np.triu(near, start + 1))
        one, other = seen[start + one], seen[other]
        colours = looks.colours[one].astype(np.int16) - looks.colours[other]
        same = np.abs(colours).max(axis=(1, 2, 3), initial=0) <= MAX_COLOUR_DIFFERENCE
        ties += zip(one[same].tolist(), other[same].tolist(), strict=True)
    return _parts(len(looks.plain), ties)
