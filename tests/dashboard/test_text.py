"""Every sentence of a page is used; numbers and times as a person writes them; text that stays text."""

import re
from pathlib import Path

from dashboard.widgets.text import plain
from kdmcse import i18n

LOCALES = Path(__file__).parents[2] / "dashboard" / "locales"


def test_locale_files_come_in_pairs_and_hold_no_key_of_the_core():
    names = {path.name.rsplit(".", 2)[0] for path in LOCALES.glob("*.toml")}
    assert all((LOCALES / f"{name}.{language}.toml").exists() for name in names for language in i18n.LANGUAGES)
    core = {path.name.split(".")[0] for path in (LOCALES.parents[1] / "kdmcse" / "messages").glob("*.toml")}
    assert not names & core


def test_every_sentence_is_used_and_every_key_that_is_used_exists():
    root = LOCALES.parents[1]
    source = "\n".join(
        path.read_text() for folder in ("dashboard", "pages") for path in sorted((root / folder).rglob("*.py"))
    )
    used = set(re.findall(r"[\"']((?:page_[a-z]+|shared)\.[a-z_.]+)[\"']", source))
    dynamic = re.findall(r'f"((?:page_|shared)[^"]*)"', source)
    patterns = ["[a-z0-9_]+".join(map(re.escape, re.split(r"\{[^}]*\}", key))) for key in dynamic]
    known = {key for key in i18n.sentences("en") if key.startswith(("page_", "shared."))}
    plurals = {key.removesuffix(".one") for key in known if key.endswith(".one")}
    named = {key: base if (base := key.rpartition(".")[0]) in plurals else key for key in known}
    reached = {key for key in known if named[key] in used or any(re.fullmatch(one, named[key]) for one in patterns)}
    reached |= {f"{key}.{part}" for key in used for part in ("title", "text")}
    assert used <= known | {key for key in used if f"{key}.title" in known or f"{key}.other" in known}
    assert known - reached == set()


def test_every_page_has_a_title_and_every_title_a_page():
    pages = {path.stem for path in (LOCALES.parents[1] / "pages").glob("*.py")}
    assert {key.removeprefix("pages.") for key in i18n.sentences("en") if key.startswith("pages.")} == pages


def test_japanese_has_japanese_punctuation():
    halfwidth = re.compile(r"(?<=[ぁ-んァ-ヶ一-龠])[?:!(]|[?:!)](?=[ぁ-んァ-ヶ一-龠])")
    for path in LOCALES.glob("*.ja.toml"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        assert not [line for line in lines if halfwidth.search(line)]


def test_plain_escapes_every_mark_and_keeps_the_words():
    escaped = plain("a *b* [c](http://d) :red[e] `f` <g> $h$\n# i")
    assert not re.search(r"(?<!\\)[*\[\]()`<>$#:]", escaped)
    assert re.sub(r"\\(.)", r"\1", escaped) == "a *b* [c](http://d) :red[e] `f` <g> $h$ # i"


def test_plain_keeps_a_range_on_one_line():
    assert plain("0.1\u00a0to\u00a00.2\tand") == "0\\.1\u00a0to\u00a00\\.2 and"
