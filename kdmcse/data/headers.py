"""What people call the columns of their tables, in English and Japanese. Words only: which one is meant is decided in `columns`."""

_PRODUCT = (
    "product product_id product_code item item_id item_code sku jan group_id 商品 商品コード 商品id 商品番号 品番 "
    "型番 jan_code janコード ean upc gtin asin product_number item_number model_number 品目コード 製品コード 製品番号 型式 sku番号 skuコード "
    "商品管理番号 アイテムコード "
)
_NAME = "product_name item_name 商品名 品名 製品名 商品名称 アイテム名"
"""Of a product. It is the caption only where nothing else is, and says which pairs show one product only where no code does."""
_SPLIT = "subset fold 分割 用途 データ区分 区分"
_SIDES = ("text", "sentence", "文", "文章", "テキスト", "説明", "説明文", "商品説明", "商品名", "品名", "商品")
_SCORE = "similarity similarity_score gold label rating 類似度 類似度スコア スコア 評点 点数 評価点 評価"
_IMAGE = (
    "image_name image_file image_path img picture photo file filename file_name path "
    "画像 画像名 画像ファイル 画像ファイル名 写真 ファイル ファイル名 "
    "商品画像 商品画像名 商品画像ファイル名 商品写真 写真名 写真ファイル 写真ファイル名 画像パス 商品画像パス 画像url 商品画像url image_url "
    "main_image 画像1 商品画像1"
)
_CAPTION = (
    "captions text description sentence title name "
    "キャプション 説明 説明文 商品説明 テキスト 文 タイトル "
    "product_description item_description alt_text 商品説明文 商品紹介 紹介文 商品紹介文 キャッチコピー 本文 "
)
_CATEGORY = "class genre type カテゴリ カテゴリー 分類 種類 区分 ジャンル 部門 商品分類 商品カテゴリ 商品カテゴリー 商品ジャンル 大分類 department"


def _side(first: str, *names: str) -> str:
    """The names of one side of a comparison: `sentence_1`, `text1`, `文1` ..., numbered or lettered as `first` is."""
    marks = {"1": "1a", "2": "2b"}[first]
    return " ".join([*names, *(f"{stem}{mark}" for stem in _SIDES for mark in marks)])


_FIRST = _side("1", "sentence_1", "sentence_a", "text1", "s1")
_SECOND = _side("2", "sentence_2", "sentence_b", "text2", "s2")

ALIASES: dict[str, dict[str, str]] = {
    "pairs": {
        "image": _IMAGE,
        "caption": _CAPTION + _NAME,
        "id": "pair_id row_id 番号 識別子",
        "group": _PRODUCT + _NAME,
        "category": _CATEGORY,
        "split": _SPLIT,
        "license": "licence ライセンス 利用許諾 利用条件",
        "source": "origin url 出典 出所 提供元",
    },
    "sts": {"sentence1": _FIRST, "sentence2": _SECOND, "score": _SCORE, "group": _PRODUCT, "split": _SPLIT},
    "decisions": {
        "text_a": "sentence1 " + _FIRST,
        "text_b": "sentence2 " + _SECOND,
        "match": "is_match matched label gold duplicate is_duplicate same is_same decision "
        "判定 一致 一致判定 重複 同一 正解 同一商品 同じ商品 同一判定 判定結果 一致フラグ",
        "segment": "category type group kind セグメント 区分 分類 カテゴリ カテゴリー 種別 ジャンル 商品分類 部門",
        "amount": "price price_usd price_eur price_jpy unit_price amount_usd amount_eur amount_jpy "
        "金額 価格 単価 値段 売価 販売価格 商品価格 税込価格",
    },
    "faq": {
        "question": "questions query q 質問 質問文 問い 問い合わせ 問合せ 質問内容 お問い合わせ",
        "answer": "answers reply response a 回答 回答文 答え 応答 回答内容",
        "id": "faq_id row_id 番号 識別子",
    },
    "image_caption": {"image": _IMAGE, "caption": _CAPTION + _NAME, "score": _SCORE},
    "image_image": {
        "image_a": "image1 image_1 picture_a picture1 photo_a photo1 画像1 画像a 写真1 写真a 商品画像1 商品画像a",
        "image_b": "image2 image_2 picture_b picture2 photo_b photo2 画像2 画像b 写真2 写真b 商品画像2 商品画像b",
        "score": _SCORE,
    },
    "texts": {
        "text": "texts sentence sentences caption description テキスト 文 文章 説明 説明文 キャプション 本文 商品説明 商品説明文 商品名"
    },
}
"""Per kind of table and column: the names that are known, the one that is meant most surely first."""
BY_VALUES_ALONE = ("区分",)
"""These mean the split where their cells say so, and something else where they do not."""
