"""The web application: what it answers with is given to it; it reads no environment and opens nothing by itself.

Until there are accounts it is for the loopback address alone. Any page in a browser can send requests there under a
name of its own (DNS rebinding), so requests under other host names are refused.
"""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import unchecked as unchecked_door
from api.answers import UncheckedAnswer
from api.deps import Doors, OpenDoors
from gis.errors import DefinitionError, GisError, LawError, Refused, SchemaError, ServerError, UnknownName
from gis.find.unchecked import Question
from web_map.snapshot import POLICY

HOSTS = ["localhost", "127.0.0.1", "[::1]"]
STATUS: dict[type[BaseException], int] = {
    UnknownName: 404,
    Refused: 422,
    SchemaError: 503,
    ServerError: 503,
    LawError: 500,
    DefinitionError: 500,
    GisError: 500,
}
HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
def read_map(doors: OpenDoors) -> str:
    """Give the county's map as one page that needs no network."""
    return doors.page()


class Guarded:
    """Writes the security headers on every answer of the application inside it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, partial(_sent_guarded, send))


async def _sent_guarded(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        MutableHeaders(scope=message).update(HEADERS)
    await send(message)


def create_app(page: Callable[[], str], unchecked: Callable[[Question], UncheckedAnswer]) -> FastAPI:
    """Give the application that shows the map `page` makes and answers what `unchecked` is asked.

    Both are called once for each request, in a thread; failures of ours become a status by the table above.
    """
    app = FastAPI(title="网格 Wangge", docs_url=None, redoc_url=None)
    app.state.doors = Doors(page, unchecked)
    app.include_router(router)
    app.include_router(unchecked_door.router)
    app.add_exception_handler(GisError, refusal)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)
    app.add_middleware(Guarded)
    return app


def refusal(_: Request, error: Exception) -> JSONResponse:
    """Give a failure of ours as its sentence, with the status of its nearest kind in the table."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    return JSONResponse({"detail": str(error)}, status_code=status)
