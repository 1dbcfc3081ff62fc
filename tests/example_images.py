"""Made-up images with structure, and the same saved again."""

import io
import random

from PIL import Image, ImageDraw, ImageEnhance


def scene(seed: int, colours: int | None = None) -> Image.Image:
    """A made-up image with structure; the same seed and other colours: the same shapes."""
    shapes, paints = random.Random(seed), random.Random(seed if colours is None else colours)
    picture = Image.new("RGB", (240, 180), (235, 235, 230))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y, w, h = (shapes.randrange(n) for n in (200, 140, 120, 90))
        paint = tuple(paints.randrange(256) for _ in range(3))
        (draw.ellipse if shapes.random() < 0.5 else draw.rectangle)((x, y, x + w + 8, y + h + 8), fill=paint)
    return picture


def saved(picture: Image.Image, quality: int = 85, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, quality=quality)
    return file.getvalue()


def copies(picture: Image.Image) -> list[bytes]:
    half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    brighter = ImageEnhance.Brightness(picture).enhance(1.05)
    return [saved(picture, 60), saved(half), saved(brighter), saved(picture, kind="PNG")]
