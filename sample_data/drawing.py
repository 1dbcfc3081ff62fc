"""Images of products, drawn with Pillow: colour, pattern, material, pose and background of the `silhouettes`.

A product is drawn three times too large on a square, shaded, posed on a background with a soft shadow, then reduced:
that is the antialiasing. Captions are not known here.
"""

from __future__ import annotations

import io
import math
import random

import numpy as np
from catalogue import HARD_GOODS, Product
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from silhouettes import CANVAS, IVORY, SIDE, Colour, blank, ellipse, polygon, sketch_of, union, without

JPEG_QUALITY = 82

RGB: dict[str, Colour] = {
    "red": (206, 38, 40),
    "pink": (240, 146, 178),
    "orange": (240, 128, 34),
    "yellow": (246, 206, 52),
    "green": (46, 146, 76),
    "light_blue": (132, 198, 236),
    "navy": (32, 48, 108),
    "purple": (128, 66, 164),
    "black": (38, 38, 42),
    "white": (246, 246, 243),
}
BACKGROUNDS: tuple[Colour, ...] = (
    (214, 206, 194),
    (196, 204, 206),
    (222, 214, 206),
    (188, 190, 184),
    (206, 198, 208),
    (200, 210, 198),
    (176, 168, 160),
)
ROUND_GOODS = frozenset({"mug", "teapot", "vase"})


def printed(pattern: str, ground: Colour, rng: random.Random) -> Image.Image:
    """The product colour with its pattern over the whole canvas."""
    cloth = Image.new("RGB", (CANVAS, CANVAS), ground)
    if pattern == "plain":
        return cloth
    luminance = 0.3 * ground[0] + 0.59 * ground[1] + 0.11 * ground[2]
    if luminance > 235:
        ink: Colour = (112, 118, 130)
    elif luminance > 150:
        ink = tuple(round(value * 0.52) for value in ground)
    else:
        ink = IVORY
    period = CANVAS * rng.uniform(0.115, 0.145)
    start_x, start_y = rng.uniform(-period, 0), rng.uniform(-period, 0)
    steps = range(int(CANVAS / period) + 3)
    if pattern == "striped":
        draw = ImageDraw.Draw(cloth)
        for i in steps:
            y = start_y + i * period
            draw.rectangle([0, y, CANVAS, y + 0.42 * period], fill=ink)
        return cloth
    if pattern == "checked":
        bands = blank()
        for upright in (False, True):
            layer = blank()
            draw = ImageDraw.Draw(layer)
            for i in steps:
                a = (start_x if upright else start_y) + i * period
                draw.rectangle(
                    [a, 0, a + 0.5 * period, CANVAS] if upright else [0, a, CANVAS, a + 0.5 * period], fill=125
                )
            bands = ImageChops.add(bands, layer)
        cloth.paste(ink, mask=bands)
        return cloth
    draw = ImageDraw.Draw(cloth)
    if pattern == "floral":
        period *= 1.45
    for row in steps:
        for column in steps:
            x = start_x + (column + 0.5 * (row % 2)) * period
            y = start_y + row * period * 0.87
            if pattern == "dotted":
                radius = 0.27 * period
                draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=ink)
            else:
                flower(draw, x, y, 0.21 * period, ink, rng.uniform(0, math.tau))
    return cloth


def flower(draw: ImageDraw.ImageDraw, x: float, y: float, petal: float, ink: Colour, turn: float) -> None:
    """Five petals, a golden middle and a leaf."""
    leaf_x, leaf_y = x + 2.0 * petal * math.cos(turn + 0.6), y + 2.0 * petal * math.sin(turn + 0.6)
    draw.line([x, y, leaf_x, leaf_y], fill=(72, 122, 74), width=max(2, round(0.45 * petal)))
    for i in range(5):
        a = turn + i * math.tau / 5
        px, py = x + petal * math.cos(a), y + petal * math.sin(a)
        draw.ellipse([px - 0.78 * petal, py - 0.78 * petal, px + 0.78 * petal, py + 0.78 * petal], fill=ink)
    draw.ellipse([x - 0.55 * petal, y - 0.55 * petal, x + 0.55 * petal, y + 0.55 * petal], fill=(226, 172, 44))


GRID_Y, GRID_X = np.mgrid[0:CANVAS, 0:CANVAS].astype(np.float32) / CANVAS


def relief(material: str, category: str, rng: random.Random) -> np.ndarray:
    """Brightness of the material on the canvas, (CANVAS, CANVAS) float32, about 1 on average."""
    noise = np.random.default_rng(rng.getrandbits(32))
    if category in HARD_GOODS:
        light = (
            1.06 - 0.75 * np.abs(GRID_X - 0.40) ** 1.5
            if category in ROUND_GOODS
            else 1.08 - 0.22 * GRID_X - 0.10 * GRID_Y
        )
    else:
        fold = rng.uniform(0, math.tau)
        light = (
            1.04
            - 0.16 * GRID_Y
            + 0.05 * np.sin(9 * GRID_X + 5 * GRID_Y + fold)
            + 0.04 * np.sin(4 * GRID_X - 11 * GRID_Y + 2 * fold)
        )
    if material == "metal":
        streaks = np.repeat(noise.normal(0, 0.05, (CANVAS // 2, 1)), 2, axis=0).astype(np.float32)
        return light * (0.80 + 0.34 * np.cos(15 * (GRID_X - 0.38)) ** 2) + streaks
    if material == "linen":
        warp = noise.normal(0, 0.075, (1, CANVAS // 3)).repeat(3, axis=1)
        weft = noise.normal(0, 0.075, (CANVAS // 3, 1)).repeat(3, axis=0)
        weave = 0.07 * (np.sin(GRID_X * 300) + np.sin(GRID_Y * 300))
        return light + (warp + weft + weave).astype(np.float32)
    if material == "wool":
        stitch = np.abs(((GRID_X * 24) % 1) - 0.5)
        knit = 0.24 * np.cos(math.tau * (GRID_Y * 20 + stitch)) * (0.4 + stitch)
        return light * 0.95 + knit + noise.normal(0, 0.05, GRID_X.shape).astype(np.float32)
    return light


def highlights(material: str) -> tuple[Image.Image, int] | None:
    """Where a hard material reflects the window, and how strongly (0 to 255)."""
    if material == "ceramic":
        return ellipse((0.27, 0.36, 0.42, 0.56)).filter(ImageFilter.GaussianBlur(9)), 150
    if material == "glass":
        panes = union(
            polygon([(0.30, 0.20), (0.36, 0.20), (0.34, 0.80), (0.28, 0.80)]),
            polygon([(0.39, 0.20), (0.41, 0.20), (0.39, 0.80), (0.37, 0.80)]),
            ellipse((0.58, 0.62, 0.68, 0.74)),
        )
        return panes.filter(ImageFilter.GaussianBlur(1.5)), 215
    return None


def paint(product: Product, rng: random.Random) -> Image.Image:
    """The product alone on a transparent canvas (RGBA)."""
    sketch = sketch_of(product.category)
    ground: Colour = tuple(min(255, max(0, value + rng.randint(-8, 8))) for value in RGB[product.colour])
    light = relief(product.material, product.category, rng)
    cloth = shaded(printed(product.pattern, ground, rng), light)
    plain = shaded(Image.new("RGB", cloth.size, ground), light * 0.93)
    picture = Image.new("RGBA", cloth.size)
    for mask, colour in sketch.behind:
        picture.paste(plain if colour is None else colour, mask=mask)
    picture.paste(cloth, mask=sketch.body)
    whole = picture.getchannel("A")
    for mask, colour, strength in sketch.above:
        part = mask.point(lambda value, strength=strength: round(value * strength)) if strength < 1 else mask
        over = Image.new("RGBA", cloth.size, (*(colour or (0, 0, 0)), 255))
        if colour is None:
            over.paste(plain)
        picture.paste(over, mask=part)
        whole = ImageChops.lighter(whole, mask if colour is None or strength == 1 else ImageChops.darker(mask, whole))
    # The outer rim is darker, as on any rounded thing: it sets white goods off against pale backgrounds.
    core = whole.filter(ImageFilter.GaussianBlur(0.018 * CANVAS))
    rim = ImageChops.darker(whole, core.point(lambda value: max(0, 2 * (255 - value) - 30)))
    picture.paste((26, 22, 24, 255), mask=rim.point(lambda value: round(0.34 * value)))
    shine = highlights(product.material)
    if shine:
        mask = ImageChops.darker(shine[0], sketch.body)
        picture.paste((255, 255, 255, 255), mask=mask.point(lambda value: round(value * shine[1] / 255)))
    if product.material == "wool":
        whole = fuzzy(whole, rng)
    if product.material == "glass":
        body = sketch.body.point(lambda value: round(0.36 * value))
        whole = ImageChops.subtract(whole, without(body, rim))
        if shine:
            whole = ImageChops.lighter(whole, ImageChops.darker(shine[0], sketch.body))
    picture.putalpha(whole)
    return picture


def shaded(picture: Image.Image, light: np.ndarray) -> Image.Image:
    lit = np.asarray(picture, dtype=np.float32) * light[..., None]
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def fuzzy(mask: Image.Image, rng: random.Random) -> Image.Image:
    """The mask with a woolly edge."""
    noise = (
        np.random.default_rng(rng.getrandbits(32)).normal(0, 0.9, (CANVAS // 2, CANVAS // 2)).repeat(2, 0).repeat(2, 1)
    )
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(3)), dtype=np.float32) / 255
    hair = soft + noise * soft * (1 - soft)
    return Image.fromarray(np.where(hair > 0.46, 255, 0).astype(np.uint8))


def backdrop(rng: random.Random) -> Image.Image:
    """A wall, sometimes with a table before it."""
    wall = np.array(rng.choice(BACKGROUNDS), dtype=np.float32) + rng.uniform(-12, 12)
    fall = 1.05 - rng.uniform(0.05, 0.20) * GRID_Y - rng.uniform(-0.08, 0.08) * GRID_X
    room = wall[None, None, :] * fall[..., None]
    if rng.random() < 0.55:
        table = np.array(
            rng.choice(((172, 142, 112), (226, 220, 210), (150, 146, 148), (198, 176, 150))), dtype=np.float32
        )
        edge = rng.uniform(0.58, 0.74)
        cover = np.clip((GRID_Y - edge) * 90, 0, 1)[..., None]
        room = room * (1 - cover) + table[None, None, :] * (1.04 - 0.10 * GRID_Y)[..., None] * cover
    return Image.fromarray(np.clip(room, 0, 255).astype(np.uint8))


def draw_image(product: Product, rng: random.Random) -> Image.Image:
    """An image of the product in a random pose before a random background, SIDE x SIDE, RGB."""
    thing = paint(product, rng)
    if rng.random() < 0.5:
        thing = thing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turn = rng.uniform(-10, 10) if product.category in HARD_GOODS else rng.uniform(-16, 16)
    thing = thing.rotate(turn, resample=Image.Resampling.BICUBIC)
    size = round(CANVAS * rng.uniform(0.76, 1.0))
    thing = thing.resize((size, size), Image.Resampling.BICUBIC)
    place = (rng.randint(0, CANVAS - size), rng.randint(0, CANVAS - size))
    scene = backdrop(rng)
    shadow = blank()
    shadow.paste(thing.getchannel("A"), (place[0] + round(0.022 * CANVAS), place[1] + round(0.030 * CANVAS)))
    shadow = shadow.filter(ImageFilter.GaussianBlur(0.026 * CANVAS)).point(lambda value: round(0.46 * value))
    scene.paste((38, 32, 34), mask=shadow)
    scene.paste(thing, place, thing)
    return scene.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()
