"""Bytes that claim to be an image -> one safe, normalised image, or the reason why not.

What comes out is RGB, upright, at most 1024 px on the long side, one frame, without metadata (no GPS, no text).
"""

import io
import struct
import warnings

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""What is taken in; every other decoder stays shut."""
MAX_PIXELS = 50_000_000
LONG_SIDE = 1024
"""pixels; teachers look at 224 to 512"""
JPEG_QUALITY = 92

_CLEAN_PNG_CHUNKS = {b"IHDR", b"IDAT", b"IEND", b"gAMA", b"sRGB", b"cHRM", b"pHYs", b"sBIT"}


class ImageRefused(Exception):
    """`code` and `fields` of the problem: picture_format_unknown, picture_too_many_pixels or picture_broken."""

    def __init__(self, code: str, **fields: object) -> None:
        self.code, self.fields = code, fields
        super().__init__(code)


def normalise_image(data: bytes) -> bytes:
    """The image as it is stored: its own bytes if they are a clean, small RGB JPEG or PNG already, else a new JPEG.

    Deterministic. ImageRefused when it is not an image that can be used.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _normalised(data)
    except ImageRefused:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_many_pixels() from error
    except Image.UnidentifiedImageError as error:
        heic = data[4:8] == b"ftyp"
        raise ImageRefused("picture_heic" if heic else "picture_format_unknown") from error
    except Exception as error:  # decoders fail in any way on hostile bytes; to a person it is one failure
        raise ImageRefused("picture_broken", reason=f"{error}"[:120] or type(error).__name__) from error


def _normalised(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise _too_many_pixels()
        small = max(image.size) <= LONG_SIDE
        if not small and image.format == "JPEG":
            image.draft(None, (LONG_SIDE, LONG_SIDE))  # decodes at a fraction of the size, never below the target
        image.load()  # all of it: `verify` accepts half a JPEG
        if image.width * image.height > MAX_PIXELS:  # a frame may differ from what the header said
            raise _too_many_pixels()
        if small and image.mode == "RGB" and _is_clean(image, data):
            return data
        upright = _upright(image)
        rgb = _to_rgb(upright)
        rgb.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        written = io.BytesIO()
        Image.frombytes("RGB", rgb.size, rgb.tobytes()).save(written, "JPEG", quality=JPEG_QUALITY)
        return written.getvalue()


def _too_many_pixels() -> ImageRefused:
    return ImageRefused("picture_too_many_pixels", limit_megapixels=MAX_PIXELS // 1_000_000)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a damaged EXIF block says nothing about the pixels
        return image


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode -> RGB as a person would see it: 16 bits and floats scaled, transparent parts on white."""
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_to_eight_bits(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, with_alpha).convert("RGB")
    return image.convert("RGB")


def _to_eight_bits(values: np.ndarray) -> np.ndarray:
    """(height, width) of a deep mode -> uint8. Floats within 0..1 are shares of white; else 255 or 65,535 is white."""
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("the image has pixels that are no numbers")
    top = values.max(initial=0)
    if top > 65_535 or values.min(initial=0) < 0:
        values = values - values.min()
        white = max(values.max(), 1)
    else:
        white = 65_535 if top > 255 else 255 if top > 1 else 1
    return np.rint(values / white * 255).astype(np.uint8)


def _is_clean(image: Image.Image, data: bytes) -> bool:
    """Whether the file holds the image and nothing else: no EXIF, comment, profile, second frame or appended data."""
    if image.format == "JPEG":
        plain = all(name in ("APP0", "APP14") for name, _ in image.applist)
        return plain and "comment" not in image.info and data.endswith(b"\xff\xd9") and data.count(b"\xff\xd9") == 1
    if image.format != "PNG":
        return False
    place = 8
    while place + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        if kind not in _CLEAN_PNG_CHUNKS:
            return False
        place += 12 + length
        if kind == b"IEND":
            break
    return place == len(data)
