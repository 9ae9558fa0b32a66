"""The page /docs and everything it loads come from us."""

import re
import tomllib
from pathlib import Path

from httpx2 import AsyncClient

from app import __version__


async def test_the_docs_page_asks_no_foreign_host(nobody: AsyncClient) -> None:
    page = await nobody.get("/docs")
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.text)
    assert len(addresses) == 3
    for address in addresses:
        assert address.startswith("/docs/assets/"), address
        assert (await nobody.get(address)).status_code == 200


def test_one_version_everywhere() -> None:
    told = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert told["project"]["version"] == __version__
