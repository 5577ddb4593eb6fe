"""A small web server for the public website, for demonstrations and previews.

A municipality puts ``site/current`` behind its own web server (docs/website.md);
this one shows it on the own machine with the same headers, byte ranges included.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import (
    FileResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

#: what a web server must add, because a page cannot say it of itself (CSP Level 3, 3.3)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": "frame-ancestors 'self'",
}
#: the one page made to be framed by others
EMBED_PAGE = "einbetten.html"
#: names that carry a digest of what is inside: they never change
UNCHANGING = (
    "assets/",
    "media/",
    "pagefind/fragment/",
    "pagefind/index/",
    "pagefind/filter/",
)

MEDIA_TYPES = {
    ".ics": "text/calendar; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".m4a": "audio/mp4",
    ".xml": "application/xml; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".woff2": "font/woff2",
    ".pagefind": "application/octet-stream",
}
#: a release may be taken away between finding a file in it and opening it
_TRIES = 3


def create_site_app(folder: Path) -> Starlette:
    """The web application that shows ``folder/current``, whatever it points to at the time."""

    async def show(request: Request) -> Response:
        path = request.path_params["path"]
        steps = path.split("/")
        if any(step.startswith(".") for step in steps) or "\0" in path:
            return _not_found(folder)
        for _ in range(_TRIES):
            release = (folder / "current").resolve()
            found = _find(release, path)
            if found is not None or release == (folder / "current").resolve():
                break
        else:
            found = None
        if found is None:
            return _not_found(folder)
        file, info = found
        if (
            file.name == "index.html"
            and not path.endswith(("/", "index.html"))
            and path
        ):
            return RedirectResponse(f"/{path}/", status_code=308)
        headers = dict(HEADERS)
        if file.name == EMBED_PAGE:
            headers["content-security-policy"] = "frame-ancestors *"
        headers["cache-control"] = (
            "public, max-age=31536000, immutable"
            if path.startswith(UNCHANGING)
            else "no-cache"
        )
        return FileResponse(
            file,
            headers=headers,
            stat_result=info,
            media_type=MEDIA_TYPES.get(file.suffix),
        )

    excluded = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")
    return Starlette(
        routes=[Route("/{path:path}", show, methods=["GET"])],
        middleware=[Middleware(GZipMiddleware, exclude_content_types=excluded)],
    )


def _find(release: Path, path: str) -> tuple[Path, os.stat_result] | None:
    """The file of an address inside one release, never outside of it."""
    file = Path(os.path.normpath(release / path))
    if not file.is_relative_to(release):
        return None
    try:
        info = file.stat()
        if stat.S_ISDIR(info.st_mode):
            file = file / "index.html"
            info = file.stat()
    except OSError:
        return None
    inside = file.resolve().is_relative_to(release)  # no link leads out of it either
    return (file, info) if inside and stat.S_ISREG(info.st_mode) else None


def _not_found(folder: Path) -> Response:
    try:
        page = (folder / "current" / "404.html").read_bytes()
    except OSError:
        return PlainTextResponse("404", status_code=404, headers=HEADERS)
    return Response(page, status_code=404, media_type="text/html", headers=HEADERS)


def serve_site(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    only_host: str | None = None,
) -> None:
    """Show the website in ``folder`` until interrupted.

    ``only_host``: answer under this host name only; every other one gets 400.
    """
    app = create_site_app(folder)
    if only_host is not None:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[only_host])
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
    )
    uvicorn.Server(config).run()
