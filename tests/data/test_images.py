"""Images of every kind, made here: accepted and normalised, or refused with a reason. Names find the right one."""

import io
import os
import struct
import unicodedata
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kdmcse.data.image_archive import MAX_IMAGE_BYTES, open_album
from kdmcse.data.images import LONG_SIDE, ImageRefused, normalise_image
from kdmcse.errors import UserError


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(colour="red", size=(8, 6), mode="RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(normalise_image(data)))


def middle(data: bytes) -> tuple:
    image = opened(data)
    assert image.mode == "RGB"
    return image.getpixel((image.width // 2, image.height // 2))


def refused(data: bytes) -> str:
    with pytest.raises(ImageRefused) as caught:
        normalise_image(data)
    return caught.value.code


def near(pixel: tuple, expected: tuple) -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(pixel, expected, strict=True))


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def find(path: Path, name: str) -> bytes:
    with open_album(path) as album:
        return album.find(name).read()


def not_found(path: Path, name: str) -> ImageRefused:
    with pytest.raises(ImageRefused) as caught:
        find(path, name)
    return caught.value


RED = encoded(picture())


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_clean_small_image_keeps_its_bytes(kind):
    data = encoded(picture(), kind)
    assert normalise_image(data) == data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encoded(picture("red", mode="RGBA")), (255, 0, 0)),
        (encoded(picture((255, 0, 0, 0), mode="RGBA")), (255, 255, 255)),
        (encoded(picture((90, 0), mode="LA")), (255, 255, 255)),
        (encoded(picture().convert("P"), "GIF", transparency=picture().convert("P").getpixel((0, 0))), (255, 255, 255)),
        (encoded(picture().convert("P"), "GIF"), (255, 0, 0)),
        (encoded(picture().convert("CMYK"), "JPEG"), (255, 0, 0)),
        (encoded(picture(90, mode="L")), (90, 90, 90)),
        (encoded(picture(1, mode="1")), (255, 255, 255)),
        (encoded(Image.fromarray(np.full((6, 8), 0x8080, np.uint16))), (128, 128, 128)),
        (encoded(Image.fromarray(np.full((6, 8), 0.5, np.float32)), "TIFF"), (128, 128, 128)),
        (encoded(picture(), "BMP"), (255, 0, 0)),
        (encoded(picture(), "WEBP", lossless=True), (255, 0, 0)),
        (encoded(picture(), "TIFF"), (255, 0, 0)),
        (encoded(picture(), "PNG", save_all=True, append_images=[picture("blue")]), (255, 0, 0)),
        (encoded(picture(), "GIF", save_all=True, append_images=[picture("blue")]), (255, 0, 0)),
        (encoded(picture(size=(1, 1))), (255, 0, 0)),
    ],
)
def test_every_kind_of_image_looks_as_a_person_sees_it(data, expected):
    assert near(middle(data), expected)


def test_a_turned_photo_stands_upright_and_loses_its_exif():
    image = picture("red", (40, 20))
    image.paste("blue", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90 degrees clockwise to view
    exif[0x8825] = {1: "N"}
    stored = opened(encoded(image, "JPEG", exif=exif, quality=95))
    assert stored.size == (20, 40)
    assert near(stored.getpixel((10, 5)), (0, 0, 254))
    assert not stored.getexif()


@pytest.mark.parametrize("extra", [{"comment": b"secret"}, {"xmp": b"<secret/>"}, {"icc_profile": b"secret" * 30}])
def test_metadata_is_dropped(extra):
    assert b"secret" not in normalise_image(encoded(picture(), "JPEG", **extra))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_hangs_behind_an_image_is_dropped(kind):
    assert b"<script>" not in normalise_image(encoded(picture(), kind) + b"<script>")


def test_large_and_long_images_are_made_smaller():
    assert opened(encoded(picture(size=(3000, 1500)), "JPEG")).size == (LONG_SIDE, LONG_SIDE // 2)
    assert opened(encoded(picture(size=(30_000, 1)))).size == (LONG_SIDE, 1)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_half_a_jpeg_is_refused(share):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8))
    data = encoded(noise, "JPEG")
    assert refused(data[: int(len(data) * share)]) == "picture_broken"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "picture_format_unknown"),
        (b"<html><script>alert(1)</script></html>", "picture_format_unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_format_unknown"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "picture_format_unknown"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "picture_heic"),
        (encoded(Image.fromarray(np.full((6, 8), np.nan, np.float32)), "TIFF"), "picture_broken"),
    ],
)
def test_what_is_no_image_is_refused_with_a_reason(data, code):
    assert refused(data) == code


def bomb_png(width: int, height: int) -> bytes:
    """A PNG that claims a size without bringing the pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize("size", [(8000, 8000), (11_000, 11_000), (60_000, 60_000)])
def test_a_bomb_is_refused_without_being_unpacked(size):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert refused(bomb_png(*size)) == "picture_too_many_pixels"


@settings(max_examples=150)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"]),
    place=st.floats(0, 1),
    new=st.binary(max_size=4),
    cut=st.floats(0.5, 1),
)
def test_damaged_images_are_stored_or_refused(kind, place, new, cut):
    data = bytearray(encoded(Image.linear_gradient("L").resize((32, 32)).convert("RGB"), kind))
    at = int(place * len(data))
    data[at : at + len(new)] = new
    try:
        assert opened(bytes(data[: int(len(data) * cut) + 1])).mode == "RGB"
    except ImageRefused as refusal:
        assert refusal.code.startswith("picture_")


@pytest.mark.parametrize("container", ["zip", "folder"])
@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("dog.jpg", "dog.jpg"),
        ("dog.jpg", "DOG.JPG"),
        ("images/dog.jpg", "dog.jpg"),
        ("dog.jpg", "images/dog.jpg"),
        ("dog.jpg", "C:\\shop\\images\\dog.jpg"),
        ("top/a/dog.jpg", "a\\dog.jpg"),
        ("dog.jpg", "./dog.jpg"),
        (unicodedata.normalize("NFD", "画像/ががが.jpg"), unicodedata.normalize("NFC", "画像/ががが.jpg")),
    ],
)
def test_names_match_whatever_the_slash_the_case_the_folder_or_the_accents(tmp_path, container, stored, asked):
    path = make_zip(tmp_path / "a.zip", {stored: RED, "cat.jpg": b""})
    if container == "folder":
        path = tmp_path / "album"
        (path / stored).parent.mkdir(parents=True)
        (path / stored).write_bytes(RED)
    assert find(path, asked) == RED


@pytest.mark.parametrize(
    ("members", "asked"),
    [
        (["dup.jpg", "Dup.JPG"], "dup.jpg"),
        (["a/x.jpg", "b/x.jpg"], "x.jpg"),
        ([unicodedata.normalize(form, "が.jpg") for form in ("NFC", "NFD")], "が.jpg"),
    ],
)
def test_a_name_that_fits_two_images_is_never_guessed(tmp_path, members, asked):
    path = make_zip(tmp_path / "a.zip", dict.fromkeys(members, RED))
    assert not_found(path, asked).code == "picture_ambiguous"


def test_a_member_that_stands_twice_is_ambiguous(tmp_path):
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("dup.jpg", RED)
        archive.writestr("dup.jpg", b"other")
    assert not_found(tmp_path / "a.zip", "dup.jpg").code == "picture_ambiguous"


def test_two_folders_in_the_table_never_mean_one_flat_image(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x.jpg": RED, "y.jpg": RED})
    with open_album(path) as album:
        found = album.find_all(["a/x.jpg", "b/x.jpg", "y.jpg", "images/y.jpg"])
    assert [getattr(f, "code", "found") for f in found.values()] == ["picture_ambiguous"] * 2 + ["found"] * 2


def test_another_folder_is_another_image(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"photos/x.jpg": RED})
    assert not_found(path, "drawings/x.jpg").code == "picture_missing"


def test_a_missing_image_names_the_nearest(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"Golden-Delicious_01.jpg": RED, "kiwi.jpg": RED})
    assert not_found(path, "golden_delicious_01.jpg").fields["nearest"] == "Golden-Delicious_01.jpg"
    assert not_found(path, "zzz").fields["nearest"] == "–"


def test_japanese_windows_names_are_read(tmp_path):
    path = tmp_path / "a.zip"
    stand_in = "x" * len("画像/表示.jpg".encode("cp932"))
    make_zip(path, {stand_in: RED})
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), "画像/表示.jpg".encode("cp932")))
    assert find(path, "表示.jpg") == RED


@pytest.mark.parametrize("name", ["../../x.jpg", "/abs/x.jpg", "C:\\x.jpg", "a/../x.jpg", "nul.txt", "a\u202egpj.exe"])
def test_names_of_a_zip_never_become_paths(tmp_path, name):
    path = make_zip(tmp_path / "a.zip", {name: RED})
    before = sorted(tmp_path.parent.rglob("*"))
    assert find(path, name) == RED
    assert sorted(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010644])
def test_links_and_devices_in_a_zip_are_refused(tmp_path, mode):
    info = zipfile.ZipInfo("x.jpg")
    info.external_attr = mode << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert not_found(tmp_path / "a.zip", "x.jpg").code == "picture_not_regular"


def test_links_and_pipes_in_a_folder_are_refused(tmp_path):
    (tmp_path / "secret.jpg").write_bytes(RED)
    album = tmp_path / "album"
    album.mkdir()
    (album / "x.jpg").symlink_to(tmp_path / "secret.jpg")
    (album / "out").symlink_to(tmp_path)
    os.mkfifo(album / "pipe.jpg")
    assert not_found(album, "x.jpg").code == "picture_not_regular"
    assert not_found(album, "pipe.jpg").code == "picture_not_regular"
    assert not_found(album, "out/secret.jpg").code == "picture_missing"
    assert not_found(album, "../secret.jpg").code == "picture_missing"


def test_a_protected_member_is_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x.jpg": RED})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert not_found(path, "x.jpg").code == "picture_encrypted"


def test_a_member_that_unpacks_without_end_is_stopped(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.jpg", bytes(3 * MAX_IMAGE_BYTES))
    with pytest.raises(UserError, match="unpacks to far more"):
        find(path, "x.jpg")


def test_an_image_of_too_many_bytes_is_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x.jpg": bytes(MAX_IMAGE_BYTES + 1)})
    assert not_found(path, "x.jpg").code == "picture_too_large"
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "x.jpg").write_bytes(bytes(MAX_IMAGE_BYTES + 1))
    assert not_found(tmp_path / "album", "x.jpg").code == "picture_too_large"


@pytest.mark.slow
def test_a_zip_of_too_many_members_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(50_001):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    with pytest.raises(UserError) as caught:
        open_album(tmp_path / "a.zip")
    assert caught.value.code == "zip_too_many"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.zip", b"", "zip_broken"),
        ("a.zip", b"PK\x05\x06" + b"\xff" * 18, "zip_broken"),
        ("a.rar", b"Rar!", "images_unusable"),
    ],
)
def test_what_is_no_zip_is_refused_in_words(tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        open_album(tmp_path / name)
    assert caught.value.code == code
    assert caught.value.message("ja")


def test_system_files_are_not_images(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x.jpg": RED, "__MACOSX/._x.jpg": b"", ".DS_Store": b"", "notes.txt": b""})
    with open_album(path) as album:
        assert [member.name for member in album.members if member.looks_like_image] == ["x.jpg"]
