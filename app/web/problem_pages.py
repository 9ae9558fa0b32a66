"""A page for every kind of problem, rendered from the error classes."""

import html
from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from app.errors import Invalid, NotFound
from app.web.openapi import may_raise
from app.web.problems import kinds

router = APIRouter(prefix="/problems", tags=["problems"])


@router.get("", operation_id="list_problems", response_class=HTMLResponse)
async def list_problems() -> HTMLResponse:
    """Show every kind of problem."""
    rows = "".join(
        f'<li><a href="/problems/{slug}">{slug}</a> ({kind.status}): {html.escape(kind.title)}</li>'
        for slug, kind in kinds().items()
    )
    return _page("Problems", f"<ul>{rows}</ul>")


@router.get(
    "/{slug}",
    operation_id="get_problem",
    response_class=HTMLResponse,
    responses=may_raise(NotFound, Invalid),
)
async def get_problem(
    slug: Annotated[str, Path(pattern=r"^[a-z-]{1,40}$", examples=["transition-refused"])],
) -> HTMLResponse:
    """Explain one kind of problem.

    Raises:
        NotFound: There is no such kind.
    """
    kind = kinds().get(slug)
    if kind is None:
        raise NotFound("there is no such problem")
    told = "".join(f"<p>{html.escape(part)}</p>" for part in (getdoc(kind) or "").split("\n\n"))
    return _page(f"{kind.title} ({kind.status})", told)


def _page(title: str, body: str) -> HTMLResponse:
    text = html.escape(title)
    head = f'<meta charset="utf-8"><title>{text}</title>'
    return HTMLResponse(f'<!doctype html><html lang="en">{head}<h1>{text}</h1>{body}</html>')
