"""Our errors: one tree, and what the web makes of each.

AppError                500  internal
  x NotFound            404  not-found
  x Conflict            409  conflict
    + Refused           409  transition-refused   members: state, event, missing, allowed
    + Stale             409  stale-version
    + Fenced            409  fenced-off
  x Invalid             422  invalid-request      members: errors [{pointer, detail}]
  x Unauthorized        401  unauthorized
  x Forbidden           403  forbidden
  x Unavailable         503  unavailable

`CoupangError` (in `app/coupang/errors.py`) is a root of its own and never reaches the web: the
dispatcher turns it into the next state of an effect.
"""

from typing import Any, ClassVar


class AppError(Exception):
    """Something went wrong that a caller may be told about."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class NotFound(AppError):
    """There is no such thing, or the caller may not know of it."""

    status, slug, title = 404, "not-found", "Not found"


class Conflict(AppError):
    """The request is fine, but not in this state of things."""

    status, slug, title = 409, "conflict", "Conflict"


class Refused(Conflict):
    """The state machine refuses this event; `missing` names the rules that do not hold."""

    slug, title = "transition-refused", "Transition refused"


class Stale(Conflict):
    """Somebody else changed the row first; read it again and decide again."""

    slug, title = "stale-version", "Stale version"


class Fenced(Conflict):
    """A newer visit holds the lease of this vendor; this one must write nothing more."""

    slug, title = "fenced-off", "Fenced off"


class Invalid(AppError):
    """The request breaks a rule; `errors` lists field (`pointer`) and rule (`detail`)."""

    status, slug, title = 422, "invalid-request", "Invalid request"

    def __init__(self, detail: str, *errors: tuple[str, str], **members: Any) -> None:
        listed = [{"pointer": pointer, "detail": rule} for pointer, rule in errors]
        super().__init__(detail, errors=listed, **members)


class Unauthorized(AppError):
    """No key, or a key that is not (or no longer) valid."""

    status, slug, title = 401, "unauthorized", "Unauthorized"


class Forbidden(AppError):
    """The key is valid but lacks the scope."""

    status, slug, title = 403, "forbidden", "Forbidden"


class Unavailable(AppError):
    """A part that this request needs does not answer right now."""

    status, slug, title = 503, "unavailable", "Unavailable"
