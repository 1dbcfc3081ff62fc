"""Both languages say the same things, and numbers look as the reader writes them."""

import math
import re
import string
import tomllib
from pathlib import Path

import pytest

from kdmcse import i18n
from kdmcse.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = [ROOT / "kdmcse" / "messages", ROOT / "dashboard" / "locales"]
ROOMS = sorted({(folder, path.name.split(".")[0]) for folder in FOLDERS for path in folder.glob("*.toml")})
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
NAMES = {
    "ID",
    "SimCSE",
    "MCSE",
    "KDMCSE",
    "GIST",
    "DALR",
    "Recall@1",
    "Recall@5",
    "Recall@10",
    "nDCG@10",
    "MRR@10",
    "FAQ",
}
NAMES |= {"STS12", "STS13", "STS14", "STS15", "STS16", "SICK-R", "JSTS", "JSICK"}
"""What may stand for itself in a Japanese label."""


def table(folder: Path, room: str, language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    i18n._flatten(room, tomllib.loads((folder / f"{room}.{language}.toml").read_text(encoding="utf-8")), found)
    return found


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def plurals() -> set[str]:
    """The keys whose sentence depends on `count`: English has `one` and `other` of it, Japanese `other` alone."""
    english = i18n.sentences("en")
    return {key.removesuffix(".one") for key in english if key.endswith(".one")}


def without_forms(sentences: dict[str, str]) -> dict[str, str]:
    """The same with every plural once, by its key."""
    forms = {f"{key}.other": key for key in plurals()}
    return {
        forms.get(key, key): sentence
        for key, sentence in sentences.items()
        if key.removesuffix(".one") not in plurals()
    }


def latin_words(sentence: str) -> list[str]:
    """The words in Latin letters, without placeholders and code."""
    return re.findall(r"[A-Za-z][\w@-]*", re.sub(r"`[^`]*`|\{\w*\}", "", sentence))


def id_of(room: object) -> str:
    return room if isinstance(room, str) else room.parent.name


@pytest.fixture(scope="module", autouse=True)
def pages_too():
    i18n.add_folder(FOLDERS[1])


# Sentences


def test_there_are_sentences_for_core_and_pages():
    assert {folder for folder, _ in ROOMS} == set(FOLDERS)


@pytest.mark.parametrize(("folder", "room"), ROOMS, ids=id_of)
def test_both_languages_have_the_same_keys_and_placeholders(folder, room):
    english, japanese = (without_forms(table(folder, room, language)) for language in ("en", "ja"))
    assert set(english) == set(japanese)
    differing = [key for key in english if placeholders(english[key]) != placeholders(japanese[key])]
    assert differing == []


def test_a_plural_has_two_forms_in_english_and_one_in_japanese():
    english, japanese = i18n.sentences("en"), i18n.sentences("ja")
    for key in plurals():
        assert placeholders(english[f"{key}.one"]) | {"count"} == placeholders(english[f"{key}.other"]) | {"count"}
        assert f"{key}.other" in japanese and f"{key}.one" not in japanese


@pytest.mark.parametrize(("folder", "room"), ROOMS, ids=id_of)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_sentence_is_text_that_can_be_filled_in_by_name(folder, room, language):
    for key, sentence in table(folder, room, language).items():
        assert isinstance(sentence, str) and sentence.strip(), key
        assert all(name.isidentifier() for name in placeholders(sentence)), key


@pytest.mark.parametrize(("folder", "room"), ROOMS, ids=id_of)
def test_japanese_sentences_are_japanese(folder, room):
    sentences = table(folder, room, "ja")
    untranslated = [key for key, s in sentences.items() if not JAPANESE.search(s) and set(latin_words(s)) - NAMES]
    assert untranslated == []
    phrases = [key for key, s in sentences.items() if re.search(r"\b[a-z]{2,} (the|of|is|to|a|in|and|not|or) [a-z]", s)]
    assert phrases == []


@pytest.mark.parametrize(("folder", "room"), ROOMS, ids=id_of)
def test_english_sentences_are_english(folder, room):
    japanese_left = [
        (key, sentence)
        for key, sentence in table(folder, room, "en").items()
        if JAPANESE.search(re.sub("日本語|はい|いいえ", "", sentence))
    ]
    assert japanese_left == []


def test_two_rooms_never_say_the_same_key():
    for language in i18n.LANGUAGES:
        assert len(i18n.sentences(language)) == sum(len(table(folder, room, language)) for folder, room in ROOMS)


def test_a_full_japanese_sentence_ends_as_japanese_does():
    wrong = [
        (key, sentence) for key, sentence in i18n.sentences("ja").items() if re.search(r"[\u3040-\u9fff]\.$", sentence)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("text", ["{file}", "{0}", "{x!r}", "}{", "{}", "%s", "{file.__class__}"])
def test_what_is_inserted_is_never_parsed(language, text):
    assert text in i18n.say("errors.file_missing.message", language, file=text)
    assert text in UserError("file_missing", file=text).message(language)


def test_a_key_language_or_field_that_is_not_there_is_a_bug():
    for key, language in (
        ("errors.none.message", "en"),
        ("errors.file_missing.message", "fr"),
        ("errors.file_missing.message", "en"),
    ):
        with pytest.raises(KeyError):
            i18n.say(key, language)


def test_the_sentences_handed_out_are_a_copy():
    i18n.sentences("en").clear()
    assert i18n.sentences("en")


# Numbers

DASH = "–"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("missing", [None, math.nan])
def test_what_is_missing_is_a_dash_and_never_zero(language, missing):
    assert i18n.number(missing, language, 2) == i18n.percent(missing, language) == DASH
    assert i18n.money(missing, "JPY", language) == DASH


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_zero_is_zero_and_no_dash(language):
    assert i18n.number(0, language) == "0" and i18n.number(0.0, language, 2) == "0.00"
    assert i18n.percent(0.0, language) == "0%"
    assert i18n.money(0, "EUR", language) == "€0"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_numbers_have_the_decimals_that_were_asked_for(language):
    assert i18n.number(1234567.891, language) == "1,234,568"
    assert i18n.number(1234.5, language, 2) == "1,234.50"
    assert i18n.number(-0.25, language, 2) == "-0.25"
    assert i18n.number(12, language, 3) == "12.000"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_share_is_a_percentage(language):
    assert i18n.percent(0.5, language) == "50%"
    assert i18n.percent(0.1234, language, 1) == "12.3%"
    assert i18n.percent(1, language) == "100%"
    assert i18n.percent(-0.05, language) == "-5%"


def test_money_has_its_sign_before_the_currency_and_no_decimals():
    assert i18n.money(1234.4, "JPY", "en") == "¥1,234"
    assert i18n.money(1234.4, "JPY", "ja") == "￥1,234"
    assert i18n.money(-1234.4, "JPY", "en") == "-¥1,234"
    assert i18n.money(-1234.4, "JPY", "ja") == "-￥1,234"
    assert i18n.money(1234.6, "EUR", "en") == "€1,235"
    assert i18n.money(-5, "USD", "en") == "-$5"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("almost", [-0.4, -0.0, -1e-12, 0.4])
def test_nothing_is_written_as_minus_zero(language, almost):
    assert i18n.number(almost, language) == "0"
    assert "-" not in i18n.money(almost, "JPY", language)
    assert i18n.number(almost / 1000, language, 2) == "0.00"
    assert i18n.percent(almost / 1000, language) == "0%"
