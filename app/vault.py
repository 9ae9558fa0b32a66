"""Encryption at rest: AES-256-GCM under a ring of master keys, and keyed digests.

A sealed value is `version byte | length of key id | key id | 12-byte nonce | ciphertext and tag`.
The first key of the ring seals; every key of the ring opens, so a key is rotated by putting the
new one in front, running `python -m app rotate`, and then dropping the old one.

The history has a key of its own (`ChainKey`), sealed in the database like the digest key.

Digests compare contents without storing them. Their key is sealed in the database and survives the
rotation of master keys; otherwise a rotation would look like a change of every address.
"""

import base64
import hashlib
import hmac
import os
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1
_NONCE_BYTES = 12
_BLOCK_BYTES = 64
_IPAD, _OPAD = (bytes(byte ^ mask for byte in range(256)) for mask in (0x36, 0x5C))
# What an order sheet of v5 says in every row. It is part of the format of what is packed: never change it.
_KNOWN_WORDS = (
    '{"shipmentBoxId":0,"orderId":0,"orderedAt":"2026-01-01T00:00:00+09:00","orderer":{"name":"",'
    '"email":"","safeNumber":"+82","ordererNumber":null},"paidAt":"2026-01-01T00:00:00+09:00",'
    '"status":"ACCEPT","shippingPrice":{"currencyCode":"KRW","units":0,"nanos":0},'
    '"remotePrice":{"currencyCode":"KRW","units":0,"nanos":0},"remoteArea":false,'
    '"parcelPrintMessage":"","splitShipping":false,"ableSplitShipping":true,'
    '"receiver":{"name":"","safeNumber":"+82","receiverNumber":null,"addr1":"","addr2":"",'
    '"postCode":""},"orderItems":[{"vendorItemPackageId":0,"vendorItemPackageName":"",'
    '"productId":0,"vendorItemId":0,"vendorItemName":"","shippingCount":0,'
    '"salesPrice":{"currencyCode":"KRW","units":0,"nanos":0},"orderPrice":{"currencyCode":"KRW",'
    '"units":0,"nanos":0},"discountPrice":{"currencyCode":"KRW","units":0,"nanos":0},'
    '"instantCouponDiscount":{"currencyCode":"KRW","units":0,"nanos":0},'
    '"downloadableCouponDiscount":{"currencyCode":"KRW","units":0,"nanos":0},'
    '"coupangDiscount":{"currencyCode":"KRW","units":0,"nanos":0},"externalVendorSkuCode":"",'
    '"etcInfoHeader":null,"etcInfoValue":null,"etcInfoValues":null,"sellerProductId":0,'
    '"sellerProductName":"","sellerProductItemName":"","firstSellerProductItemName":"",'
    '"cancelCount":0,"holdCountForCancel":0,"estimatedShippingDate":"2026-01-01",'
    '"plannedShippingDate":"","invoiceNumberUploadDate":"","extraProperties":{},'
    '"pricingBadge":false,"usedProduct":false,"confirmDate":null,'
    '"deliveryChargeTypeName":"무료","canceled":false}],'
    '"overseaShippingInfoDto":{"personalCustomsClearanceCode":"","ordererSsn":"",'
    '"ordererPhoneNumber":""},"deliveryCompanyName":"CJ 대한통운","invoiceNumber":"",'
    '"inTrasitDateTime":"","deliveredDate":"","refer":"","shipmentType":"THIRD_PARTY"}'
).encode()
_PACKER = zlib.compressobj(1, zlib.DEFLATED, wbits=13, memLevel=6, zdict=_KNOWN_WORDS)
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Sealed(Exception):
    """A sealed value cannot be opened: unknown key id, wrong key, or altered bytes."""


def new_key() -> str:
    """Return a fresh master key in the form that settings expect (32 bytes, URL-safe base64)."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def parse_ring(text: str) -> dict[str, bytes]:
    """Read `id:key[,id:key…]`, newest first; a key without an id is called `k1`.

    Raises:
        ValueError: No key, a doubled id, or a key that is not 32 bytes of base64.
    """
    ring: dict[str, bytes] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        key_id, _, encoded = part.rpartition(":")
        key_id = key_id or "k1"
        try:
            key = base64.urlsafe_b64decode(encoded)
        except ValueError as broken:
            raise ValueError(f"master key {key_id!r} is not base64") from broken
        if len(key) != 32 or key_id in ring or len(key_id) > 32:
            raise ValueError(f"master key {key_id!r} must be 32 bytes under an id of its own")
        ring[key_id] = key
    if not ring:
        raise ValueError("at least one master key is needed")
    return ring


class ChainKey:
    """The key of the hash chain of the history; whoever lacks it cannot write a row that verifies.

    The database computes the chain, so a key must travel to it. What travels is good for the rows of one
    vendor at one microsecond only: HMAC-SHA-256(key, vendor id, time).

    Args:
        key: 32 bytes; see the module.
    """

    def __init__(self, key: bytes = b"") -> None:
        padded = key.ljust(_BLOCK_BYTES, b"\0")
        # HMAC from two states that are there already: four times as fast as a call that begins with the key.
        self._inner, self._outer = (hashlib.sha256(padded.translate(pad)) for pad in (_IPAD, _OPAD))

    def pads(self, vendor_id: str, at: datetime) -> dict[str, bytes]:
        """Return `ipad` and `opad` of HMAC (RFC 2104), 64 bytes each, for the rows of this moment."""
        padded = self._moment(vendor_id, at).ljust(_BLOCK_BYTES, b"\0")
        return {"ipad": padded.translate(_IPAD), "opad": padded.translate(_OPAD)}

    def link(self, vendor_id: str, at: datetime, content: bytes) -> bytes:
        """Return the hash of a row: `content` is the hash before it, followed by the row."""
        return hmac.digest(self._moment(vendor_id, at), content, "sha256")

    def _moment(self, vendor_id: str, at: datetime) -> bytes:
        micros = (at - _EPOCH) // _MICROSECOND
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(b"%d %b" % (micros, vendor_id.encode()))
        outer.update(inner.digest())
        return outer.digest()


class Vault:
    """Seals and opens with a ring of keys; digests, and chains the history, with keys of their own.

    Args:
        ring: Key id → 32 bytes, newest first.
        digest_key: 32 bytes; see the module.
        chain_key: Of the history.
    """

    def __init__(
        self, ring: Mapping[str, bytes], digest_key: bytes = b"", chain_key: ChainKey | None = None
    ) -> None:
        self.chain_key = chain_key or ChainKey()
        self._ciphers = {key_id.encode(): AESGCM(key) for key_id, key in ring.items()}
        self._current = next(iter(self._ciphers))
        self._digest_key = digest_key

    def with_keys(self, digest_key: bytes, chain_key: ChainKey) -> "Vault":
        """Return the same vault with the installation's own keys."""
        other = object.__new__(Vault)
        other._ciphers, other._current, other._digest_key = self._ciphers, self._current, digest_key
        other.chain_key = chain_key
        return other

    def seal(self, plain: bytes, purpose: bytes) -> bytes:
        """Encrypt `plain`; `purpose` is bound to the value and must be the same when opening."""
        nonce = os.urandom(_NONCE_BYTES)
        head = bytes((_VERSION, len(self._current))) + self._current
        return head + nonce + self._ciphers[self._current].encrypt(nonce, plain, purpose)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        """Decrypt what `seal` returned.

        Raises:
            Sealed: The key is not in the ring, or the bytes were altered.
        """
        key_id, body = self._split(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise Sealed(f"sealed under key {key_id.decode(errors='replace')!r}, which is not in the ring")
        try:
            return cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], purpose)
        except InvalidTag as altered:
            raise Sealed("the sealed bytes do not verify") from altered

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether the newest key sealed this value."""
        return self._split(sealed)[0] == self._current

    def seal_packed(self, plain: bytes, purpose: bytes) -> bytes:
        """Compress, then encrypt; payloads of Coupang shrink to a third, order sheets to less."""
        # A copy, so that the words are not learnt anew for every row.
        packer = _PACKER.copy()
        return self.seal(packer.compress(plain) + packer.flush(), purpose)

    def open_packed(self, sealed: bytes, purpose: bytes) -> bytes:
        """Decrypt, then decompress what `seal_packed` returned.

        Raises:
            Sealed: As `open`; or what was sealed was not packed.
        """
        unpacker = zlib.decompressobj(zdict=_KNOWN_WORDS)
        packed = self.open(sealed, purpose)
        try:
            return unpacker.decompress(packed)
        except zlib.error as other:
            raise Sealed("the sealed bytes were not packed") from other

    def digest(self, content: bytes) -> bytes:
        """Return a 16-byte keyed digest; equal contents give equal digests in one installation."""
        return hashlib.blake2b(content, digest_size=16, key=self._digest_key).digest()

    @staticmethod
    def _split(sealed: bytes) -> tuple[bytes, bytes]:
        if len(sealed) < 2 or sealed[0] != _VERSION:
            raise Sealed("not a sealed value of this version")
        end = 2 + sealed[1]
        return sealed[2:end], sealed[end:]
