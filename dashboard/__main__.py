"""The server: `python -m dashboard` takes the options of `streamlit run`. While the browser fetches the page, it loads what the first page needs."""

import datetime
import gc
import inspect
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType

PLOTLY_THEME = "streamlit.elements.lib.streamlit_plotly_theme"
READS = 2
"""Seconds until a visitor who has seen the first page looks for the next, at the least."""


def main() -> None:
    """Serve the dashboard by Streamlit's command, with its further arguments."""
    gc.disable()  # until all is imported: what is imported is no garbage
    _leave_out()
    _serve_pairs()
    from streamlit.web import cli

    threading.Thread(target=_load_when_listening, daemon=True).start()
    sys.argv = ["streamlit", "run", str(Path(__file__).with_name("app.py")), *sys.argv[1:]]
    cli.main(prog_name="streamlit")


def _leave_out() -> None:
    """What Streamlit does at its start and no page uses: its own look for Plotly, and a search of every installed package for components."""
    theme = ModuleType(PLOTLY_THEME)
    theme.configure_streamlit_plotly_theme = lambda: None
    sys.modules[PLOTLY_THEME] = theme
    from streamlit.components.v2 import manifest_scanner

    manifest_scanner.scan_component_manifests = list


def _serve_pairs() -> None:
    """Routes of our own before those of Streamlit, which ends with one that answers everything."""
    from streamlit import config
    from streamlit.web.server.starlette import starlette_app

    from dashboard import routes

    theirs = starlette_app.create_streamlit_routes
    starlette_app.create_streamlit_routes = lambda runtime: [
        *routes.serve(config.get_option("server.baseUrlPath") or ""),
        *theirs(runtime),
    ]


def _load_when_listening() -> None:
    from streamlit import runtime

    while not runtime.exists():
        time.sleep(0.005)
    try:
        load()
    finally:
        _keep()
    time.sleep(READS)
    try:
        prepare()
    finally:
        gc.collect()  # what visitors left behind meanwhile does not stay
        _keep()


def _keep() -> None:
    """What is here stays: Streamlit collects garbage before it tells a page that it is done, 0.1 s over all that was imported."""
    gc.freeze()
    gc.enable()


def load() -> None:
    """Import what the first page imports, and compute what it shows of the newest dataset: the page finds it or waits for it."""
    from dashboard import cache

    inspect.stack()  # Streamlit asks once for its callers, which reads their source
    with suppress(Exception):  # the page says what is wrong with the workspace
        if analysis := cache.newest_analysis():
            analysis.verdicts()
            analysis.costs()


def prepare() -> None:
    """What the other pages show of it, while the visitor reads the first one: charts first, which most of them have."""
    import pandas.io.formats.style  # noqa: F401 - every table has it
    import plotly.graph_objects

    from dashboard import cache
    from kdmcse.results import precompute

    plotly.graph_objects.Figure({"data": [{"type": "scatter"}]}).to_json()
    try:
        if analysis := cache.newest_analysis():
            precompute.prepare(analysis, datetime.date.today())
    except Exception:  # the pages go on without, and say what is wrong with the workspace
        with suppress(OSError):
            cache.logger(cache.workspace()).exception("what other pages show could not be computed ahead")


if __name__ == "__main__":
    main()
