"""What the browser asks for outside of a page's script: captions and small pictures of the pairs that somebody points at on the map."""

import base64
from typing import TYPE_CHECKING

from dashboard import cache

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

PAIRS = "kdmcse/pairs"
"""Where captions and pictures of pairs are: `?dataset=<fingerprint>&pairs=<numbers with commas>`."""
MOST_PAIRS = 64
"""in one request"""


def pairs_address(base: str, dataset: str) -> str:
    """Where the browser finds those of a dataset, below the base path of the server; the numbers of the pairs follow."""
    return "/" + "/".join(filter(None, [base.strip("/"), PAIRS])) + f"?dataset={dataset}"


def serve(base: str) -> "list[Route]":
    """The routes, below the base path of the server."""
    from starlette.routing import Route

    return [Route(pairs_address(base, "").partition("?")[0], _pairs, methods=["GET"])]


def _pairs(request: "Request") -> "Response":
    """A JSON list of pair, caption and picture (a data address, or null). Not for other sites, whose pages say where they come from."""
    from starlette.responses import JSONResponse, PlainTextResponse

    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse("only for the dashboard itself", 403)
    asked = [one for one in request.query_params.get("pairs", "").split(",") if one.isascii() and one.isdigit()]
    dataset = next(
        (one for one in cache.datasets(cache.workspace()) if one.fingerprint == request.query_params.get("dataset")),
        None,
    )
    if dataset is None:
        return PlainTextResponse("no such dataset", 404)
    found = cache.captions(dataset)
    shown = [int(one) for one in asked[:MOST_PAIRS] if int(one) in found.index]
    told = [
        {"pair": pair, "caption": caption, "picture": _picture(cache.small_picture(dataset, image))}
        for pair, image, caption in found.loc[shown, ["image", "caption"]].itertuples()
    ]
    return JSONResponse(told, headers={"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"})


def _picture(jpeg: bytes | None) -> str | None:
    return jpeg and "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
