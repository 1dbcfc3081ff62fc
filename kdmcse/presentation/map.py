"""What the two maps show, in words: what changed, in a sentence and in tables; and the legend of their colours. Calculates no result."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdmcse.data.caption_languages import COLUMNS as LANGUAGE_COLUMNS
from kdmcse.i18n import Locale
from kdmcse.presentation.palette import MAP_COLOURS, MAP_OTHER, MAP_SCALE, MAP_SHAPES
from kdmcse.presentation.statistics import range_text
from kdmcse.results.map_colours import MEASURED, RIGHT, UNTESTED, WRONG, Colouring
from kdmcse.results.neighbours import Neighbourhoods
from kdmcse.stats import Comparison

_DIVIDES = 0.2
"""Beyond chance, from which on a column is told to divide the captions."""
_NAMED, _LONGEST = 3, 40
"""Groups that a sentence names, and characters of a name."""
_FINE = 0.01
"""Width of an interval below which a percentage is told with a decimal."""


@dataclass(frozen=True)
class Entry:
    """A line of the legend, with how many points it has on either map."""

    name: str
    colour: str
    shape: str
    before: int
    after: int


@dataclass(frozen=True)
class Legend:
    """What the colours mean."""

    entries: list[Entry]
    codes: np.ndarray
    """(n, 2) uint8: which entry each point has before and after"""

    @property
    def alike(self) -> bool:
        """Whether the two maps are coloured alike."""
        return bool((self.codes[:, 0] == self.codes[:, 1]).all())


# What changed


def change_sentence(t: Locale, found: Neighbourhoods) -> str:
    """Whether captions of one group came together, and by how much."""
    told, what = found.comparison, t(f"projection.alike.{found.alike}")
    if told.difference.estimate is None:
        return t("projection.change.unknown", what=what)
    return t.join([t(f"projection.change.{told.verdict}", what=what), change_figure(t, what, told)])


def change_figure(t: Locale, what: str, told: Comparison) -> str:
    """The share of neighbours of the same kind before and after, with the interval of the difference."""
    difference = told.difference
    digits = 1 if difference.low is not None and difference.high - difference.low < _FINE else 0
    shown = {
        "what": what,
        "before": t.percent(told.baseline.estimate, digits),
        "after": t.percent(told.candidate.estimate, digits),
        "difference": t.signed(100 * difference.estimate, digits),
    }
    if difference.low is None:
        return t("projection.change.alone", **shown)
    ends = {name: t.signed(100 * getattr(difference, name), digits) for name in ("low", "high")}
    return t("projection.change.figure", **shown, **ends)


def change_details(t: Locale, found: Neighbourhoods) -> list[str]:
    """How many groups gained and lost, and what divides the captions most."""
    lines = []
    if len(groups := found.groups):
        gained, lost = (t.number(int((way * groups["change"] > 0).sum())) for way in (1, -1))
        many = t(f"projection.alike_many.{found.alike}")
        lines.append(t("projection.change.groups", many=many, gained=gained, lost=lost, all=t.number(len(groups))))
    if found.shared and found.shared[0].strength > _DIVIDES:
        divides = found.shared[0].comparison
        shares = {"before": t.percent(divides.baseline.estimate), "after": t.percent(divides.candidate.estimate)}
        column = column_name(t, found.shared[0].column)
        lines.append(t("projection.change.divides", column=column, **shares))
    return lines


def most_changed(t: Locale, found: Neighbourhoods) -> list[str]:
    """The groups that gained and that lost most by name, each with its share before and after; nothing where none did."""
    sentences, groups = [], found.groups
    gained, lost = groups[groups["change"] > 0], groups[groups["change"] < 0][::-1]
    for name, changed in (("gained", gained.head(_NAMED)), ("lost", lost.head(_NAMED))):
        if len(changed):
            said = [
                t(
                    "projection.change.group",
                    name=_short(row.group),
                    before=t.percent(row.before),
                    after=t.percent(row.after),
                )
                for row in changed.itertuples()
            ]
            many = t(f"projection.alike_many.{found.alike}")
            sentences.append(t(f"projection.change.{name}_most", many=many, groups=t.series(said)))
    return sentences


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def shared_rows(t: Locale, found: Neighbourhoods) -> list[dict[str, str]]:
    """What neighbours have in common: a row a kind, with its share before and after, the interval of the change, and what chance gives."""
    kinds = [(t(f"projection.table.{found.alike}"), found.comparison, None)]
    kinds += [
        (column_name(t, one.column), one.comparison, one.chance) for one in found.shared if one.column != found.alike
    ]
    return [
        {
            t("projection.table.same"): name,
            t("projection.table.before_short"): t.percent(told.baseline.estimate),
            t("projection.table.after_short"): t.percent(told.candidate.estimate),
            t("projection.table.change"): _points(t, told),
            t("projection.table.chance"): t.percent(chance),
            t("projection.table.verdict"): t(f"projection.verdict.{told.verdict}"),
        }
        for name, told, chance in kinds
        if told.difference.estimate is not None
    ]


def kept_sentence(t: Locale, found: Neighbourhoods) -> str:
    """How many of a caption's neighbours stayed."""
    kept = t.number(float(found.table["kept"].mean()), 1)
    return t("projection.change.kept", kept=kept, looked_at=t.number(found.looked_at))


def _points(t: Locale, told: Comparison) -> str:
    difference = told.difference
    ends = (None if one is None else 100 * one for one in (difference.estimate, difference.low, difference.high))
    return range_text(t, *(t.signed(one) for one in ends))


def how_counted(t: Locale, found: Neighbourhoods) -> str:
    """What the figures rest on."""
    difference, counted = found.comparison.difference, int((found.table["wanted"] > 0).sum())
    what, left_out = t(f"projection.alike.{found.alike}"), len(found.table) - counted
    how = t(
        "projection.change.how",
        what=what,
        most=t.number(found.looked_at),
        captions=t.number(counted),
        units=t.number(difference.units),
    )
    missing = t("projection.change.left_out", what=what, n=t.number(left_out)) if left_out else None
    return t.join([how, missing, t("projection.change.level", level=t.percent(difference.level))])


def group_table(t: Locale, found: Neighbourhoods) -> pd.DataFrame:
    """Every group with its share before and after, as numbers in percent: the same as the maps, to read."""
    groups = found.groups
    heads = {name: t(f"projection.table.{name}") for name in ("captions", "before", "after", "change")}
    heads["group"] = t(f"projection.table.{found.alike}")
    table = groups.assign(**{name: (100 * groups[name]).round(1) for name in ("before", "after", "change")})
    return table.rename(columns=heads)


# Colours


def column_name(t: Locale, name: str) -> str:
    """What was measured, and the columns that mean the same everywhere, by our names; every other column by its own."""
    known = {"group": "group", "category": "category", **{one: one.removeprefix("@") for one in MEASURED}}
    known |= dict.fromkeys(LANGUAGE_COLUMNS, "language")
    return t(f"projection.colour.{known[name.lower()]}") if name.lower() in known else name


def legend(t: Locale, colouring: Colouring | None, n: int) -> Legend:
    """Of n points; None: all alike."""
    if colouring is None:
        return Legend([Entry(t("projection.colour.all"), MAP_COLOURS[0], "circle", n, n)], np.zeros((n, 2), np.uint8))
    if colouring.kind == "words":
        return _of_words(t, colouring)
    if colouring.kind == "outcome":
        return _of_outcomes(t, colouring)
    return _of_numbers(t, colouring)


def _of_words(t: Locale, colouring: Colouring) -> Legend:
    counts = pd.Series(np.concatenate([colouring.before, colouring.after])).value_counts()
    names = [name for name in counts.index if name][: len(MAP_COLOURS) * len(MAP_SHAPES)]
    looks = [(colour, shape) for shape in MAP_SHAPES for colour in MAP_COLOURS]
    shown = {name: (_word(t, colouring.name, name), *look) for name, look in zip(sorted(names), looks, strict=False)}
    return _legend(t, colouring, shown)


def _word(t: Locale, column: str, value: str) -> str:
    key = f"projection.language.{value}"
    return t(key) if column.lower() in ("@language", *LANGUAGE_COLUMNS) and t.has(key) else value


def _of_outcomes(t: Locale, colouring: Colouring) -> Legend:
    kind = colouring.name.removeprefix("@")
    looks = {RIGHT: (MAP_COLOURS[0], "circle"), WRONG: (MAP_COLOURS[5], "triangle"), UNTESTED: (MAP_OTHER, "circle")}
    return _legend(
        t,
        colouring,
        {value: (t(f"projection.outcome.{kind}_{value or 'untested'}"), *look) for value, look in looks.items()},
    )


def _legend(t: Locale, colouring: Colouring, shown: dict[str, tuple[str, str, str]]) -> Legend:
    """shown: value -> name, colour and shape; all other values share one more line."""
    number = {value: place for place, value in enumerate(shown)}
    codes = np.stack(
        [
            pd.Series(side).map(number).fillna(len(shown)).to_numpy(np.uint8)
            for side in (colouring.before, colouring.after)
        ],
        axis=1,
    )
    looks = [*shown.values(), (t("projection.colour.others"), MAP_OTHER, "circle")]
    return _counted(looks, codes)


def _of_numbers(t: Locale, colouring: Colouring) -> Legend:
    """In five parts with about as many points each; an amount of 0 and what is not known have lines of their own."""
    values = np.stack([colouring.before, colouring.after], axis=1).astype(float)
    is_amount = colouring.kind == "amount"
    scaled = np.isfinite(values) & ((values > 0) | (not is_amount))
    cuts = (
        np.unique(np.quantile(values[scaled], np.linspace(0, 1, len(MAP_SCALE) + 1))) if scaled.any() else np.zeros(1)
    )
    parts = max(len(cuts) - 1, 1)
    place = np.clip(np.searchsorted(cuts, values, side="right") - 1, 0, parts - 1)
    codes = np.where(scaled, place + 1, np.where(np.isfinite(values), 0, parts + 1)).astype(np.uint8)
    write = _writer(t, colouring)
    ends = list(zip(cuts[:-1], cuts[1:], strict=True)) or [(cuts[0], cuts[0])]
    names = [
        t("projection.colour.range", low=write(low), high=write(high)) if low < high else write(low)
        for low, high in ends
    ]
    colours = [MAP_SCALE[round(place * (len(MAP_SCALE) - 1) / max(parts - 1, 1))] for place in range(parts)]
    looks = [(t("projection.colour.no_mistake"), MAP_OTHER, "circle")]
    looks += [(name, colour, "circle") for name, colour in zip(names, colours, strict=True)]
    looks.append((t("projection.colour.not_known"), MAP_OTHER, "diamond"))
    return _counted(looks, codes)


def _writer(t: Locale, colouring: Colouring) -> Callable[[float], str]:
    if colouring.kind == "amount":
        return lambda value: t.money(value, colouring.currency)
    return lambda value: t.number(value, 2)


def _counted(looks: list[tuple[str, str, str]], codes: np.ndarray) -> Legend:
    """Lines without a point on either map are left out."""
    counts = np.stack([np.bincount(side, minlength=len(looks)) for side in codes.T], axis=1)
    kept = np.flatnonzero(counts.sum(axis=1))
    renumbered = np.zeros(len(looks), np.uint8)
    renumbered[kept] = np.arange(len(kept))
    entries = [Entry(*looks[place], *map(int, counts[place])) for place in kept]
    return Legend(entries, renumbered[codes])
