"""What goes to the two maps in the browser, and what of their answer is believed."""

import base64

import numpy as np
import pytest

from dashboard import state
from dashboard.widgets import linked_maps as maps
from kdmcse.i18n import Locale
from kdmcse.presentation.map import legend


def sent(monkeypatch, **given) -> dict:
    """What the component is mounted with."""
    got = {}
    monkeypatch.setattr(maps, "_component", lambda: lambda **mounted: got.update(mounted))
    pairs, positions = np.array([7, 300_000]), np.array([[0, 1, 2, 65_535], [9, 8, 7, 6]], np.uint16)
    shown = {"titles": ("L", "R"), "picked": "p7", "source": "/there?dataset=d"} | given
    maps.linked_maps(Locale("en"), "key", pairs, positions, legend(Locale("en"), None, 2), **shown)
    return got


def test_positions_go_as_whole_numbers_of_two_bytes(monkeypatch):
    data = sent(monkeypatch)["data"]
    unpacked = {name: base64.b64decode(data[name]) for name in ("pairs", "positions", "codes")}
    assert np.frombuffer(unpacked["positions"], "<u2").tolist() == [0, 1, 2, 65_535, 9, 8, 7, 6]
    assert np.frombuffer(unpacked["pairs"], "<u4").tolist() == [7, 300_000] and unpacked["codes"] == bytes(4)
    assert data["words"]["picked"] == Locale("en")("page_map.words.picked", n="{n}") and "{n}" in data["words"]["more"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"picked": "p12"}, "p12"),
        ({"picked": "<b>"}, None),
        ({"picked": 3}, None),
        ({"picked": ""}, None),
        ({}, None),
        (None, None),
    ],
)
def test_only_a_selection_goes_into_the_address(monkeypatch, said, kept):
    chosen = {}
    monkeypatch.setattr(state, "widget", lambda key: said)
    monkeypatch.setattr(state, "choose", lambda name, value: chosen.update({name: value}))
    sent(monkeypatch)["on_picked_change"]()
    assert chosen == {"picked": kept}


def test_the_component_is_put_together_from_its_files():
    for name in ("map.html", "map.css", *maps._SCRIPTS):
        assert (maps._FOLDER / name).stat().st_size > 0
    script = (maps._FOLDER / maps._SCRIPTS[-1]).read_text()
    assert "export default" in script and "http" not in "".join(
        (maps._FOLDER / one).read_text() for one in maps._SCRIPTS
    )
