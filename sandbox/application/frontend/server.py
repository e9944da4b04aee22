"""The frontend: one page that knows where the API, the WebSocket and the auth service are."""

from __future__ import annotations

import html
import os
from pathlib import Path

from aiohttp import web

PUBLIC_VARIABLES = ("NEXT_PUBLIC_API_URL", "NEXT_PUBLIC_WS_URL", "NEXT_PUBLIC_AUTH_URL")
PAGE = Path(__file__).with_name("public") / "index.html"


async def index(_request: web.Request) -> web.Response:
    page = PAGE.read_text(encoding="utf-8")
    for name in PUBLIC_VARIABLES:
        page = page.replace(f"%{name}%", html.escape(os.environ.get(name, ""), quote=True))
    return web.Response(text=page, content_type="text/html")


async def health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "healthy", "revision": os.environ.get("K_REVISION")})


def main() -> None:
    application = web.Application()
    application.add_routes([web.get("/", index), web.get("/health", health)])
    web.run_app(application, host=os.environ.get("HOST", "0.0.0.0"), port=int(os.environ["PORT"]), print=None)


if __name__ == "__main__":
    main()
