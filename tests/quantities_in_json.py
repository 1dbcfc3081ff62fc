"""Reads what the commands of the shell answer with --json: every number is a quantity, or is named here as none."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from quantities_shown import Figures, name_of_training

from kdmcse.i18n import Locale

SCORE, MONEY, COUNT, SHARE, NOTHING = "score", "money", "count", "share", None
VALUES = ("estimate", "found", "value")
"""What stands beside `low` and `high`."""
PATHS = {
    "demo": {
        "saving_per_month": ("saving", MONEY),
        "comparison.candidate": ("score of kdmcse", SCORE),
        "comparison.baseline": ("score of baseline", SCORE),
        "comparison.difference": ("gain over baseline", SCORE),
        "decision.lines.axis score": ("gain over baseline", SCORE),
        "decision.lines.axis cost": ("saving", MONEY),
        "scores.*.sts_spearman": ("score of training {0}", SCORE),
        "scores.*.caption_to_caption_queries": ("caption searches", COUNT),
        "scores.*.caption_to_image_queries": ("image searches", COUNT),
        "scores.*.training_cost": ("cost of training {0}", MONEY),
        "scores.*.monthly_cost": ("cost of training {0}", MONEY),
        "scores.*.threshold": ("threshold of training {0}", SCORE),
        "scores.*.false_match_rate": ("rate of wrong matches of training {0}", SHARE),
        "scores.*.missed_match_rate": ("rate of missed matches of training {0}", SHARE),
        "comparison.**": NOTHING,  # how sure it is
        "decision.**": NOTHING,  # what was agreed
        "scores.**": NOTHING,  # other scores of one training
        "seconds": NOTHING,
    },
    "curve": {
        "present_pairs": ("training pairs", COUNT),
        "gain": ("what further pairs bring", SCORE),
        "money_per_month": ("saving by further pairs", MONEY),
        "points.*.score": ("score of training {0}", SCORE),
        "points.*.training_cost": ("cost of training {0}", MONEY),
        "points.*.monthly_cost": ("cost of training {0}", MONEY),
        "points.**": NOTHING,
        "laws.**": NOTHING,
        "missing.**": NOTHING,
        "further_pairs": NOTHING,
        "seconds_for_missing": NOTHING,
    },
    "cost": {
        "methods.*.cost": ("cost of {0}", MONEY),
        "methods.kdmcse.saving": ("saving", MONEY),
        "methods.*.seeds.*.monthly_cost": ("cost of training {0}-{1}", MONEY),
        "methods.*.seeds.*.threshold": ("threshold of training {0}-{1}", SCORE),
        "methods.*.seeds.*.false_match_rate": ("rate of wrong matches of training {0}-{1}", SHARE),
        "methods.*.seeds.*.missed_match_rate": ("rate of missed matches of training {0}-{1}", SHARE),
        "models.*.monthly_cost": ("cost of training {0}", MONEY),
        "models.*.threshold": ("threshold of training {0}", SCORE),
        "models.*.false_match_rate": ("rate of wrong matches of training {0}", SHARE),
        "models.*.missed_match_rate": ("rate of missed matches of training {0}", SHARE),
        "methods.**": NOTHING,  # kinds of mistakes, savings of others
        "models.**": NOTHING,  # one training with the chance of its rows alone
        "prices.**": NOTHING,
    },
    "evaluate": {
        "models.*.scores.sts.spearman": ("score of training {0}", SCORE),
        "models.*.scores.caption_to_caption.queries": ("caption searches", COUNT),
        "models.*.scores.caption_to_image.queries": ("image searches", COUNT),
        "models.**": NOTHING,
    },
    "import": {
        "counts.pairs": ("pairs", COUNT),
        "counts.train": ("training pairs", COUNT),
        "counts.test": ("test pairs", COUNT),
        "counts.held_out_pairs": ("held-out pairs", COUNT),
        "counts.**": NOTHING,
    },
}
"""Command -> path of a number -> the quantity and how it is written; `*` is one name of the path, `**` any number of them."""


def read_json(figures: Figures, command: str, answer: Mapping[str, Any], t: Locale, currency: str) -> set[str]:
    """Notes the numbers of an answer; the paths of those that are not in `PATHS`."""
    unknown = set()
    for path, numbers in _numbers(answer):
        known = ((re.fullmatch(_pattern(one), path), quantity) for one, quantity in PATHS[command].items())
        match, quantity = next(((match, quantity) for match, quantity in known if match), (None, None))
        if match is None:
            unknown.add(f"{command}: {path}")
        elif quantity:
            name, kind = quantity
            value, *ends = (_written(t, kind, number, currency) for number in numbers)
            text = f"{value} ({ends[0]} to {ends[1]})" if ends else value
            figures.note(name.format(*match.groups()), text, f"kdmcse {command} --json: {path}")
    return unknown


def _pattern(path: str) -> str:
    return re.escape(path).replace(r"\*\*", ".+").replace(r"\*", "([^.]+)")


def _written(t: Locale, kind: str, value: float, currency: str) -> str:
    if kind == MONEY:
        return t.money(value, currency)
    return t.percent(value, 1) if kind == SHARE else t.number(value, 3 if kind == SCORE else 0)


def _numbers(node: Any, path: str = "") -> Iterator[tuple[str, tuple[float, ...]]]:
    """Path -> a number, or a value with both ends of its interval."""
    if isinstance(node, bool):
        return
    if isinstance(node, int | float):
        yield path, (node,)
    if isinstance(node, list):
        for place, item in enumerate(node):
            yield from _numbers(item, f"{path}.{_name(item, place)}")
    if isinstance(node, dict):
        value = next((name for name in VALUES if name in node and "low" in node and "high" in node), None)
        if value and node[value] is not None:
            yield path, tuple(node[name] for name in (value, "low", "high") if node[name] is not None)
        for name, item in node.items():
            if not value or name not in (value, "low", "high"):
                yield from _numbers(item, f"{path}.{_run(name)}".lstrip("."))


def _name(item: Any, place: int) -> str:
    """What an entry of a list is about, else its place."""
    if not isinstance(item, dict):
        return str(place)
    if "run" in item:
        return name_of_training(*_run(item["run"]).rsplit("-", 1), item.get("share", 1.0))
    return f"{item['kind']} {item['name']}" if {"kind", "name"} <= set(item) else str(place)


def _run(name: str) -> str:
    """The id of a run without its digest; any other name as it is."""
    found = re.fullmatch(r"(\w+-\d+)-[0-9a-f]{12}", name)
    return found[1] if found else name
