"""Every term is explained once, in one sentence, in both languages."""

import re

import pytest

from kdmcse.i18n import LANGUAGES, Locale, capital, sentences
from kdmcse.presentation.glossary import glossary
from kdmcse.quantities import QUANTITIES

languages = pytest.mark.parametrize("language", LANGUAGES)
ASKED_FOR = {
    "score",
    "held_out",
    "interval",
    "threshold",
    "wrong_match",
    "missed_match",
    "saving",
    "break_even",
    "payback",
    "net_present_value",
}
ASKED_FOR |= {
    "teacher",
    "student",
    "seed",
    "kappa",
    "correlation",
    "ndcg",
    "recall",
    "embedding_map",
    "criteria",
    "stage",
}


def keys(language: str) -> dict[str, str]:
    """Term -> its sentence."""
    found = {key: text for key, text in sentences(language).items() if key.startswith("glossary.")}
    return {key.split(".")[1]: text for key, text in found.items() if key.count(".") == 1}


@languages
def test_every_term_has_one_sentence(language):
    end = {"en": r"\.(\s|$)", "ja": "。"}[language]
    assert set(keys(language)) >= ASKED_FOR
    assert [key for key, text in keys(language).items() if len(re.findall(end, text)) != 1] == []


@languages
def test_a_term_stands_once_and_each_has_its_explanation(language):
    shown = glossary(Locale(language))
    assert len(shown) == len(keys(language)) == len({term for term, _ in shown}) == len({text for _, text in shown})


@languages
def test_a_quantity_of_the_same_name_is_called_alike(language):
    t = Locale(language)
    terms = {key: t(f"glossary.term.{key}") for key in keys(language)}
    same = {
        "one_off": "one_off",
        "monthly": "monthly",
        "payback": "payback_months",
        "net_present_value": "net_present_value",
    }
    same |= {"benefit_cost": "benefit_cost"}
    for term, quantity in same.items():
        assert terms[term] == capital(t(f"quantities.name.{quantity}"))
        assert t(f"quantities.meaning.{quantity}") == t(f"glossary.{term}"), "explained in the same words"
    assert set(same.values()) <= {one.name for one in QUANTITIES}
