"""Which columns each table has, and which header of an upload is meant by which of them."""

import unicodedata

from kdmcse import currencies
from kdmcse.errors import UserError

COLUMNS: dict[str, dict[str, bool]] = {
    "pairs": {
        "image": True,
        "caption": True,
        "id": False,
        "group": False,
        "category": False,
        "split": False,
        "license": False,
        "source": False,
    },
    "sts": {"sentence1": True, "sentence2": True, "score": True, "group": False, "split": False},
    "decisions": {"text_a": True, "text_b": True, "match": True, "segment": False, "amount": False},
    "faq": {"question": True, "answer": True, "id": False},
    "image_caption": {"image": True, "caption": True, "score": True},
    "image_image": {"image_a": True, "image_b": True, "score": True},
    "texts": {"text": True},
}
"""Per kind of table: its columns, and whether each is required."""

_GROUP = "product product_id product_code item item_id item_code sku jan group_id 商品 商品コード 商品id 商品番号 品番"
_SPLIT = "subset fold 分割 用途"
_FIRST = "sentence_1 sentence_a text1 text_1 text_a s1 a 文1 文a 文章1 テキスト1"
_SECOND = "sentence_2 sentence_b text2 text_2 text_b s2 b 文2 文b 文章2 テキスト2"
_SCORE = "similarity similarity_score gold label rating 類似度 類似度スコア スコア 評点 点数"
_IMAGE = (
    "image_name image_file image_path img picture photo file filename file_name path "
    "画像 画像名 画像ファイル 画像ファイル名 写真 ファイル ファイル名"
)
_CAPTION = (
    "captions text description sentence title name product_name item_name "
    "キャプション 説明 説明文 商品説明 テキスト 文 商品名 タイトル"
)
_ALIASES: dict[str, dict[str, str]] = {
    "pairs": {
        "image": _IMAGE,
        "caption": _CAPTION,
        "id": "pair_id row_id 番号 識別子",
        "group": _GROUP,
        "category": "class genre type カテゴリ カテゴリー 分類 種類 区分",
        "split": _SPLIT,
        "license": "licence ライセンス 利用許諾",
        "source": "origin url 出典 出所 提供元",
    },
    "sts": {
        "sentence1": _FIRST,
        "sentence2": _SECOND,
        "score": _SCORE,
        "group": _GROUP,
        "split": _SPLIT,
    },
    "decisions": {
        "text_a": "sentence1 " + _FIRST,
        "text_b": "sentence2 " + _SECOND,
        "match": "is_match matched label gold duplicate is_duplicate same is_same decision "
        "判定 一致 一致判定 重複 同一 正解",
        "segment": "category type group kind セグメント 区分 分類 カテゴリ カテゴリー 種別",
        "amount": "price price_usd price_eur price_jpy unit_price amount_usd amount_eur amount_jpy "
        "金額 価格 単価 値段 売価 販売価格 商品価格 税込価格",
    },
    "faq": {
        "question": "questions query q 質問 質問文 問い 問い合わせ 問合せ",
        "answer": "answers reply response a 回答 回答文 答え 応答",
        "id": "faq_id row_id 番号 識別子",
    },
    "image_caption": {"image": _IMAGE, "caption": _CAPTION, "score": _SCORE},
    "image_image": {
        "image_a": "image1 image_1 picture_a picture1 photo_a photo1 画像1 画像a 写真1 写真a",
        "image_b": "image2 image_2 picture_b picture2 photo_b photo2 画像2 画像b 写真2 写真b",
        "score": _SCORE,
    },
    "texts": {"text": "texts sentence sentences caption description テキスト 文 文章 説明 説明文 キャプション 本文"},
}


def guess_columns(kind: str, headers: list[str]) -> dict[str, str | None]:
    """Column -> the header that is most likely meant, or None. Each header is used once at most.

    An exact name comes first, then the name in another spelling, then common names in English and Japanese; a column of amounts may have a
    currency in its name.
    """
    found: dict[str, str | None] = dict.fromkeys(COLUMNS[kind])
    free = list(headers)
    plain = {header: _plain(header) for header in headers}
    for stage in ("exact", "spelling", "alias", "currency"):
        for field in found:
            if found[field] is not None or (stage == "currency" and field != "amount"):
                continue
            if stage == "exact":
                match = field if field in free else None
            elif stage == "currency":
                match = next(iter(_like_amounts(free)), None)
            else:
                names = [field] if stage == "spelling" else _ALIASES[kind][field].split()
                wanted = [_plain(name) for name in names]
                match = next((header for name in wanted for header in free if plain[header] == name), None)
            if match is not None:
                found[field] = match
                free.remove(match)
    return found


def map_columns(
    kind: str, headers: list[str], column_mapping: dict[str, str | None], file: str
) -> dict[str, str | None]:
    """As `guess_columns`, but what `column_mapping` says always holds (None: this column is not there).

    UserError `column_unknown` for a wish that names no column, `columns_missing` when a required column has no header.
    """
    for field in column_mapping:
        if field not in COLUMNS[kind]:
            raise UserError("column_unknown", field=field, kind=kind, known=tuple(COLUMNS[kind]))
    absent = [header for header in column_mapping.values() if header is not None and header not in headers]
    taken = set(column_mapping.values())
    guessed = guess_columns(kind, [header for header in headers if header not in taken])
    mapped = {**guessed, **column_mapping}
    missing = [field for field, required in COLUMNS[kind].items() if required and mapped[field] is None]
    if missing or absent:
        raise UserError(
            "columns_missing",
            file=file,
            missing=(*missing, *absent),
            found=tuple(headers),
            kind=kind,
            field=(missing or [next(f for f, h in column_mapping.items() if h == absent[0])])[0],
        )
    return mapped


def unused_amounts(mapped: dict[str, str | None], headers: list[str]) -> list[str]:
    """Beside the column of the amounts those that could hold them too, and that nothing else was read from."""
    if mapped.get("amount") is None:
        return []
    return _like_amounts([header for header in headers if header not in mapped.values()])


def _like_amounts(headers: list[str]) -> list[str]:
    """Those named as amounts are, with a currency or without."""
    names = {_plain(name) for name in ["amount", *_ALIASES["decisions"]["amount"].split()]}
    return [header for header in headers if {_plain(header), _plain(currencies.without(header))} & names]


def _plain(name: str) -> str:
    """Width, case, spaces, `_` and `-` do not tell two headers apart."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if not c.isspace() and c not in "_-")
