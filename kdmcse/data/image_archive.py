"""A zip or a folder of images, read member by member: nothing is extracted, no name of the upload becomes a path.

Which image a table means by a name is decided here; what is in the image is not looked at.
"""

import difflib
import os
import stat
import struct
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from kdmcse.data.images import ImageRefused
from kdmcse.errors import UserError
from kdmcse.i18n import MISSING

MAX_MEMBERS = 50_000
MAX_IMAGE_BYTES = 20 * 2**20
MAX_TOTAL_BYTES = 20 * 2**30
"""that come out of one album"""
MAX_RATIO = 200
"""bytes out for one byte in, once more than `RATIO_FROM_BYTES` came out"""
RATIO_FROM_BYTES = 10 * 2**20

_MAX_DIRECTORY_BYTES = 64 * 2**20
_CHUNK = 2**20
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".avif")
_DEEPEST = 8
"""folders above an image that a shortened name may leave out"""


@dataclass(frozen=True)
class Member:
    """One file of an album. `name` is text to show and match."""

    name: str
    bytes: int
    """as declared; what comes out is counted again"""
    read: Callable[[], bytes]
    """raises ImageRefused"""

    @property
    def looks_like_image(self) -> bool:
        return self.name.lower().endswith(_SUFFIXES)


class Album:
    """The members of one zip or folder, found by name. Use as a context manager."""

    def __init__(self, members: list[Member], close: Callable[[], None] = lambda: None) -> None:
        self.members = members
        self._close = close
        self._whole: dict[tuple[str, ...], list[Member]] = defaultdict(list)
        self._ends: dict[tuple[str, ...], list[Member]] = defaultdict(list)
        self._hints = 50
        for member in members:
            parts = name_parts(member.name)
            self._whole[parts].append(member)
            for start in range(max(1, len(parts) - _DEEPEST), len(parts)):
                self._ends[parts[start:]].append(member)

    def __enter__(self) -> "Album":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def find(self, name: str) -> Member:
        """The one member that a table means by `name`; leading folders may be left out or added.

        ImageRefused picture_missing (with the nearest name) or picture_ambiguous.
        """
        parts = name_parts(name)
        shortened = (self._whole.get(parts[start:]) for start in range(1, min(len(parts), 32)))
        found = self._whole.get(parts) or self._ends.get(parts) or next(filter(None, shortened), None)
        if not found:
            raise ImageRefused("picture_missing", name=name, nearest=self._nearest(name) or MISSING)
        if len(found) > 1:
            raise ImageRefused("picture_ambiguous", name=name, number=len(found), first=found[0].name)
        return found[0]

    def find_all(self, names: Iterable[str]) -> "dict[str, Member | ImageRefused]":
        """What each name means. Names that differ, and not just by leading folders, never mean one image."""
        found: dict[str, Member | ImageRefused] = {}
        meant: dict[int, list[str]] = defaultdict(list)
        for name in names:
            try:
                found[name] = self.find(name)
                meant[id(found[name])].append(name)
            except ImageRefused as refused:
                found[name] = refused
        for together in meant.values():
            parts = [name_parts(name) for name in together]
            longest = max(parts, key=len)
            if any(longest[len(longest) - len(part) :] != part for part in parts):
                for name in together:
                    found[name] = ImageRefused("picture_ambiguous", name=name, number=len(parts), first=together[0])
        return found

    def _nearest(self, name: str) -> str | None:
        """Looked up for the first few missing names only: it compares with every member."""
        if self._hints <= 0 or len(self.members) > 5_000:
            return None
        self._hints -= 1
        names = {member.name.rpartition("/")[2].casefold(): member.name for member in self.members}
        close = difflib.get_close_matches(Path(name.replace("\\", "/")).name.casefold()[:300], names, n=1, cutoff=0.75)
        return names[close[0]] if close else None


def name_parts(name: str) -> tuple[str, ...]:
    """Folders and file of a name as they are compared: NFC, no matter the slash, the case, or a leading `./`."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).replace("\\", "/")
    return tuple(part for part in (p.strip() for p in plain.split("/")) if part not in ("", "."))


def open_album(path: Path) -> Album:
    """UserError file_missing, images_unusable, zip_broken, zip_too_many."""
    path = Path(path)
    if path.is_dir():
        return Album(_folder_members(path))
    if not path.is_file():
        raise UserError("file_missing", file=path)
    if path.suffix.lower() != ".zip" and not zipfile.is_zipfile(path):
        raise UserError("images_unusable", file=path.name)
    return _zip_album(path)


def _folder_members(folder: Path) -> list[Member]:
    members = []
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names):
            file = Path(place, name)
            shown = os.fsencode(file.relative_to(folder).as_posix()).decode("utf-8", "replace")
            if not name.startswith("."):
                members.append(Member(shown, file.lstat().st_size, _file_reader(file)))
        if len(members) > MAX_MEMBERS:
            raise UserError("zip_too_many", file=folder.name, limit=MAX_MEMBERS)
    return members


def _file_reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ImageRefused("picture_not_regular")
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
            with open(handle, "rb") as file:
                data = file.read(MAX_IMAGE_BYTES + 1)
        except OSError as error:
            raise ImageRefused("picture_broken", reason=error.strerror or type(error).__name__) from error
        if len(data) > MAX_IMAGE_BYTES:
            raise _too_large()
        return data

    return read


def _too_large() -> ImageRefused:
    return ImageRefused("picture_too_large", limit_mb=MAX_IMAGE_BYTES // 2**20)


def _zip_album(path: Path) -> Album:
    if _directory_bytes(path) > _MAX_DIRECTORY_BYTES:
        raise UserError("zip_too_many", file=path.name, limit=MAX_MEMBERS)
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # BadZipFile, and whatever else damaged bytes lead to
        raise UserError("zip_broken", file=path.name, reason=f"{error}"[:120] or type(error).__name__) from error
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS:
        archive.close()
        raise UserError("zip_too_many", file=path.name, limit=MAX_MEMBERS)
    meter = _Meter(path)
    members = []
    for info in infos:
        name = _zip_name(info)
        if not name.startswith("__MACOSX/") and not name.rpartition("/")[2].startswith("."):
            members.append(Member(name, info.file_size, _zip_reader(archive, info, meter)))
    return Album(members, archive.close)


def _directory_bytes(path: Path) -> int:
    """Size of the zip's table of contents as its last record declares it; 0 when there is none to be seen."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 66_000))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    declared = struct.unpack_from("<I", tail, end + 12)[0] if 0 <= end <= len(tail) - 16 else 0
    return 0 if declared == 0xFFFFFFFF else declared


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name; without the UTF-8 flag it is read as UTF-8, then as CP932 (Japanese Windows)."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "cp932"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.encode("utf-8", "replace").decode().replace("\\", "/")


class _Meter:
    """Bytes that came out of a zip so far, of all members together."""

    def __init__(self, path: Path) -> None:
        self.file, self.size, self.out = path.name, path.stat().st_size, 0

    def count(self, number: int) -> None:
        self.out += number
        if self.out > MAX_TOTAL_BYTES or (self.out > RATIO_FROM_BYTES and self.out > MAX_RATIO * self.size):
            raise UserError("zip_bomb", file=self.file)


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: _Meter) -> Callable[[], bytes]:
    def read() -> bytes:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise ImageRefused("picture_not_regular")
        if info.flag_bits & 0x1:
            raise ImageRefused("picture_encrypted")
        pieces, out = [], 0
        try:
            with archive.open(info) as file:
                while piece := file.read(_CHUNK):
                    out += len(piece)
                    meter.count(len(piece))
                    packed = max(info.compress_size, 1)
                    if out > MAX_IMAGE_BYTES or (out > RATIO_FROM_BYTES and out > MAX_RATIO * packed):
                        raise _too_large()
                    pieces.append(piece)
        except (ImageRefused, UserError):
            raise
        except Exception as error:  # zipfile and its decompressors fail in many ways on damaged bytes
            raise ImageRefused("picture_broken", reason=f"{error}"[:120] or type(error).__name__) from error
        return b"".join(pieces)

    return read
