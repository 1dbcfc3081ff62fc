"""Silhouettes of the twelve categories as masks: what carries the product colour, and what lies behind and above it.

All coordinates are fractions of a square, y downwards. Colour, pattern, material and pose are painted by `drawing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIDE = 96  # pixels of the finished image
SCALE = 3  # supersampling
CANVAS = SIDE * SCALE

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Colour = tuple[int, int, int]

IVORY: Colour = (250, 246, 236)
STEEL: Colour = (150, 152, 158)
BROWN: Colour = (132, 92, 60)
SEAM: Colour = (24, 20, 20)


@dataclass
class Sketch:
    """The parts of one product as masks (mode L): what carries colour, and neutral parts with their own paint."""

    body: Image.Image = field(default_factory=lambda: blank())
    behind: list[tuple[Image.Image, Colour | None]] = field(default_factory=list)
    above: list[tuple[Image.Image, Colour | None, float]] = field(default_factory=list)

    def put_behind(self, mask: Image.Image, paint: Colour | None = None) -> None:
        """A part behind the body; without paint it has the plain product colour."""
        self.behind.append((mask, paint))

    def put_above(self, mask: Image.Image, paint: Colour | None = None, strength: float = 1.0) -> None:
        """A part over the body; without paint it has the plain product colour."""
        self.above.append((mask, paint, strength))


def blank() -> Image.Image:
    return Image.new("L", (CANVAS, CANVAS), 0)


def polygon(points: list[Point]) -> Image.Image:
    mask = blank()
    ImageDraw.Draw(mask).polygon([(x * CANVAS, y * CANVAS) for x, y in points], fill=255)
    return mask


def ellipse(box: Box) -> Image.Image:
    mask = blank()
    ImageDraw.Draw(mask).ellipse([value * CANVAS for value in box], fill=255)
    return mask


def rounded(box: Box, radius: float) -> Image.Image:
    mask = blank()
    ImageDraw.Draw(mask).rounded_rectangle([value * CANVAS for value in box], radius=radius * CANVAS, fill=255)
    return mask


def stroke(points: list[Point], width: float) -> Image.Image:
    """A line with round joints and ends."""
    mask = blank()
    draw = ImageDraw.Draw(mask)
    places = [(x * CANVAS, y * CANVAS) for x, y in points]
    thick = max(1, round(width * CANVAS))
    draw.line(places, fill=255, width=thick, joint="curve")
    if thick > 2:
        for x, y in (places[0], places[-1]):
            draw.ellipse([x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2], fill=255)
    return mask


def ring(box: Box, width: float) -> Image.Image:
    mask = blank()
    ImageDraw.Draw(mask).ellipse([value * CANVAS for value in box], outline=255, width=round(width * CANVAS))
    return mask


def curve(points: list[Point], *, closed: bool = False, steps: int = 12) -> list[Point]:
    """A smooth line through the points (Catmull-Rom)."""
    count = len(points)
    line = []
    for i in range(count if closed else count - 1):
        if closed:
            a, b, c, d = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            a, b, c, d = points[max(i - 1, 0)], points[i], points[i + 1], points[min(i + 2, count - 1)]
        for step in range(steps):
            t = step / steps
            line.append(tuple(
                0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)
                for p, q, r, s in zip(a, b, c, d, strict=True)
            ))  # fmt: skip
    return line if closed else [*line, points[-1]]


def union(*masks: Image.Image) -> Image.Image:
    result = masks[0]
    for mask in masks[1:]:
        result = ImageChops.lighter(result, mask)
    return result


def without(mask: Image.Image, hole: Image.Image) -> Image.Image:
    return ImageChops.subtract(mask, hole)


# One function per category.


def mug() -> Sketch:
    sketch = Sketch()
    sketch.put_behind(ring((0.54, 0.34, 0.86, 0.68), 0.065))
    sides = curve([(0.22, 0.30), (0.225, 0.55), (0.24, 0.74), (0.29, 0.80), (0.44, 0.82)])
    sketch.body = union(
        polygon([*sides, *((0.88 - x, y) for x, y in reversed(sides))]), ellipse((0.22, 0.22, 0.66, 0.38))
    )
    sketch.put_above(ellipse((0.22, 0.22, 0.66, 0.38)))
    sketch.put_above(ellipse((0.245, 0.24, 0.635, 0.365)), (60, 46, 40), 0.55)
    return sketch


def plate() -> Sketch:
    sketch = Sketch()
    sketch.put_behind(ellipse((0.08, 0.27, 0.92, 0.82)), (120, 116, 112))
    sketch.body = ellipse((0.08, 0.23, 0.92, 0.78))
    sketch.put_above(without(ellipse((0.08, 0.23, 0.92, 0.78)), ellipse((0.10, 0.245, 0.90, 0.765))), IVORY, 0.7)
    sketch.put_above(without(ellipse((0.23, 0.33, 0.77, 0.69)), ellipse((0.245, 0.345, 0.755, 0.69))), SEAM, 0.45)
    sketch.put_above(without(ellipse((0.23, 0.33, 0.77, 0.70)), ellipse((0.23, 0.32, 0.77, 0.685))), IVORY, 0.6)
    return sketch


def teapot() -> Sketch:
    sketch = Sketch()
    sketch.put_behind(ring((0.60, 0.38, 0.92, 0.70), 0.055))
    spout = curve([(0.32, 0.66), (0.20, 0.60), (0.15, 0.48), (0.07, 0.40)]) + curve(
        [(0.13, 0.36), (0.21, 0.42), (0.26, 0.50), (0.38, 0.52)]
    )
    sketch.put_behind(polygon(spout))
    sketch.put_behind(rounded((0.36, 0.76, 0.64, 0.84), 0.02))
    sketch.body = ellipse((0.24, 0.34, 0.76, 0.82))
    lid = union(ellipse((0.36, 0.29, 0.64, 0.42)), ellipse((0.46, 0.21, 0.54, 0.30)))
    sketch.put_above(ImageChops.offset(ellipse((0.35, 0.30, 0.65, 0.43)), 0, 3), SEAM, 0.4)
    sketch.put_above(lid)
    return sketch


def tshirt() -> Sketch:
    sketch = Sketch()
    half = [
        (0.50, 0.205),
        (0.42, 0.19),
        (0.38, 0.15),
        (0.30, 0.175),
        (0.22, 0.22),
        (0.07, 0.42),
        (0.20, 0.51),
        (0.275, 0.42),
    ]
    half += curve([(0.275, 0.42), (0.285, 0.62), (0.27, 0.86), (0.50, 0.875)])
    sketch.body = without(
        polygon([*half, *((1 - x, y) for x, y in reversed(half))]), ellipse((0.39, 0.07, 0.61, 0.235))
    )
    sketch.put_behind(ellipse((0.385, 0.12, 0.615, 0.24)), (92, 88, 86))
    collar = without(ellipse((0.365, 0.06, 0.635, 0.265)), ellipse((0.39, 0.05, 0.61, 0.235)))
    sketch.put_above(ImageChops.darker(collar, sketch.body))
    for side in (lambda x: x, lambda x: 1 - x):
        sketch.put_above(
            stroke(curve([(side(0.28), 0.42), (side(0.295), 0.30), (side(0.31), 0.22)]), 0.008), SEAM, 0.35
        )
        sketch.put_above(stroke([(side(0.095), 0.40), (side(0.215), 0.485)], 0.006), SEAM, 0.3)
    sketch.put_above(stroke([(0.28, 0.84), (0.50, 0.85), (0.72, 0.84)], 0.006), SEAM, 0.3)
    return sketch


def cap() -> Sketch:
    sketch = Sketch()
    brim = curve([(0.50, 0.58), (0.70, 0.555), (0.88, 0.60), (0.975, 0.70)]) + curve(
        [(0.93, 0.725), (0.78, 0.67), (0.62, 0.665), (0.44, 0.68)]
    )
    dome = curve([(0.09, 0.66), (0.10, 0.48), (0.19, 0.32), (0.39, 0.235), (0.58, 0.29), (0.69, 0.42), (0.725, 0.585)])
    dome += curve([(0.725, 0.60), (0.50, 0.635), (0.30, 0.675), (0.10, 0.68)])
    sketch.body = polygon(dome)
    sketch.put_behind(ellipse((0.355, 0.205, 0.43, 0.255)))
    sketch.put_above(polygon(brim))
    sketch.put_above(stroke(curve([(0.50, 0.60), (0.70, 0.575), (0.88, 0.62), (0.95, 0.695)]), 0.007), SEAM, 0.3)
    for seam in ([(0.39, 0.24), (0.30, 0.42), (0.27, 0.66)], [(0.39, 0.24), (0.53, 0.40), (0.56, 0.61)]):
        sketch.put_above(stroke(curve(seam), 0.007), SEAM, 0.35)
    sketch.put_above(stroke(curve([(0.10, 0.645), (0.30, 0.645), (0.50, 0.60)]), 0.006), SEAM, 0.3)
    return sketch


def sneakers() -> Sketch:
    sketch = Sketch()
    upper = curve(
        [(0.09, 0.66), (0.09, 0.50), (0.075, 0.375), (0.16, 0.355), (0.26, 0.43), (0.385, 0.36), (0.43, 0.345)]
    ) + curve([(0.46, 0.37), (0.57, 0.485), (0.72, 0.545), (0.88, 0.575), (0.94, 0.64), (0.94, 0.69)])
    outline = polygon([*upper, (0.94, 0.70), (0.09, 0.70)])
    other = outline.transform(outline.size, Image.Transform.AFFINE, (1, 0, -0.035 * CANVAS, 0, 1, 0.095 * CANVAS))
    other_sole = rounded((0.11, 0.575, 0.985, 0.65), 0.03)
    sketch.put_behind(other)
    sketch.put_behind(other_sole, (206, 202, 194))
    sketch.body = outline
    sketch.put_above(rounded((0.07, 0.665, 0.955, 0.755), 0.035), IVORY)
    sketch.put_above(stroke([(0.09, 0.735), (0.94, 0.735)], 0.012), (110, 104, 100), 0.8)
    toe = curve([(0.765, 0.67), (0.775, 0.60), (0.83, 0.563), (0.90, 0.588), (0.945, 0.67)])
    sketch.put_above(polygon(toe), IVORY)
    for i in range(4):
        x, y = 0.415 + 0.065 * i, 0.405 + 0.04 * i
        sketch.put_above(stroke([(x - 0.045, y + 0.062), (x + 0.04, y - 0.005)], 0.020), IVORY)
    sketch.put_above(stroke(curve([(0.10, 0.395), (0.165, 0.38), (0.26, 0.455), (0.36, 0.40)]), 0.012), SEAM, 0.35)
    return sketch


def cushion() -> Sketch:
    sketch = Sketch()
    edge = [
        (0.10, 0.12), (0.32, 0.165), (0.50, 0.175), (0.68, 0.165), (0.90, 0.12), (0.855, 0.32), (0.845, 0.50),
        (0.855, 0.68), (0.90, 0.88), (0.68, 0.835), (0.50, 0.825), (0.32, 0.835), (0.10, 0.88), (0.145, 0.68),
        (0.155, 0.50), (0.145, 0.32),
    ]  # fmt: skip
    line = curve(edge, closed=True)
    sketch.body = polygon(line)
    sketch.put_above(stroke([*line, line[0]], 0.014), SEAM, 0.28)
    for x, y in ((0.10, 0.12), (0.90, 0.12), (0.10, 0.88), (0.90, 0.88)):
        inward = [(x, y), (x + 0.16 * (0.5 - x) / 0.4, y + 0.20 * (0.5 - y) / 0.4)]
        sketch.put_above(stroke(inward, 0.014).filter(ImageFilter.GaussianBlur(4)), SEAM, 0.4)
    return sketch


def vase() -> Sketch:
    sketch = Sketch()
    for tip, bend in (((0.30, 0.06), 0.42), ((0.53, 0.02), 0.50), ((0.74, 0.09), 0.60)):
        sketch.put_behind(stroke(curve([(0.50, 0.34), (bend, 0.20), tip]), 0.010), BROWN)
        for part in (0.35, 0.65, 1.0):
            x, y = 0.50 + (tip[0] - 0.50) * part, 0.34 + (tip[1] - 0.34) * part
            sketch.put_behind(ellipse((x - 0.028, y - 0.02, x + 0.028, y + 0.03)), (176, 160, 118))
    side = curve([(0.405, 0.30), (0.43, 0.37), (0.40, 0.45), (0.30, 0.56), (0.275, 0.68), (0.33, 0.83), (0.38, 0.90)])
    sketch.body = union(
        polygon([*side, *((1 - x, y) for x, y in reversed(side))]),
        ellipse((0.38, 0.875, 0.62, 0.925)),
        ellipse((0.40, 0.27, 0.60, 0.335)),
    )
    sketch.put_above(ellipse((0.40, 0.27, 0.60, 0.335)))
    sketch.put_above(ellipse((0.42, 0.28, 0.58, 0.325)), (50, 42, 38), 0.6)
    return sketch


def lamp() -> Sketch:
    sketch = Sketch()
    sketch.put_behind(rounded((0.475, 0.46, 0.525, 0.62), 0.01), STEEL)
    foot = curve([(0.46, 0.58), (0.40, 0.64), (0.36, 0.74), (0.40, 0.84), (0.34, 0.885)])
    base = union(polygon([*foot, *((1 - x, y) for x, y in reversed(foot))]), ellipse((0.33, 0.855, 0.67, 0.915)))
    shade = union(
        polygon([(0.335, 0.10), (0.665, 0.10), (0.85, 0.50), (0.15, 0.50)]),
        ellipse((0.15, 0.46, 0.85, 0.54)),
        ellipse((0.335, 0.08, 0.665, 0.12)),
    )
    sketch.body = union(shade, base)
    sketch.put_above(without(ellipse((0.15, 0.46, 0.85, 0.54)), ellipse((0.15, 0.445, 0.85, 0.522))), IVORY, 0.7)
    sketch.put_above(ellipse((0.345, 0.087, 0.655, 0.117)), (255, 240, 190), 0.9)
    sketch.put_above(ellipse((0.40, 0.24, 0.60, 0.50)).filter(ImageFilter.GaussianBlur(20)), (255, 240, 190), 0.45)
    return sketch


def tote() -> Sketch:
    sketch = Sketch()
    sketch.put_behind(
        stroke(curve([(0.36, 0.40), (0.375, 0.18), (0.50, 0.09), (0.625, 0.18), (0.64, 0.40)]), 0.035), (112, 100, 90)
    )
    sketch.body = polygon(
        [
            (0.17, 0.34),
            (0.83, 0.34),
            *curve([(0.83, 0.34), (0.80, 0.60), (0.785, 0.86), (0.76, 0.89)]),
            *curve([(0.24, 0.89), (0.215, 0.86), (0.20, 0.60), (0.17, 0.34)]),
        ]
    )
    sketch.put_above(stroke(curve([(0.33, 0.45), (0.35, 0.25), (0.50, 0.155), (0.65, 0.25), (0.67, 0.45)]), 0.042))
    for x in (0.33, 0.67):
        sketch.put_above(rounded((x - 0.034, 0.43, x + 0.034, 0.49), 0.006), SEAM, 0.3)
    sketch.put_above(stroke([(0.18, 0.375), (0.82, 0.375)], 0.007), SEAM, 0.4)
    return sketch


def umbrella() -> Sketch:
    sketch = Sketch()
    shaft = [
        (0.50, 0.12),
        (0.50, 0.78),
        *curve([(0.50, 0.80), (0.515, 0.885), (0.57, 0.905), (0.615, 0.87), (0.62, 0.81)]),
    ]
    sketch.put_behind(stroke(shaft, 0.028), BROWN)
    sketch.put_behind(stroke([(0.50, 0.07), (0.50, 0.16)], 0.018), BROWN)
    top = curve([(0.04, 0.56), (0.10, 0.36), (0.26, 0.18), (0.50, 0.115), (0.74, 0.18), (0.90, 0.36), (0.96, 0.56)])
    hem: list[Point] = []
    edges = (0.96, 0.73, 0.50, 0.27, 0.04)
    for right, left in zip(edges, edges[1:], strict=False):
        hem += curve([(right, 0.56), ((right + left) / 2, 0.505), (left, 0.56)])
    sketch.body = polygon([*top, *hem])
    for x in (0.27, 0.50, 0.73):
        sketch.put_above(stroke(curve([(0.50, 0.115), (0.5 + (x - 0.5) * 0.75, 0.30), (x, 0.56)]), 0.008), SEAM, 0.4)
    return sketch


def backpack() -> Sketch:
    sketch = Sketch()
    sketch.put_behind(ring((0.40, 0.035, 0.60, 0.21), 0.028), (84, 78, 74))
    for side in (lambda x: x, lambda x: 1 - x):
        sketch.put_behind(
            stroke(curve([(side(0.28), 0.26), (side(0.155), 0.48), (side(0.20), 0.80)]), 0.05), (84, 78, 74)
        )
    sketch.body = union(rounded((0.23, 0.12, 0.77, 0.90), 0.17), rounded((0.215, 0.50, 0.785, 0.905), 0.09))
    sketch.put_above(
        stroke(curve([(0.27, 0.40), (0.31, 0.24), (0.50, 0.195), (0.69, 0.24), (0.73, 0.40)]), 0.012),
        SEAM,
        0.55,
    )
    sketch.put_above(
        without(rounded((0.285, 0.53, 0.715, 0.84), 0.06), rounded((0.297, 0.542, 0.703, 0.828), 0.05)),
        SEAM,
        0.5,
    )
    sketch.put_above(stroke([(0.31, 0.605), (0.69, 0.605)], 0.012), SEAM, 0.55)
    sketch.put_above(rounded((0.635, 0.60, 0.665, 0.665), 0.01), (214, 204, 176))
    return sketch


SKETCHES: dict[str, Callable[[], Sketch]] = {
    "mug": mug,
    "plate": plate,
    "teapot": teapot,
    "tshirt": tshirt,
    "cap": cap,
    "sneakers": sneakers,
    "cushion": cushion,
    "vase": vase,
    "lamp": lamp,
    "tote": tote,
    "umbrella": umbrella,
    "backpack": backpack,
}


@cache
def sketch_of(category: str) -> Sketch:
    """The parts of a category's products; cached, because only paint and pose differ. Never changed after drawing."""
    return SKETCHES[category]()
