"""Both languages say the same things, and numbers look as the reader writes them."""

import ast
import math
import re
import string
import tomllib
from pathlib import Path

import pytest

from kdmcse import i18n
from kdmcse.errors import UserError
from kdmcse.i18n import Locale

EN, JA = Locale("en"), Locale("ja")
languages = pytest.mark.parametrize("t", [EN, JA], ids=lambda t: t.language)
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
    "RankCSE",
    "Recall@1",
    "Recall@5",
    "Recall@10",
    "nDCG@10",
    "Recall@k",
    "nDCG@k",
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
    return re.findall(r"[A-Za-z][\w@-]*", re.sub(r"`[^`]*`|\{[\w.]*\}", "", sentence))


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
        assert placeholders(english[f"{key}.one"]) <= placeholders(english[f"{key}.other"]) | {"count"}, (
            "one may say less"
        )
        assert f"{key}.other" in japanese and f"{key}.one" not in japanese


@pytest.mark.parametrize(("folder", "room"), ROOMS, ids=id_of)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_sentence_is_text_that_can_be_filled_in_by_name(folder, room, language):
    for key, sentence in table(folder, room, language).items():
        assert isinstance(sentence, str) and sentence.strip(), key
        assert all(name.isidentifier() or name in i18n.sentences(language) for name in placeholders(sentence)), key


@pytest.mark.parametrize(("folder", "room"), ROOMS, ids=id_of)
def test_japanese_sentences_are_japanese(folder, room):
    sentences = table(folder, room, "ja")
    untranslated = [key for key, s in sentences.items() if not JAPANESE.search(s) and set(latin_words(s)) - NAMES]
    assert untranslated == []
    phrases = [key for key, s in sentences.items() if re.search(r"\b[a-z]{2,} (the|of|is|to|a|in|and|not|or) [a-z]", s)]
    assert phrases == []


@pytest.mark.parametrize(("folder", "room"), ROOMS, ids=id_of)
def test_japanese_sets_no_blank_between_a_word_and_a_figure_or_the_name_of_a_method(folder, room):
    kana = "[\u3040-\u30ff\u3005\u4e00-\u9fff]"
    method = "(?:KDMCSE|MCSE|SimCSE|GIST|DALR|RankCSE|FAQ|COCO|CPU|GPU|JSON)"
    counter = "(?:か月|件|組|行|回|個|人|版|位|倍|つ|種類|次元|文字|時間|秒|以上|以下|未満|区間|バッチ|トークン)"
    counted = r"\{(?:count|level|limit|part|people|amount|cost|difference|saving|found|agreed|low|high|middle)\}"
    figure = (
        rf"{kana} \d(?!00ml)|[\d%] {kana}|\}} {counter}|{kana} \{{\w+\}}{counter}|{kana} {counted}|{counted} {kana}"
    )
    spaced = re.compile(rf"{figure}|{method} {kana}|{kana} {method}")
    assert [key for key, sentence in table(folder, room, "ja").items() if spaced.search(sentence)] == []


@pytest.mark.parametrize(("folder", "room"), ROOMS, ids=id_of)
def test_english_sentences_are_english(folder, room):
    japanese_left = [
        (key, sentence)
        for key, sentence in table(folder, room, "en").items()
        if JAPANESE.search(re.sub("日本語|はい|いいえ", "", sentence))
    ]
    assert japanese_left == []


@pytest.mark.parametrize(("folder", "room"), ROOMS, ids=id_of)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_page_is_named_by_its_title_alone(folder, room, language):
    by_title = {"en": r"page “\{pages\.\w+\}”", "ja": r"「\{pages\.\w+\}」ページ"}[language]
    nameless = {
        "en": r"[Tt]his page|every page|reload the page",
        "ja": r"(この|どの)ページ|ページを再読み込み|並べるページ",
    }[language]
    page = {"en": r"\b[Pp]ages?\b|\{pages\.", "ja": r"ページ|画面|\{pages\."}[language]
    left = {key: re.sub(f"{by_title}|{nameless}", "", text) for key, text in table(folder, room, language).items()}
    assert [key for key, text in left.items() if re.search(page, text)] == []


def test_a_sentence_may_name_another():
    assert EN("pages.cost") in EN("cards.cost.no_prices") and JA("pages.cost") in JA("cards.cost.no_prices")


def test_every_sentence_is_said_somewhere():
    """By its whole key, by an f-string that begins it, or by the part of the key that stands before its last name."""
    whole, parts = {name for text in i18n.sentences("en").values() for name in placeholders(text)}, set()
    for path in (path for room in ("kdmcse", "dashboard", "pages") for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value.rstrip("."))
                parts |= {re.escape(node.value).replace(r"\{\}", r"\w+")} if "{}" in node.value else set()
            elif isinstance(node, ast.JoinedStr):
                known = [re.escape(one.value) if isinstance(one, ast.Constant) else r"[\w-]+" for one in node.values]
                parts |= {"".join(known)} if re.match(r"[a-z_]{2,}", known[0]) and r"\." in "".join(known) else set()
    pattern = re.compile("|".join(sorted(parts)))
    forms = {f"{key}.{form}": key for key in plurals() for form in ("one", "other")}
    keys = {forms.get(key, key) for key in i18n.sentences("en") if not key.startswith("errors.")}
    assert [
        key for key in sorted(keys - whole) if key.rpartition(".")[0] not in whole and not pattern.fullmatch(key)
    ] == []


def test_two_rooms_never_say_the_same_key():
    for language in i18n.LANGUAGES:
        assert len(i18n.sentences(language)) == sum(len(table(folder, room, language)) for folder, room in ROOMS)


def test_a_full_japanese_sentence_ends_as_japanese_does():
    wrong = [
        (key, sentence) for key, sentence in i18n.sentences("ja").items() if re.search(r"[\u3040-\u9fff]\.$", sentence)
    ]
    assert wrong == []


def test_japanese_has_one_word_for_a_pair_and_counts_it_with_another():
    counted = re.compile(r"(?<![}\d数百])(?<![}\d] )組(?!み)")
    wrong = [(key, sentence) for key, sentence in i18n.sentences("ja").items() if counted.search(sentence)]
    assert [key for key, sentence in wrong if sentence != "組"] == [], "but for the unit"


@languages
@pytest.mark.parametrize("text", ["{file}", "{0}", "{x!r}", "}{", "{}", "%s", "{file.__class__}"])
def test_what_is_inserted_is_never_parsed(t, text):
    assert text in t("errors.file_missing.message", file=text)
    assert text in UserError("file_missing", file=text).message(t.language)


def test_a_key_language_or_field_that_is_not_there_is_a_bug():
    for key, t in (
        ("errors.none.message", EN),
        ("errors.file_missing.message", Locale("fr")),
        ("errors.file_missing.message", EN),
    ):
        with pytest.raises(KeyError):
            t(key)


def test_the_sentences_handed_out_are_a_copy():
    i18n.sentences("en").clear()
    assert i18n.sentences("en")


@languages
def test_a_key_is_known_with_and_without_plural(t):
    assert t.has("cost.rest") and t.has("cost.note.few_rows") and not t.has("cost.none")


def test_a_count_chooses_the_form_and_is_written_as_a_number():
    assert EN("cost.note.few_rows", count=1).startswith("Measured on 1 decision only")
    assert EN("cost.note.few_rows", count=1234).startswith("Measured on 1,234 decisions only")
    assert "1件" in JA("cost.note.few_rows", count=1)
    assert [EN("roi.months", count=count) for count in (1.0, 1.5, 12)] == ["1 month", "1.5 months", "12 months"]
    assert JA("roi.months", count=1.5) == "1.5か月" and EN("roi.months", count=math.nan) == "– months"


def test_a_missing_value_is_written_by_its_name_alone():
    """The dash is a decision of the language room; elsewhere it stands as MISSING."""
    sources = [path for room in ("kdmcse", "dashboard", "pages") for path in (ROOT / room).rglob("*.py")]
    literal = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources
        if path != ROOT / "kdmcse" / "i18n.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == i18n.MISSING
    ]
    assert literal == []


# Characters


def nesting(text: str) -> int:
    """How deep Japanese brackets stand in each other."""
    depth = deepest = 0
    for character in text:
        depth += (character in "（［") - (character in "）］")
        deepest = max(deepest, depth)
    return deepest


def test_a_range_a_yen_and_a_bracket_look_the_same_everywhere():
    for language, foreign in (("ja", "[～~¥]"), ("en", "[〜～￥]")):
        assert [key for key, text in i18n.sentences(language).items() if re.search(foreign, text)] == []
    assert [key for key, text in i18n.sentences("ja").items() if nesting(text) > 1] == []


def test_every_range_of_a_sentence_stays_on_one_line():
    for language in i18n.LANGUAGES:
        of_two = [one for one in i18n.sentences(language).values() if re.search(r"low\}( to |〜)\{\w*high", one)]
        assert not of_two
