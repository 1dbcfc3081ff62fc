"""The made-up shop: attributes, products on sale, and the gold rules of the data card.

Not here: how sentences are worded (`wording`) and how products look (`drawing`). The numbers below are the ones stated
in README.md; they were fixed before any model was trained.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

DEPARTMENTS: dict[str, tuple[str, ...]] = {
    "kitchen": ("mug", "plate", "teapot"),
    "clothing": ("tshirt", "cap", "sneakers"),
    "interior": ("cushion", "vase", "lamp"),
    "bags": ("tote", "umbrella", "backpack"),
}
DEPARTMENT_OF: dict[str, str] = {
    category: department for department, categories in DEPARTMENTS.items() for category in categories
}
CATEGORIES: tuple[str, ...] = tuple(DEPARTMENT_OF)
COLOURS = ("red", "pink", "orange", "yellow", "green", "light_blue", "navy", "purple", "black", "white")
PATTERNS = ("plain", "striped", "dotted", "checked", "floral")

HARD_MATERIALS = ("ceramic", "glass", "metal")
SOFT_MATERIALS = ("cotton", "linen", "wool")
HARD_GOODS = frozenset({"mug", "plate", "teapot", "vase", "lamp"})

ATTRIBUTES = ("category", "colour", "pattern", "material")
WEIGHTS = {"category": 4, "colour": 3, "pattern": 2, "material": 1}
SAME_DEPARTMENT = 0.4
NEIGHBOUR = 0.5
UNMENTIONED = 0.5
TOP_SCORE = 5.0

NEIGHBOURING_COLOURS = frozenset(
    frozenset(pair)
    for pair in (
        ("red", "pink"),
        ("red", "orange"),
        ("orange", "yellow"),
        ("yellow", "green"),
        ("green", "light_blue"),
        ("light_blue", "navy"),
        ("navy", "purple"),
        ("purple", "pink"),
        ("navy", "black"),
    )
)
RELATED_PATTERNS = frozenset({frozenset({"striped", "checked"}), frozenset({"dotted", "floral"})})

DESIGNS_PER_CATEGORY = 6
COLOURS_PER_DESIGN = 5


@dataclass(frozen=True, order=True)
class Product:
    """One article of the catalogue: a combination of the four attributes."""

    category: str
    colour: str
    pattern: str
    material: str

    @property
    def id(self) -> str:
        return f"{self.category}-{self.colour}-{self.pattern}-{self.material}"

    @property
    def department(self) -> str:
        return DEPARTMENT_OF[self.category]

    def differences(self, other: Product) -> tuple[str, ...]:
        """Names of the attributes in which the two products differ."""
        return tuple(name for name in ATTRIBUTES if getattr(self, name) != getattr(other, name))


@dataclass(frozen=True)
class Mentions:
    """What a sentence says about its product; None where it says nothing."""

    category: str
    colour: str | None = None
    pattern: str | None = None
    material: str | None = None


def materials_of(category: str) -> tuple[str, ...]:
    """Materials a category is made of; a woollen umbrella would not sell."""
    if category in HARD_GOODS:
        return HARD_MATERIALS
    return ("cotton", "linen") if category == "umbrella" else SOFT_MATERIALS


def every_product() -> list[Product]:
    """All combinations that could be on sale."""
    return [
        Product(category, colour, pattern, material)
        for category in CATEGORIES
        for colour in COLOURS
        for pattern in PATTERNS
        for material in materials_of(category)
    ]


def assortment(rng: random.Random) -> list[Product]:
    """The products on sale: a few designs per category, each in a few colours.

    Colour variants of one design make the near-duplicates that a real catalogue is full of.
    """
    products = []
    for category in CATEGORIES:
        designs = [(pattern, material) for pattern in PATTERNS for material in materials_of(category)]
        for pattern, material in rng.sample(designs, DESIGNS_PER_CATEGORY):
            for colour in rng.sample(COLOURS, COLOURS_PER_DESIGN):
                products.append(Product(category, colour, pattern, material))
    return sorted(products)


def agreement(attribute: str, one: str | None, other: str | None) -> float | None:
    """How far two mentions of an attribute agree (0 to 1); None when neither sentence mentions it."""
    if one is None and other is None:
        return None
    if one is None or other is None:
        return UNMENTIONED
    if one == other:
        return 1.0
    if attribute == "category":
        return SAME_DEPARTMENT if DEPARTMENT_OF[one] == DEPARTMENT_OF[other] else 0.0
    if attribute == "colour":
        return NEIGHBOUR if frozenset({one, other}) in NEIGHBOURING_COLOURS else 0.0
    if attribute == "pattern":
        return NEIGHBOUR if frozenset({one, other}) in RELATED_PATTERNS else 0.0
    return 0.0


def similarity(one: Mentions, other: Mentions) -> float:
    """Gold similarity, 0 to 5: the weighted mean agreement over the attributes that at least one sentence mentions."""
    total = weight = 0.0
    for name in ATTRIBUTES:
        agreed = agreement(name, getattr(one, name), getattr(other, name))
        if agreed is not None:
            total += WEIGHTS[name] * agreed
            weight += WEIGHTS[name]
    return round(TOP_SCORE * total / weight, 2)
