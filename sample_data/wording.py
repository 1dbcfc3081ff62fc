"""Catalogue sentences in Japanese and English: synonyms, templates, and shop talk that means nothing for the gold.

`write` turns a product into a sentence and remembers what the sentence mentions, so that the gold never has to parse
text.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from catalogue import Mentions, Product

LANGUAGES = ("ja", "en")
MENTION_CHANCE = {"colour": 0.88, "pattern": 0.66, "material": 0.55}
SHOP_TALK_CHANCE = 0.45

# Japanese: the form before a noun (with its particle) and the form that stands alone.
JA_CATEGORY = {
    "mug": ("マグカップ", "マグ", "コーヒーカップ", "取っ手付きカップ"),
    "plate": ("お皿", "皿", "プレート", "平皿"),
    "teapot": ("ティーポット", "紅茶ポット", "お茶用ポット", "ポット"),
    "tshirt": ("Tシャツ", "ティーシャツ", "半袖シャツ", "半袖カットソー"),
    "cap": ("キャップ", "帽子", "野球帽", "ベースボールキャップ"),
    "sneakers": ("スニーカー", "運動靴", "ひも靴", "スポーツシューズ"),
    "cushion": ("クッション", "背当てクッション", "スクエアクッション", "角型クッション"),
    "vase": ("花瓶", "花びん", "フラワーベース", "花器"),
    "lamp": ("テーブルランプ", "ランプ", "卓上ライト", "電気スタンド"),
    "tote": ("トートバッグ", "トート", "手提げバッグ", "手提げ袋"),
    "umbrella": ("傘", "長傘", "アンブレラ", "かさ"),
    "backpack": ("リュック", "リュックサック", "バックパック", "デイパック"),
}
JA_BEFORE = {
    "red": ("赤い", "赤の", "赤色の", "レッドの", "真っ赤な"),
    "pink": ("ピンクの", "桃色の", "ピンク色の", "ローズピンクの"),
    "orange": ("オレンジの", "オレンジ色の", "橙色の", "みかん色の"),
    "yellow": ("黄色い", "黄色の", "イエローの", "レモン色の"),
    "green": ("緑の", "緑色の", "グリーンの", "みどりの"),
    "light_blue": ("水色の", "空色の", "ライトブルーの", "スカイブルーの"),
    "navy": ("紺の", "紺色の", "ネイビーの", "濃紺の"),
    "purple": ("紫の", "紫色の", "パープルの", "むらさきの"),
    "black": ("黒い", "黒の", "ブラックの", "真っ黒な"),
    "white": ("白い", "白の", "ホワイトの", "真っ白な"),
    "plain": ("無地の", "柄なしの", "柄のない"),
    "striped": ("ストライプの", "縞模様の", "しま柄の", "ボーダー柄の"),
    "dotted": ("水玉の", "水玉模様の", "ドット柄の", "水玉柄の"),
    "checked": ("チェックの", "チェック柄の", "格子柄の", "格子模様の"),
    "floral": ("花柄の", "花模様の", "小花柄の", "フラワー柄の"),
    "ceramic": ("陶器の", "陶製の", "焼き物の", "セラミックの"),
    "glass": ("ガラスの", "ガラス製の", "硝子の"),
    "metal": ("金属の", "金属製の", "メタルの", "スチール製の"),
    "cotton": ("綿の", "コットンの", "木綿の", "綿素材の"),
    "linen": ("麻の", "リネンの", "麻素材の", "リネン素材の"),
    "wool": ("ウールの", "羊毛の", "ウール素材の", "毛織りの"),
}
JA_ALONE = {
    "red": ("赤", "レッド", "赤色"),
    "pink": ("ピンク", "桃色"),
    "orange": ("オレンジ", "橙色"),
    "yellow": ("黄色", "イエロー"),
    "green": ("緑", "グリーン", "緑色"),
    "light_blue": ("水色", "ライトブルー", "空色"),
    "navy": ("紺", "ネイビー", "紺色"),
    "purple": ("紫", "パープル", "紫色"),
    "black": ("黒", "ブラック"),
    "white": ("白", "ホワイト"),
    "plain": ("無地", "柄なし"),
    "striped": ("ストライプ", "縞模様", "ボーダー"),
    "dotted": ("水玉", "ドット柄", "水玉模様"),
    "checked": ("チェック", "格子柄", "チェック柄"),
    "floral": ("花柄", "小花柄", "花模様"),
    "ceramic": ("陶器", "陶製", "セラミック"),
    "glass": ("ガラス", "ガラス製"),
    "metal": ("金属製", "メタル", "スチール"),
    "cotton": ("綿", "コットン", "綿素材"),
    "linen": ("麻", "リネン", "麻素材"),
    "wool": ("ウール", "羊毛", "ウール素材"),
}
JA_LEAD = (
    "【新着】",
    "【再入荷】",
    "【数量限定】",
    "【送料無料】",
    "人気の",
    "定番の",
    "おしゃれな",
    "かわいい",
    "使いやすい",
)
JA_CLOSE = (
    "普段使いにぴったり",
    "贈り物におすすめ",
    "送料無料でお届け",
    "在庫わずか",
    "お手入れ簡単",
    "新生活におすすめ",
    "母の日のギフトにも",
    "長く使える定番品",
    "毎日使いたくなる一品",
)

EN_CATEGORY = {
    "mug": ("mug", "coffee mug", "coffee cup", "tea mug"),
    "plate": ("plate", "dish", "dinner plate", "side plate"),
    "teapot": ("teapot", "tea pot", "pot for tea"),
    "tshirt": ("T-shirt", "tee", "tee shirt", "short-sleeved shirt"),
    "cap": ("cap", "baseball cap", "peaked cap", "hat"),
    "sneakers": ("sneakers", "trainers", "gym shoes", "running shoes"),
    "cushion": ("cushion", "throw pillow", "scatter cushion", "sofa cushion"),
    "vase": ("vase", "flower vase", "bud vase"),
    "lamp": ("lamp", "table lamp", "bedside light", "desk lamp"),
    "tote": ("tote bag", "tote", "shopper", "shopping bag"),
    "umbrella": ("umbrella", "brolly", "stick umbrella", "parasol"),
    "backpack": ("backpack", "rucksack", "daypack", "knapsack"),
}
EN_WORD = {
    "red": ("red", "scarlet", "crimson", "bright red"),
    "pink": ("pink", "rose pink", "rose"),
    "orange": ("orange", "tangerine", "bright orange"),
    "yellow": ("yellow", "lemon yellow", "sunny yellow"),
    "green": ("green", "leaf green", "emerald"),
    "light_blue": ("light blue", "sky blue", "pale blue"),
    "navy": ("navy", "navy blue", "dark blue"),
    "purple": ("purple", "violet"),
    "black": ("black", "jet black"),
    "white": ("white", "snow white", "pure white"),
    "plain": ("plain", "solid", "unpatterned"),
    "striped": ("striped", "stripy", "stripe-pattern"),
    "dotted": ("polka-dot", "dotted", "spotted"),
    "checked": ("checked", "gingham", "check-pattern"),
    "floral": ("floral", "flowery", "flower-print"),
    "ceramic": ("ceramic", "pottery", "earthenware"),
    "glass": ("glass", "pressed-glass"),
    "metal": ("metal", "steel"),
    "cotton": ("cotton", "pure cotton"),
    "linen": ("linen", "flax linen"),
    "wool": ("wool", "woollen", "lambswool"),
}
EN_WITH = {
    "plain": ("without a pattern", "with no print"),
    "striped": ("with stripes", "in a stripe pattern"),
    "dotted": ("with polka dots", "with spots"),
    "checked": ("with checks", "in a gingham check"),
    "floral": ("with flowers", "in a floral print"),
}
EN_MADE_OF = {
    "ceramic": ("made of ceramic", "in fired clay"),
    "glass": ("made of glass", "in blown glass"),
    "metal": ("made of metal", "in steel"),
    "cotton": ("made of cotton", "in soft cotton"),
    "linen": ("made of linen", "in crisp linen"),
    "wool": ("made of wool", "in warm wool"),
}
EN_LEAD = (
    "New in: ",
    "Back in stock: ",
    "Limited offer: ",
    "Best seller: ",
    "Our popular ",
    "Lovely ",
    "Classic ",
    "Handy ",
)
EN_CLOSE = (
    "great for every day",
    "a lovely gift",
    "free delivery",
    "only a few left",
    "easy to care for",
    "ready to ship",
    "a customer favourite",
    "made to last",
    "perfect for a new home",
)


@dataclass(frozen=True)
class Sentence:
    """A caption, its product, and what it mentions of it."""

    text: str
    language: str
    product: Product
    mentions: Mentions

    @property
    def key(self) -> str:
        return normalised(self.text)


def normalised(text: str) -> str:
    """Form in which sentences are compared across splits."""
    return unicodedata.normalize("NFC", text).strip().casefold()


def write(
    product: Product, language: str, rng: random.Random, *, always: Collection[str] = (), never: Collection[str] = ()
) -> Sentence:
    """One sentence about `product`; `always` and `never` name attributes it must or must not mention."""
    mentioned = {
        name: getattr(product, name)
        for name, chance in MENTION_CHANCE.items()
        if name in always or (rng.random() < chance and name not in never)
    }
    if not mentioned:
        mentioned = {"colour": product.colour}
    mentions = Mentions(category=product.category, **mentioned)
    text = japanese(mentions, rng) if language == "ja" else english(mentions, rng)
    return Sentence(text, language, product, mentions)


def write_unlike(
    product: Product,
    language: str,
    rng: random.Random,
    *,
    taken: Collection[str],
    always: Collection[str] = (),
    never: Collection[str] = (),
) -> Sentence:
    """Like `write`, but the sentence is none of `taken` (normalised texts)."""
    while True:
        sentence = write(product, language, rng, always=always, never=never)
        if sentence.key not in taken:
            return sentence


def japanese(mentions: Mentions, rng: random.Random) -> str:
    """A Japanese caption that says exactly what `mentions` holds."""
    noun = rng.choice(JA_CATEGORY[mentions.category])
    values = [value for value in (mentions.colour, mentions.pattern, mentions.material) if value]
    before = "".join(rng.choice(JA_BEFORE[value]) for value in values)
    alone = [rng.choice(JA_ALONE[value]) for value in values]
    shape = rng.random()
    if shape < 0.45:
        text = before + noun
    elif shape < 0.55:
        text = f"{noun}（{'・'.join(alone)}）"
    elif shape < 0.65:
        text = " ".join((noun, *alone))
    elif shape < 0.75 and mentions.colour and len(values) > 1:
        rest = "".join(rng.choice(JA_BEFORE[value]) for value in values[1:])
        text = f"{rest}{noun}、色は{alone[0]}"
    elif shape < 0.85 and mentions.material and len(values) > 1:
        rest = "".join(rng.choice(JA_BEFORE[value]) for value in values[:-1])
        text = f"{rest}{noun}、素材は{alone[-1]}"
    else:
        text = f"{before}{noun}です"
    if rng.random() < SHOP_TALK_CHANCE:
        if rng.random() < 0.5:
            return f"{rng.choice(JA_LEAD)}{text}"
        return f"{text}。{rng.choice(JA_CLOSE)}"
    return text


def english(mentions: Mentions, rng: random.Random) -> str:
    """An English caption that says exactly what `mentions` holds."""
    plural = mentions.category == "sneakers"
    noun = rng.choice(EN_CATEGORY[mentions.category])
    colour = rng.choice(EN_WORD[mentions.colour]) if mentions.colour else ""
    pattern = rng.choice(EN_WORD[mentions.pattern]) if mentions.pattern else ""
    material = rng.choice(EN_WORD[mentions.material]) if mentions.material else ""
    with_pattern = rng.choice(EN_WITH[mentions.pattern]) if mentions.pattern else ""
    made_of = rng.choice(EN_MADE_OF[mentions.material]) if mentions.material else ""
    shape = rng.random()
    if shape < 0.35:
        text = words(colour, pattern, material, noun)
    elif shape < 0.45:
        text = words(pattern, colour, material, noun)
    elif shape < 0.58:
        text = words(colour, material, noun, with_pattern)
    elif shape < 0.70:
        text = words(colour, pattern, noun, made_of)
    elif shape < 0.80:
        text = ", ".join(part for part in (noun, colour, pattern, material) if part)
    elif shape < 0.90 and colour:
        verb = "These {} come in {}" if plural else "This {} comes in {}"
        text = verb.format(words(pattern, material, noun), colour)
    else:
        phrase = words(colour, pattern, material, noun)
        article = "A pair of" if plural else "An" if phrase[0] in "aeiou" else "A"
        text = f"{article} {phrase}"
    if rng.random() < SHOP_TALK_CHANCE:
        if rng.random() < 0.5 and not text.startswith(("A ", "An ", "This ", "These ")):
            text = f"{rng.choice(EN_LEAD)}{text}"
        else:
            text = f"{text}, {rng.choice(EN_CLOSE)}"
    return text[0].upper() + text[1:] if rng.random() < 0.7 else text


def words(*parts: str) -> str:
    """Join the parts that are not empty."""
    return " ".join(part for part in parts if part)


# Sentences a shop writes that are about no product in particular; the places of a slot are filled by `shop_sentence`.
JA_SHOP = (
    "ご注文から{days}日以内に{place}から発送いたします。",
    "{amount}円以上のお買い上げで送料無料です。",
    "{thing}の返品は到着後{days}日以内にご連絡ください。",
    "{thing}は{care}お手入れできます。",
    "{thing}のギフト包装は{amount}円で承ります。",
    "{season}の新作{thing}が入荷しました。",
    "{season}のセールで{thing}が{percent}％引きです。",
    "{thing}の在庫は残り{days}点です。",
    "お届けした{thing}に不具合があれば交換いたします。",
    "会員の方は{thing}のポイントが{days}倍になります。",
    "{thing}は撮影の都合で実物と色味が異なる場合があります。",
    "{season}の贈り物に{thing}はいかがですか。",
)
EN_SHOP = (
    "Orders leave our {place} within {days} days.",
    "Free delivery on orders over {amount} yen.",
    "{thing} can be returned within {days} days of delivery.",
    "Please clean {thing} {care}.",
    "Gift wrapping for {thing} costs {amount} yen.",
    "New {thing} for {season} have arrived.",
    "{percent} percent off {thing} in our {season} sale.",
    "Only {days} {thing} left in stock.",
    "If your {thing} arrive damaged, we will replace them.",
    "Members earn points {days} times over on {thing}.",
    "The colour of {thing} may differ slightly from the photo.",
    "Looking for a {season} gift? Try our {thing}.",
)
JA_SLOTS = {
    "place": ("倉庫", "東京の倉庫", "大阪の店舗", "工房"),
    "care": ("ぬるま湯で", "柔らかい布で拭いて", "ご家庭で簡単に", "中性洗剤で"),
    "season": ("春", "夏", "秋", "冬", "新生活", "年末"),
    "thing": (
        "食器",
        "マグカップ",
        "お皿",
        "帽子",
        "靴",
        "Tシャツ",
        "クッション",
        "花瓶",
        "照明",
        "バッグ",
        "傘",
        "リュック",
    ),
}
EN_SLOTS = {
    "place": ("warehouse", "Tokyo warehouse", "Osaka shop", "workshop"),
    "care": ("with lukewarm water", "with a soft cloth", "with mild soap", "by hand"),
    "season": ("spring", "summer", "autumn", "winter", "new year"),
    "thing": (
        "mugs",
        "plates",
        "teapots",
        "T-shirts",
        "caps",
        "sneakers",
        "cushions",
        "vases",
        "lamps",
        "tote bags",
        "umbrellas",
        "backpacks",
    ),
}


def shop_sentence(language: str, rng: random.Random) -> str:
    """A sentence about delivery, care, returns or sales; no product in particular."""
    templates, slots = (JA_SHOP, JA_SLOTS) if language == "ja" else (EN_SHOP, EN_SLOTS)
    filled = {name: rng.choice(values) for name, values in slots.items()}
    text = rng.choice(templates).format(
        **filled, days=rng.randint(2, 14), amount=100 * rng.randint(1, 80), percent=5 * rng.randint(1, 10)
    )
    return text[0].upper() + text[1:]
