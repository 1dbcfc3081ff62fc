"""What the browser gets of the pairs that somebody points at: their words and small pictures, and nothing for another site."""

import base64
import io

import pytest
from example_poc import import_example
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import routes
from kdmcse.store.workspace import Workspace


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    monkeypatch.setenv("KDMCSE_WORKSPACE", str(tmp_path / "workspace"))
    return import_example(Workspace(tmp_path / "workspace"), tmp_path / "sources", caption="<b>{}</b>")


def ask(dataset, pairs: str, base: str = "", **headers: str):
    client = TestClient(Starlette(routes=routes.serve(base)))
    return client.get(
        routes.pairs_address(base, getattr(dataset, "fingerprint", dataset)) + f"&pairs={pairs}", headers=headers
    )


@pytest.mark.parametrize("base", ["", "/", "/below/it"])
def test_each_known_pair_has_its_words_and_a_small_picture(dataset, base):
    first, second = dataset.pairs["pair"][:2]
    told = ask(dataset, f"{second},{first},999999,-1,x,²", base).json()
    assert [one["pair"] for one in told] == [second, first]
    assert told[1]["caption"] == dataset.pairs["caption"][0]
    kind, _, content = told[1]["picture"].partition(",")
    assert kind == "data:image/jpeg;base64" and Image.open(io.BytesIO(base64.b64decode(content))).size == (4, 4)


def test_a_picture_that_is_gone_is_none(dataset):
    for picture in (dataset.folder / "objects").iterdir():
        picture.unlink()
    assert ask(dataset, str(dataset.pairs["pair"][0])).json()[0]["picture"] is None


def test_no_more_pairs_are_told_at_once_than_a_page_shows(dataset):
    pair = str(dataset.pairs["pair"][0])
    assert len(ask(dataset, ",".join([pair] * 500)).json()) == routes.MOST_PAIRS


def test_another_site_and_another_dataset_get_nothing(dataset):
    assert ask(dataset, "1", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert ask("nothing", "1").status_code == 404 and ask(dataset, "").json() == []
