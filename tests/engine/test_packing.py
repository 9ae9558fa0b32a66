"""What was packed once can be unpacked for ever, whichever release packed it."""

from hypothesis import given
from hypothesis import strategies as st

from app.vault import Vault

VAULT = Vault({"one": bytes(32)})
ROW = b'{"shipmentBoxId":642538970006400000,"orderId":24000099000000,"status":"ACCEPT"}'
PACKED = bytes.fromhex(
    "5828c8e73faeab86cb42ab2a33132353630b4b7303030333132061008c7548a9060c2623b088a525581c940e4b"
    "50ab8c5a0086b315b8"
)
"""The row as it was packed when the known words were introduced; only they open it."""


def test_the_known_words_are_the_same_as_on_the_day_they_were_introduced() -> None:
    assert VAULT.open_packed(VAULT.seal(PACKED, b"evidence"), b"evidence") == ROW
    assert len(PACKED) < len(ROW) - 20


@given(st.binary(max_size=200), st.integers(1, 400))
def test_whatever_is_packed_comes_back(piece: bytes, times: int) -> None:
    sealed = VAULT.seal_packed(piece * times, b"evidence")
    assert VAULT.open_packed(sealed, b"evidence") == piece * times
