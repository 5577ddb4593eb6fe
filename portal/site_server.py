"""A small web server for the public website, for demonstrations and previews.

A municipality puts ``site/current`` behind its own web server (docs/website.md);
this one shows it on the own machine with the same headers, byte ranges included.
"""

from __future__ import annotations

import mimetypes
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
    from starlette.types import Receive, Scope, Send

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
        file = None
        for _ in range(_TRIES):
            release = (folder / "current").resolve()
            file = OpenFile.find(release, path)
            if file is not None or release == (folder / "current").resolve():
                break
        if file is None:
            return _not_found(folder)
        if file.is_index and not path.endswith(("/", "index.html")) and path:
            file.close()
            return RedirectResponse(f"/{path}/", status_code=308)
        headers = dict(HEADERS)
        if file.path.name == EMBED_PAGE:
            headers["content-security-policy"] = "frame-ancestors *"
        headers["cache-control"] = (
            "public, max-age=31536000, immutable"
            if path.startswith(UNCHANGING)
            else "no-cache"
        )
        return OpenFileResponse(file, headers)

    excluded = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")
    return Starlette(
        routes=[Route("/{path:path}", show, methods=["GET"])],
        middleware=[Middleware(GZipMiddleware, exclude_content_types=excluded)],
    )


class OpenFile:
    """A file of a release, held open: it stays whole when the release is taken away."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Take over an open descriptor."""
        self.path = path
        self.descriptor = descriptor
        self.info = os.fstat(descriptor)

    @property
    def is_index(self) -> bool:
        """Whether it is what a folder shows."""
        return self.path.name == "index.html"

    @classmethod
    def find(cls, release: Path, path: str) -> OpenFile | None:
        """The file of an address inside one release, never outside of it."""
        place = Path(os.path.normpath(release / path))
        if not place.is_relative_to(release):
            return None
        if place.is_dir():
            place /= "index.html"
        try:
            if not place.resolve().is_relative_to(release):
                return None  # a link that leads out
            found = cls(place, os.open(place, os.O_RDONLY | os.O_CLOEXEC))
        except OSError:
            return None
        if stat.S_ISREG(found.info.st_mode):
            return found
        found.close()
        return None

    def close(self) -> None:
        """Let it go."""
        os.close(self.descriptor)


class OpenFileResponse(FileResponse):
    """Answers with an open file, whole or in byte ranges."""

    def __init__(self, file: OpenFile, headers: dict[str, str]) -> None:
        """Answer with ``file``, which is closed afterwards."""
        self.file = file
        guessed = mimetypes.guess_type(file.path.name)[0]
        super().__init__(
            f"/dev/fd/{file.descriptor}",
            headers=headers,
            stat_result=file.info,
            media_type=MEDIA_TYPES.get(
                file.path.suffix, guessed or "application/octet-stream"
            ),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.file.close()


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
