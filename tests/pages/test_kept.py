"""What is chosen or typed on a page is in its address: a reload brings it back, and another language leaves it as it is."""

import pytest
from example_poc import PRICES, complete, import_example
from pages_under_test import open_page

from kdmcse import cost
from kdmcse.i18n import LANGUAGES
from kdmcse.store.workspace import Workspace

CHOSEN = {
    "report": ("radio", "report_language", "ja"),
    "compare": ("toggle", "only_differences", False),
    "annotate": ("number_input", "propose_number", 40),
    "cost": ("selectbox", "mistakes_of", "mcse"),
    "live": ("text_input", "live_query", "赤い 帽子"),
    "disagreements": ("text_input", "typed_find", "cap"),
}
"""Page -> an input of it, and what is made of it."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poc")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source")
    complete(workspace, dataset, seeds=(0,))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return workspace


@pytest.mark.parametrize("page", CHOSEN)
def test_it_outlives_a_reload_and_another_language(workspace, page, monkeypatch):
    kind, key, value = CHOSEN[page]
    app = open_page(workspace.path, page, "en", monkeypatch)
    assert getattr(app, kind)(key=key).value != value
    getattr(app, kind)(key=key).set_value(value).run()
    address = {name: one[0] if isinstance(one, list) else one for name, one in app.query_params.items()}
    again = open_page(workspace.path, page, address.pop("lang"), monkeypatch, **address)
    assert getattr(again, kind)(key=key).value == value and not again.exception
    other = next(one for one in LANGUAGES if one != "en")
    again.button(key=f"lang_{other}").click().run()
    assert getattr(again, kind)(key=key).value == value and not again.exception
