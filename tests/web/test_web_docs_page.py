"""The page /docs and everything it loads come from us."""

import re

from httpx2 import AsyncClient


async def test_the_docs_page_asks_no_foreign_host(nobody: AsyncClient) -> None:
    page = await nobody.get("/docs")
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.text)
    assert len(addresses) == 3
    for address in addresses:
        assert address.startswith("/docs/assets/"), address
        assert (await nobody.get(address)).status_code == 200
