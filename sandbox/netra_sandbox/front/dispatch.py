"""From a request to its answer: the API methods by the discovery documents, the other hosts by what registered them."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import format_datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from aiohttp import web

from netra_sandbox.dataplane import dns
from netra_sandbox.discovery import validation
from netra_sandbox.discovery.index import Index, Route, api_of
from netra_sandbox.front import uploads
from netra_sandbox.front.judging import Judge
from netra_sandbox.front.request_log import RequestLog, is_write
from netra_sandbox.identity import oauth
from netra_sandbox.identity.access import refusals
from netra_sandbox.kernel.calls import Call, Handler, Media, handler_of
from netra_sandbox.kernel.errors import ApiError

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

HostHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_LOG = logging.getLogger(__name__)
_NOT_YET = web.Response(status=500)
# APIs whose errors come as a list with reasons besides.
_LISTING = frozenset({"compute", "sqladmin", "storage"})
# APIs whose patches clear a field by null, not by a mask.
_MERGING = frozenset({"sqladmin", "storage"})


@dataclass
class Answer:
    """What an API request came to, for the answer and for the log."""

    response: web.StreamResponse
    method: str = ""
    principal: str = ""
    validate_only: bool = False


class Dispatch:
    """Answers for every host on the allow-list."""

    def __init__(self, sandbox: Sandbox, index: Index, log: RequestLog, judge: Judge) -> None:
        self._sandbox = sandbox
        self._index = index
        self._token_hosts: dict[str, HostHandler] = oauth.TokenHosts(sandbox).hosts()
        self._log = log
        self._judge = judge

    def admits(self, host: str) -> bool:
        """Tell whether the sandbox answers for a host; note one that it does not."""
        if self._other(host) is not None or self._index.serves(host):
            return True
        self._log.event(self._time(), "refused-host", host)
        self._log.add(self._time(), host, "CONNECT", "", 403)
        return False

    def is_own(self, host: str) -> bool:
        """Tell whether a host is Google's: an API's, a token's or a service's, whatever DNS says."""
        found = self._other(host)
        return self._index.serves(host) or (found is not None and found != self._sandbox.named)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request that came through a tunnel."""
        host = request.host.partition(":")[0].lower()
        other = self._other(host)
        if other is None and not self._index.serves(host):
            self._log.event(self._time(), "refused-host", host)
            answer = Answer(web.Response(status=403, text=f"The sandbox does not answer for {host}.\n"))
        elif other is not None:
            answer = Answer(await other(request))
        else:
            answer = await self._api(request, host)
            if not answer.response.prepared:
                answer.response.headers["Date"] = format_datetime(self._sandbox.now(), usegmt=True)
        self._note(request, host, answer)
        return answer.response

    async def metadata(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the metadata server, which is asked without TLS."""
        answer = Answer(await self._sandbox.metadata.handle(request))
        self._note(request, "metadata.google.internal", answer)
        return answer.response

    def _note(self, request: web.BaseRequest, host: str, answer: Answer) -> None:
        self._log.add(
            self._time(),
            host,
            request.method,
            request.path,
            answer.response.status,
            method=answer.method,
            principal=answer.principal,
            validate_only=answer.validate_only,
        )

    def _other(self, host: str) -> HostHandler | None:
        """Find what registered a host, or a suffix of it."""
        exact = self._sandbox.hosts.get(host) or self._token_hosts.get(host)
        if exact is not None:
            return exact
        registered = chain(self._token_hosts.items(), self._sandbox.hosts.items())
        suffixed = (found for name, found in registered if name[:1] == "." and host.endswith(name))
        named = self._sandbox.named if dns.address_of(self._sandbox, host) is not None else None
        return next(suffixed, named)

    async def _api(self, request: web.BaseRequest, host: str) -> Answer:
        authorization = request.headers.get("Authorization")
        grant = self._sandbox.principals.authenticate(authorization, host)
        if grant is None:
            return Answer(self._refuse(host, refusals.unauthenticated(api_of(host), given=bool(authorization))))
        principal = grant.email
        answer = Answer(_NOT_YET, principal=principal)
        try:
            route = self._index.route(host, request.method, request.rel_url.raw_path, request.query)
            if route is None:
                answer.response = _page_not_found(request)
                return answer
            if not grant.reaches(request.method):
                raise refusals.scope_insufficient(route.api, route.method_id)
            answer.method, answer.validate_only = route.method_id, bool(route.parameters.get("validateOnly"))
            answer.response = await self._call(request, route, principal)
        except ApiError as error:
            answer.response = self._refuse(host, error, answer.method)
        except Exception as error:  # noqa: BLE001  a fault of the sandbox is an answer too
            # The exception's words may hold what a client sent, so only where it happened is told.
            place = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("%s failed: %s\n%s", answer.method, type(error).__name__, place)
            answer.response = self._internal("handler-error", f"{answer.method}: {type(error).__name__}")
        return answer

    async def _call(self, request: web.BaseRequest, route: Route, principal: str) -> web.StreamResponse:
        content, media = await request.read(), None
        if route.media:
            begins = route.parameters.get("uploadType") == "resumable" and request.method == "POST"
            content_type = request.headers.get("Content-Type", "")
            content, media = uploads.split(content_type, content, begins_resumable=begins)
        nulls = request.method == "PATCH" and route.api in _MERGING
        self._sandbox.admission.check(route.api, write=is_write(request.method, route.method_id))
        body = validation.request(route, _json(content), nulls=nulls)
        handler = handler_of(route.method_id, route.version)
        if handler is None:
            raise ApiError("NOT_FOUND", f"Method not found: the sandbox does not have {route.method_id}.")
        call = Call(route.method_id, route.parameters, body, principal, media, request.headers)
        self._sandbox.access.authorize(call, route.api, route.version)
        return await self._sandbox.faults.around(
            call.method, principal, request, lambda: self._answer(route, handler, call)
        )

    async def _answer(self, route: Route, handler: Handler, call: Call) -> web.StreamResponse:
        with self._sandbox.store.change():
            result = await handler(self._sandbox, call)
        if isinstance(result, Media):
            headers = {"Content-Type": result.content_type, **result.headers}
            return web.Response(body=result.content, status=result.status, headers=headers)
        text = json.dumps(result)
        violations = self._judge.answer(route, result, text)
        if violations:
            return self._internal("answer-violation", f"{route.method_id}: {'; '.join(violations)}")
        return web.Response(text=text, content_type="application/json")

    def _refuse(self, host: str, error: ApiError, method: str = "") -> web.StreamResponse:
        body = error.as_list() if api_of(host) in _LISTING else error.as_json()
        violations = self._judge.refusal(body)
        if violations:
            return self._internal("answer-violation", f"{method}: {'; '.join(violations)}")
        headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        return web.json_response(body, status=error.http, headers=headers)

    def _internal(self, event: str, message: str) -> web.StreamResponse:
        self._log.event(self._time(), event, message)
        error = ApiError("INTERNAL", f"Internal error in the sandbox ({event}).")
        return web.json_response(error.as_json(), status=error.http)

    def _time(self) -> str:
        return self._sandbox.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _json(content: bytes) -> dict[str, Any]:
    if not content.strip():
        return {}
    try:
        body = json.loads(content)
    except ValueError:
        raise ApiError("INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token.") from None
    if not isinstance(body, dict):
        raise ApiError("INVALID_ARGUMENT", "Invalid JSON payload received. Expected an object.")
    return body


def _page_not_found(request: web.BaseRequest) -> web.Response:
    text = (
        f"<html><title>Error 404 (Not Found)!!1</title><p>The requested URL was not found: {request.method}.</html>\n"
    )
    return web.Response(status=404, text=text, content_type="text/html")
