"""Swagger UI and ReDoc, served from here: no CDN, no inline script.

The bundles are those that `fastapi-offline` ships; its pages are not used, they need inline script.
"""

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from taskbell_api.access import public

# React and styled-components write style attributes and elements
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGES = Path(__file__).parent / "docs_pages"
# ReDoc shows its maker's logo from a CDN; without a picture it leaves the place empty
_FOREIGN_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO = b"data:,"


def _bundles() -> Path:
    # find_spec, not import: the package changes nothing we want by being imported
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("DOCS_ENABLED needs the package fastapi-offline")
    return Path(spec.origin).parent / "static"


def router() -> APIRouter:
    """Return the routes of both pages and of what they load."""
    bundles = _bundles()
    files = {
        "/docs": (_PAGES / "swagger.html", "text/html"),
        "/docs/start.js": (_PAGES / "swagger.js", "text/javascript"),
        "/docs/swagger-ui.css": (bundles / "swagger-ui.css", "text/css"),
        "/docs/swagger-ui-bundle.js": (bundles / "swagger-ui-bundle.js", "text/javascript"),
        "/redoc": (_PAGES / "redoc.html", "text/html"),
        "/redoc/start.js": (_PAGES / "redoc.js", "text/javascript"),
        "/redoc/start.css": (_PAGES / "redoc.css", "text/css"),
    }
    made = APIRouter(include_in_schema=False)
    for path, (file, media_type) in files.items():
        _add(made, path, file, media_type)
    redoc = (bundles / "redoc.standalone.js").read_bytes().replace(_FOREIGN_LOGO, _NO_LOGO)

    @made.get("/redoc/redoc.standalone.js")
    @public
    async def redoc_bundle() -> Response:
        return Response(redoc, media_type="text/javascript", headers=_headers(fixed=True))

    return made


def _add(made: APIRouter, path: str, file: Path, media_type: str) -> None:
    @made.get(path)
    @public
    async def page() -> FileResponse:
        return FileResponse(
            file,
            media_type=media_type,
            headers=_headers(fixed=file.parent != _PAGES),
        )


def _headers(*, fixed: bool) -> dict[str, str]:
    return {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cache-Control": "max-age=3600" if fixed else "no-cache",
    }
