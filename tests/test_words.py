"""One word for one thing in each language, plain where managers read, and no figure at odds with its noun."""

import re
from pathlib import Path

import pytest

from kdmcse import i18n
from kdmcse.i18n import Locale

EN, JA = Locale("en"), Locale("ja")
languages = pytest.mark.parametrize("t", [EN, JA], ids=lambda t: t.language)


def plurals() -> set[str]:
    """The keys whose sentence depends on `count`: English has `one` and `other` of it, Japanese `other` alone."""
    english = i18n.sentences("en")
    return {key.removesuffix(".one") for key in english if key.endswith(".one")}


@pytest.fixture(scope="module", autouse=True)
def pages_too():
    i18n.add_folder(Path(__file__).resolve().parents[1] / "dashboard" / "locales")


BRITISH = (
    "[Nn]eighbour|[Cc]olour|[Cc]atalogue|[Rr]ecognis|[Rr]ealis|[Ll]icence|[Oo]rganis|[Cc]entred|[Ll]abell|[Ii]nitialis"
)
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
        r"人の判断との一致|人の判断に近|人の判断から": "人の採点との一致度",
        r"ダイジェスト(?!）)|フィンガープリント": "書き換え検出用の符号",
        r"取り分け": "取り置く",
        r"アップロード": "取り込み",
        r"キャプション": "説明文",
        r"スピアマン": "順位相関",
        r"新たに正解": "改善",
        r"裏側": "バックグラウンド",
        r"計算機|パソコン": "マシン",
        r"(新しい|保存済みの|学習済みの)実行": "学習",
        r"一つ(?!ずつ)|二つ": "1つ、2つ",
        r"の方が": "のほうが",
        r"揃|既に|全て|下さい|出来": "そろう、すでに、すべて、ください、できる",
        r"\d %": "%の前に空白を置かない",
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
        r"[Oo]peration (per|a) month": "running cost",
        r"[Nn]ewly right": "fixed",
        r"[Ee]rrors would|[Cc]ost of errors": "cost of mistakes",
        r"\b[Mm]end\b": "correct",
        r"brok(e|en) off": "interrupted",
        r"(?<!\{)\b(learnt|held against)\b": "trained on, learned, compared with",
        r"no evaluation yet|not evaluated|is evaluated": "measured",
        r"\b(no|[Tt]he|[Aa]|first|new) runs? (?!of\b)": "training",
        r"\d %": "no blank before %",
        rf"(?<![{{._])\b({BRITISH})": "the American spelling",
    },
}
"""What stood beside the name of `quantities` for the same thing -> the name."""


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_one_thing_has_one_word(language):
    wrong = [
        (key, name)
        for key, text in i18n.sentences(language).items()
        for other, name in OTHER_WORDS[language].items()
        if re.search(other, text)
    ]
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
