"""RFC 9457: one document per kind of error, and a page for each kind.

Malformed JSON, an unknown field and a broken rule are all 422 `invalid-request`, whose `errors` name the
place (a JSON pointer into the body, or the parameter) and the rule. A 500 says nothing but an `instance`,
which is also in the log.
"""

import logging
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response

from app.errors import AppError, Invalid, NotFound, Unauthorized, Unavailable

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_IN = {"body": "body", "query": "query", "path": "path", "header": "header"}


class NotAllowed(AppError):
    """This address exists, but not for this method; `Allow` lists those that do."""

    status, slug, title = 405, "method-not-allowed", "Method not allowed"


class TooLarge(AppError):
    """The body is larger than 1 MB; no request here needs that."""

    status, slug, title = 413, "too-large", "Too large"


def document(error: AppError) -> dict[str, Any]:
    """Spell an error as a problem."""
    return {
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        **error.members,
    }


def render(error: AppError, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with the problem of an error."""
    told = dict(headers or {})
    if isinstance(error, Unauthorized):
        told["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Unavailable):
        told.setdefault("Retry-After", "5")
    body = orjson.dumps(document(error))
    return Response(body, error.status, media_type=MEDIA_TYPE, headers=told)


def kinds() -> dict[str, type[AppError]]:
    """Return every kind of problem by slug, in the order of the tree."""

    def below(kind: type[AppError]) -> Iterator[type[AppError]]:
        yield kind
        for one in kind.__subclasses__():
            yield from below(one)

    return {kind.slug: kind for kind in below(AppError) if kind.__module__.startswith("app.")}


def from_validation(error: RequestValidationError) -> Invalid:
    """Turn FastAPI's findings into field and rule; what was sent is never repeated."""
    found = Invalid("the request breaks a rule")
    for one in error.errors():
        where, *path = one["loc"]
        if one["type"] == "json_invalid":
            found = Invalid("the body is not JSON")
            path = []
        found.members["errors"].append(
            {"in": _IN.get(str(where), "body"), "pointer": pointer(path), "detail": _rule(one)}
        )
    return found


def pointer(path: list[Any]) -> str:
    """Return the JSON pointer (RFC 6901) to a place in what was sent."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    # A key of the body may hold half a surrogate pair, which no UTF-8 can.
    return "".join(f"/{part}" for part in escaped).encode("utf-8", "replace").decode()


def _rule(one: Mapping[str, Any]) -> str:
    match one["type"]:
        case "missing":
            return "required"
        case "extra_forbidden":
            return "unknown field"
        case "json_invalid":
            return str(one.get("ctx", {}).get("error", one["msg"]))
    return str(one["msg"])


async def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return internal(error) if error.status == 500 else render(error)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return render(from_validation(error))


async def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    match error.status_code:
        case 404:
            return render(NotFound("there is nothing at this address"))
        case 405:
            return render(NotAllowed(f"{request.method} is not possible here"), error.headers)
        case _:
            return render(Invalid("the body cannot be read", ("", "one JSON document in UTF-8")))


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("the database does not answer: %s", type(error).__name__)
    return render(Unavailable("the database does not answer right now"))


def internal(error: Exception) -> Response:
    """Answer 500 without detail; the log gets the same `instance`."""
    instance = uuid.uuid4().urn
    # No message and no values: they may quote a row, and a row may be about a person.
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "?"
    log.error("%s: %s at %s", instance, type(error).__name__, place)
    return render(AppError("something went wrong here; the log knows more", instance=instance))


def install(app: FastAPI) -> None:
    """Answer every expected error with a problem; `meters` catches what is left."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(StarletteHTTPException, _framework)
    app.add_exception_handler(psycopg.OperationalError, _unavailable)
