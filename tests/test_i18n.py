"""Both languages say the same things, and numbers look as the reader writes them."""

import ast
import datetime
import math
import re
import string
import time
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


# Characters, and one word for one thing


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


OTHER_WORDS = {
    "ja": {
        r"誤一致": "誤った一致",
        r"一致の見逃し|見落と": "見逃し",
        r"判定数": "判定件数",
        r"実際の(業務での)?一致の割合": "運用時の一致の割合",
        r"(人による)?確認 ?1 ?件のコスト|人による確認 ?1 ?件": "確認1件の費用",
        r"運用費": "月額の費用",
        r"学習時間": "計算時間",
        r"検証用|開発用|途中の確認|選択用": "調整用",
        r"(?<!時間)(?<!日額)単価": "価格",
        r"報告書": "レポート",
        r"採算(は|が)合": "採算が取れる",
        r"評価期間": "対象期間",
        r"評価(の|による)区間": "測定の区間",
        r"(95%|level\}) ?区間": "95%信頼区間",
        r"(人|類似度|調整用（dev）|調整用|文|ペア|アプリ)(の|での)評価(?!用)|評価者|評価(し|済み|する|を始め)": "採点",
        r"[物も]の?差し": "テスト",
        r"関門": "条件",
        r"「実施」|「延長」|^(実施|延長)(：|$)": "導入推奨、検証継続",
        r"成功の基準": "成功基準",
        r"節約": "削減",
        r"20回中19回": "95%の確からしさ",
        r"より(優れ|劣)": "上回る、下回る",
        r"持って(いきますか|いく)": "会議用のレポート",
        r"優劣を判定|[、（]判定：": "判断",
        r"測定用の(?!しきい値)|測定用に": "評価用の",
    },
    "en": {
        r"untouched|[Tt]oday's (student|model)": "the current model",
        r"(?<!\{)[Jj]udg(e|ed|es|ing|ement|ements)\b": "rating, rate, rater",
        r"(?<!\{)\b[Dd]raws\b": "simulations",
        r"[Dd]ear(est|er)\b": "most expensive, more expensive",
        r"[Yy]ardstick": "other tests",
        r"in 19 of 20|19 times out of 20": "95% of such ranges",
        r"take (all|none)\b": "accept every pair, reject every pair",
        r"decisive": "margin of error, not enough evidence",
        r"has (not )?come true": "triggered",
        r"for want of": "without",
        r"with (a )?probability": "chance",
        r"[Tt]hreshold of today|today's threshold": "current threshold",
        r"[Gg]ain of a correct match": "value of a correct match",
        r"[Oo]ne-off effort|[Mm]onthly effort": "one-off cost, running cost",
        r"[Pp]aid once(?!:|,)|paid every month(?! while)": "one-off cost, running cost",
        r"[Oo]peration per month": "running cost",
    },
}
"""What stood beside the name of `quantities` for the same thing -> the name."""
LATER = ("data.", "page_data.")
"""Rooms that are still to be put into these words."""


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_one_thing_has_one_word(language):
    wrong = [
        (key, name)
        for key, text in i18n.sentences(language).items()
        for other, name in OTHER_WORDS[language].items()
        if re.search(other, text)
    ]
    wrong = [(key, name) for key, name in wrong if not key.startswith(LATER)]
    assert [(key, name) for key, name in wrong if key != "quantities.meaning.one_off"] == []


def test_a_run_is_a_training_where_managers_read():
    rooms = ("cards.", "quantities.", "report.", "results.", "roi.", "page_effort.", "page_scores.", "page_report.")
    several = [key for key, text in i18n.sentences("en").items() if re.search(r"\b[Rr]uns\b|\b[Aa] run\b", text)]
    assert [key for key in several if key.startswith(rooms)] == []


def test_a_score_of_a_search_is_called_alike_in_both_languages():
    names = [key for key in i18n.sentences("en") if key.startswith("results.metric.") and "_at_" in key]
    for key in names:
        assert EN(key).split()[-1] == JA(key).split()[-1] and "@" in EN(key)


FIRST_READ = (
    "cards.",
    "criteria.axis.",
    "criteria.headline.",
    "criteria.step.",
    "results.cost.",
    "results.headline.",
    "results.payoff.",
)
FIRST_READ += (
    "results.verdict.",
    "results.next.",
    "page_overview.",
    "shared.decision.",
    "page_cost.saves",
    "page_cost.undecided",
    "stats.reason.",
)
JARGON = {
    "en": r"\b[Ss]eeds?\b|[Dd]igest|Holm|[Cc]osine|[Ss]tudent|nDCG|permut",
    "ja": "シード|ダイジェスト|Holm|コサイン|生徒モデル|nDCG|検定",
}


@languages
def test_what_a_manager_reads_first_has_no_word_of_the_trade(t):
    read = {key: text for key, text in i18n.sentences(t.language).items() if key.startswith(FIRST_READ)}
    said = {key: re.sub(r"\{[\w.]*\}", "", text) for key, text in read.items()}
    assert len(read) > 60 and [key for key, text in said.items() if re.search(JARGON[t.language], text)] == []


@languages
def test_the_method_is_introduced_as_the_new_model(t):
    named = {"en": r"(?<!\()KDMCSE", "ja": r"(?<!（)KDMCSE"}[t.language]
    read = {key: text for key, text in i18n.sentences(t.language).items() if key.startswith(FIRST_READ)}
    assert [key for key, text in read.items() if re.search(named, text)] == []


@languages
def test_a_price_is_called_alike_in_its_form_and_in_a_report(t):
    names = [key.rpartition(".")[2] for key in i18n.sentences("en") if key.startswith("page_cost.price.")]
    form = {name: t(f"page_cost.price.{name}") for name in names}
    plain = {name: re.sub(r" ?[(（]%[)）]|(?<![a-z]) | (?![a-z])", "", label) for name, label in form.items()}
    report = {name: re.sub(r"(?<![a-z]) | (?![a-z])", "", i18n.capital(t(f"cost.price.{name}"))) for name in names}
    assert plain == report


NOUNS = "captions|decisions|days|findings|hours|images|items|judgements|minutes|models|months|pairs|people|places|questions|rows|runs|searches"
NOUNS += "|seconds|seeds|sentences|sizes|texts|trainings|trials|versions"
COUNTED = re.compile(
    rf"{{(\w+)}}(?: (?:measured|held-out|judged|sentence|similarity|match|dev|further|more))* (?:{NOUNS})\b(?!/)"
)
NEVER_ONE = {"common", "further", "after", "report_rows", "calibration_rows", "min_seeds", "limit", "limit_rows"}
"""Fields that are at least two wherever their sentence is said."""
LARGE = {
    "curve.line.one",
    "curve.line.other",
    "results.verdict.better",
    "results.verdict.worse",
    "page_data.duplicates",
    "page_disagreements.seeds",
    "page_data.splits.text",
    "page_effort.judging.more",
    "page_effort.missing.text",
    "roi.pays.monthly_volume.from",
    "roi.pays.monthly_volume.up_to",
    "roi.pays.monthly_volume.between",
}
"""Sentences whose number is never one: nothing is decided by one training, a duplicate has another, a share has many pairs, nobody decides once
a month."""


def test_a_number_before_what_it_counts_has_its_plural():
    plural = {f"{key}.{form}" for key in plurals() for form in ("one", "other")}
    wrong = [
        (key, field)
        for key, text in i18n.sentences("en").items()
        for field in COUNTED.findall(text)
        if key not in LARGE and field not in NEVER_ONE and not (key in plural and field == "count")
    ]
    assert [(key, field) for key, field in wrong if not (key in plural and field == "all")] == []


# Numbers


@languages
@pytest.mark.parametrize("missing", [None, math.nan])
def test_what_is_missing_is_a_dash_and_never_zero(t, missing):
    written = [t.number(missing, 2), t.signed(missing), t.percent(missing), t.duration(missing)]
    written += [t.money(missing, "JPY"), t.price(missing, "JPY"), t.share(missing)]
    assert set(written) == {i18n.MISSING} and t.date(None) == i18n.MISSING


@languages
def test_zero_is_zero_and_no_dash(t):
    assert t.number(0) == "0" and t.number(0.0, 2) == "0.00"
    assert t.percent(0.0) == "0%"
    assert t.money(0, "EUR") == "€0"


@languages
def test_numbers_have_the_decimals_that_were_asked_for(t):
    assert t.number(1234567.891) == "1,234,568"
    assert t.number(1234.5, 2) == "1,234.50"
    assert t.number(-0.25, 2) == "-0.25"
    assert t.number(12, 3) == "12.000"


@languages
def test_a_difference_has_its_sign_as_it_is_written(t):
    assert [t.signed(value, 2) for value in (0.126, 0.004, 0, -0.004, -0.126)] == [
        "+0.13",
        "0.00",
        "0.00",
        "0.00",
        "-0.13",
    ]


@languages
def test_a_share_is_a_percentage(t):
    assert t.percent(0.5) == "50%"
    assert t.percent(0.1234, 1) == "12.3%"
    assert t.percent(1) == "100%"
    assert t.percent(-0.05) == "-5%"


@languages
def test_a_share_keeps_the_digits_that_were_entered(t):
    shares = (0.0004, 0.0125, 0.29, 0.57, 0.9995, 1, 0, 10, -0.2, 1 / 3, -1e-12)
    told = ["0.04%", "1.25%", "29%", "57%", "99.95%", "100%", "0%", "1,000%", "-20%", "33.3333%", "0%"]
    assert [t.share(share) for share in shares] == told


def test_money_has_its_sign_before_the_currency_and_no_decimals():
    assert EN.money(1234.4, "JPY") == "¥1,234"
    assert JA.money(1234.4, "JPY") == "￥1,234"
    assert EN.money(-1234.4, "JPY") == "-\u2060¥1,234"
    assert JA.money(-1234.4, "JPY") == "-\u2060￥1,234"
    assert EN.money(1234.6, "EUR") == "€1,235"
    assert EN.money(-5, "USD") == "-\u2060$5"


def test_no_line_is_broken_within_an_amount_or_a_range_and_files_have_neither_mark():
    assert EN.price(-0.5, "USD") == "-\u2060$0.50"
    for t, written, in_files in (
        (EN, "\u00a0to\u00a0", "0.81 (-$2 to -$1)"),
        (JA, "\u2060〜\u2060", "0.81（-$2〜-$1）"),
    ):
        low, high = (t.money(end, "USD") for end in (-2, -1))
        text = t("stats.interval.text", estimate="0.81", low=low, high=high)
        assert f"{low}{written}{high}" in text and i18n.plain_text(text) == in_files


def test_every_range_of_a_sentence_stays_on_one_line():
    for language in i18n.LANGUAGES:
        of_two = [one for one in i18n.sentences(language).values() if re.search(r"low\}( to |〜)\{\w*high", one)]
        assert not of_two


def test_a_price_keeps_the_cents_that_were_entered():
    assert EN.price(0.05, "USD") == "$0.05" and EN.price(300, "USD") == "$300"
    assert JA.price(1234.5, "EUR") == "€1,234.50"


def test_an_amount_by_the_hour_or_piece_keeps_its_decimals():
    assert (
        EN.price(0.05, "USD") == "$0.05" and EN.price(12.5, "EUR") == "€12.50" and EN.price(0.0125, "USD") == "$0.0125"
    )
    assert JA.price(300, "JPY") == "￥300" and EN.price(1234.6, "JPY") == "¥1,234.60"
    assert EN.price(-0.05, "USD") == "-\u2060$0.05"
    assert EN.price(None, "JPY") == JA.price(math.nan, "JPY") == i18n.MISSING


@languages
@pytest.mark.parametrize("almost", [-0.4, -0.0, -1e-12, 0.4])
def test_nothing_is_written_as_minus_zero(t, almost):
    assert t.number(almost) == "0"
    assert "-" not in t.money(almost, "JPY")
    assert t.number(almost / 1000, 2) == "0.00"
    assert t.percent(almost / 1000) == "0%"


# Days, times, lists


def test_a_day_is_written_in_words():
    day = datetime.date(2026, 4, 1)
    assert EN.date(day) == EN.date("2026-04-01T09:00:00") == "April 1, 2026"
    assert JA.date(day) == "2026年4月1日"


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (-3, "0 seconds", "0秒"),
        (1, "1 second", "1秒"),
        (1.2, "1 second", "1秒"),
        (89, "89 seconds", "89秒"),
        (120, "2 minutes", "2分"),
        (9000, "2.5 hours", "2.5時間"),
    ],
)
def test_a_duration_is_as_exact_as_a_person_wants_it(seconds, english, japanese):
    assert (EN.duration(seconds), JA.duration(seconds)) == (english, japanese)


@pytest.fixture
def in_tokyo(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@languages
def test_a_moment_is_told_as_clocks_and_calendars_here_have_it(t, in_tokyo):
    assert t.time("2026-04-01T23:05:59.123+00:00") == t.time("2026-04-01T23:05:00Z") == "08:05"
    assert t.date("2026-04-01T23:05:59.123+00:00") == t.date("2026-04-02") == t.date(datetime.date(2026, 4, 2))
    assert t.time("2026-04-01T23:05:00") == "23:05" and t.date("2026-04-01T23:05:00") == t.date("2026-04-01")


def test_entries_stand_one_after_the_other_without_a_word():
    assert EN.series(["a", "b", 3]) == "a, b, 3" and JA.series(["a", "b"]) == "a、b"
    assert EN.series([]) == "" and EN.series(["a"]) == "a"


def test_lists_and_sentences_are_joined_as_the_language_does():
    assert EN.list(["a", "b", "c"]) == "a, b, and c" and JA.list(["a", "b", "c"]) == "a、b、c"
    assert EN.join(["One.", None, "", "Two."]) == "One. Two." and JA.join(["一。", None, "二。"]) == "一。二。"
