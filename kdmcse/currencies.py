"""Which currency an amount is in, as far as its sign or the name of its column says. Converts nothing.

A currency is an ISO 4217 code, or `$` or `¥`, the signs that several currencies share.
"""

import re
import unicodedata

from kdmcse.errors import Reason

SHARED = {
    "$": ("USD", "AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP"),
    "¥": ("JPY", "CNY"),
}
"""Sign -> the currencies that it may mean."""
_CODES = (
    "USD", "EUR", "JPY", "GBP", "CHF", "KRW", "CNY", "TWD", "SGD", "INR", "AUD", "CAD", "HKD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK",
    "HUF", "THB", "IDR", "MYR", "VND", "BRL", "MXN", "ZAR",
)  # fmt: skip
"""Not all that there are: others are words too, such as ALL and TOP."""
_SIGNS = {
    "$": "$", "¥": "¥", "us$": "USD", "€": "EUR", "£": "GBP", "₩": "KRW", "円": "JPY",
    "ドル": "$", "米ドル": "USD", "豪ドル": "AUD", "カナダドル": "CAD", "香港ドル": "HKD", "シンガポールドル": "SGD",
     "ユーロ": "EUR", "ポンド": "GBP", "ウォン": "KRW", "人民元": "CNY",
}  # fmt: skip
_WORDS = {"yen": "JPY", "dollar": "$", "dollars": "$", "euro": "EUR", "euros": "EUR"} | {
    code.casefold(): code for code in _CODES
}
_KNOWN = _SIGNS | _WORDS


def _any_of(words: dict[str, str]) -> str:
    """The longest first, so that us$ is not taken for $."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _whole(word: str) -> str:
    """The word where it is no part of a longer one: the ドル of ハンドル is no dollar, the 円 of 円盤 no yen."""
    if word == "円":
        return "(?<![楕半同])円(?![形盤卓筒周板錐柱環弧満滑])"
    first, last = (
        next((one for one in ("[a-z]", "[ァ-ヺー]") if re.match(one, end)), "") for end in (word[0], word[-1])
    )
    return (first and f"(?<!{first})") + re.escape(word) + (last and f"(?!{last})")


def _any_whole(words: dict[str, str]) -> str:
    return "|".join(map(_whole, sorted(words, key=len, reverse=True)))


_MONEY = re.compile(rf"([+-]?)({_any_of(_KNOWN)})?(.*?)({_any_of(_KNOWN)})?", re.DOTALL)
_IN_NAME = re.compile(rf"({_any_whole(_SIGNS)})|(?<![a-z])(price|amount)?({_any_of(_WORDS)})(?![a-z])")
_BLANKS = re.compile(r"(?<![\d.,]) | (?![\d.,])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def split_sign(cell: str) -> tuple[str, str | None]:
    """What is written of an amount beside its currency, in plain width and lower case, without spaces but between digits or marks; and that
    currency, None where none is told. Of two that contradict each other both are left in place."""
    plain = _BLANKS.sub("", " ".join(unicodedata.normalize("NFKC", cell).casefold().split()))
    minus, before, number, after = _MONEY.fullmatch(plain).groups()
    signs = [_KNOWN[sign] for sign in (before, after) if sign]
    currency = _together(signs)
    return (plain, None) if signs and currency is None else (minus + number, currency)


def of_name(header: str) -> str | None:
    """The currency that the name of a column tells; None where it tells none, or several."""
    found = [_KNOWN[sign or word] for sign, _, word in _IN_NAME.findall(_spelt(header))]
    return _together(found)


def without(header: str) -> str:
    """The name of a column without the currency in it, such as `金額` of `金額（円）`."""
    name, count = _IN_NAME.subn(lambda found: f"{found[2] or ''} ", _spelt(header))
    return re.sub(r"[\W_]+", " ", name).strip() if count else name


def narrower(one: str, other: str) -> str | None:
    """The one that says more of two that may mean the same: JPY of ¥ and JPY. None where they cannot."""
    if one == other or other in SHARED.get(one, ()):
        return other
    return one if one in SHARED.get(other, ()) else None


def named(currency: str) -> str | Reason:
    """As it is called in a sentence: a field of an error."""
    return Reason(f"cost.currency.{'dollars' if currency == '$' else 'yen'}") if currency in SHARED else currency


def _together(currencies: list[str]) -> str | None:
    """What all of them are; None where they contradict each other or there are none."""
    found = currencies[0] if currencies else None
    for currency in currencies[1:]:
        found = found and narrower(found, currency)
    return found


def _spelt(header: str) -> str:
    return _CAMEL.sub(" ", unicodedata.normalize("NFKC", header)).casefold()
