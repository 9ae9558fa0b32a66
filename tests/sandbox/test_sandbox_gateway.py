"""Signature, paths, methods, limits: what the gateway refuses, and with which body."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from app.clock import Frozen, fast, parse
from app.coupang.signing import Signature, authorization, signed_date
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from tests.support.sandbox_seller import ACCESS_KEY, PREFIX, SECRET_KEY, VENDOR, Seller, example, selling

QUERY = "createdAtFrom=2026-11-20%2B09:00&createdAtTo=2026-11-21%2B09:00&status=ACCEPT"
PATH = f"{PREFIX}/v5/vendors/{VENDOR}/ordersheets"


def same_but_for_transaction(answer: httpx.Response, name: str) -> None:
    known, got = example(name), answer.json()
    assert list(got) == list(known)
    assert str(UUID(got["transactionId"])) == got["transactionId"]
    assert (got["code"], got["message"]) == (known["code"], known["message"])


async def call(seller: Seller, header: str | None, query: str = QUERY) -> httpx.Response:
    headers = {"Authorization": header} if header is not None else {}
    return await seller.client.get(f"{PATH}?{query}", headers=headers)


def sign(at: datetime, *, access: str = ACCESS_KEY, secret: str = SECRET_KEY, query: str = QUERY) -> str:
    return authorization(access, secret, signed_date(at), "GET", PATH, query)


async def test_good_signature_passes(seller: Seller, clock: Frozen) -> None:
    assert (await call(seller, sign(clock.now()))).status_code == 200
    assert (await call(seller, sign(clock.now()).replace(", ", ","))).status_code == 200


async def test_refused_signatures(seller: Seller, clock: Frozen) -> None:
    now = clock.now()
    for header, name in [
        (None, "error_401_not_authorized"),
        (sign(now, secret="wrong"), "error_401_invalid_signature"),
        (sign(now, query=QUERY.replace("%2B", "+")), "error_401_invalid_signature"),
        (sign(now, query="?" + QUERY), "error_401_invalid_signature"),
        (sign(now, access="somebody"), "error_401_unknown_key"),
        (sign(now).replace("CEA ", "Bearer "), "error_401_hmac_format"),
        (sign(now).replace(signed_date(now), "2026-11-21T03:00:00Z"), "error_401_hmac_format"),
        (sign(now - timedelta(minutes=6)), "error_401_expired"),
        (sign(now + timedelta(minutes=6)), "error_401_expired"),
        # Seoul's time labelled Z: the classic mistake.
        (sign(now + timedelta(hours=9)), "error_401_expired"),
    ]:
        answer = await call(seller, header)
        assert answer.status_code == 401, name
        same_but_for_transaction(answer, name)
    assert (await call(seller, sign(now - timedelta(minutes=5)))).status_code == 200


async def test_signature_covers_the_raw_query(seller: Seller, clock: Frozen) -> None:
    """`%2B` signed as `%2B`; a colon signed plain but sent encoded is another query."""
    encoded = QUERY.replace(":", "%3A")
    answer = await call(seller, sign(clock.now(), query=QUERY), encoded)
    same_but_for_transaction(answer, "error_401_invalid_signature")
    assert (await call(seller, sign(clock.now(), query=encoded), encoded)).status_code == 200


async def test_signature_names_the_method(seller: Seller, clock: Frozen) -> None:
    path = seller.path("ordersheets/acknowledgement", "v4")
    header = authorization(ACCESS_KEY, SECRET_KEY, signed_date(clock.now()), "PUT", path, "")
    answer = await seller.client.patch(path, headers={"Authorization": header}, json={})
    same_but_for_transaction(answer, "error_401_invalid_signature")


async def test_reissued_keys_kill_the_old_ones(seller: Seller, world: World, clock: Frozen) -> None:
    world.add_vendor(VENDOR, "new-access", "new-secret")
    same_but_for_transaction(await call(seller, sign(clock.now())), "error_401_unknown_key")
    fresh = sign(clock.now(), access="new-access", secret="new-secret")
    assert (await call(seller, fresh)).status_code == 200


async def test_lifetime_is_meant_in_real_seconds() -> None:
    """On a clock 4000 times as fast, five virtual minutes would be 75 ms."""
    clock = parse(fast(datetime(2026, 11, 1, tzinfo=UTC), 4000.0))
    world = World(clock, rules=Rules(limit_per_second=0))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    async with selling(world, clock) as seller:
        hour_ago = clock.now() - timedelta(hours=1)
        assert (await call(seller, sign(hour_ago))).status_code == 200
        weeks_ago = clock.now() - timedelta(days=20)
        same_but_for_transaction(await call(seller, sign(weeks_ago)), "error_401_expired")


async def test_foreign_vendor_is_not_found(seller: Seller, world: World) -> None:
    world.add_vendor("A00054321", "other-access", "other-secret")
    seller.vendor_id = "A00054321"
    answer = await seller.day("ACCEPT")
    assert answer.status_code == 404
    same_but_for_transaction(answer, "error_404_wrong_path")


async def test_malformed_vendor_is_invalid(seller: Seller) -> None:
    for vendor_id in ("A1", "B00012345", "A0001234x"):
        seller.vendor_id = vendor_id
        answer = await seller.day("ACCEPT")
        assert (answer.status_code, answer.json()) == (400, example("error_400_invalid_vendor"))


async def test_unknown_paths_are_never_200(seller: Seller) -> None:
    for rest, version in [
        ("ordersheet", "v5"),
        ("ordersheets", "v3"),
        ("ordersheets/abc", "v5"),
        ("ordersheets/1/invoice", "v4"),
        ("orders/invoices", "v5"),
        ("ordersheets/acknowledgement/", "v4"),
    ]:
        answer = await seller.get(rest, version)
        assert answer.status_code == 404, rest
        same_but_for_transaction(answer, "error_404_wrong_path")
    auth = Signature(ACCESS_KEY, SECRET_KEY, seller.auth.now)
    wrong = await seller.client.get(PATH.replace("openapi", "openapy"), auth=auth)
    assert wrong.status_code == 404
    same_but_for_transaction(wrong, "error_404_provider")
    assert (await seller.client.get("/", auth=auth)).status_code == 404


async def test_wrong_method_asks_for_the_right_one(seller: Seller, world: World) -> None:
    for method, rest, version, wanted in [
        ("PUT", "orders/invoices", "v4", "POST"),
        ("POST", "ordersheets/acknowledgement", "v4", "PUT"),
        ("DELETE", "ordersheets", "v5", "GET"),
        ("HEAD", "ordersheets", "v5", None),
    ]:
        answer = await seller.send(method, rest, {}, version)
        assert answer.status_code == 412
        if wanted:
            message = answer.json()["message"]
            assert re.search(rf"PRECONDITION_FAILED.*did you mean.*{wanted}\?", message)
    world.set_rules(wrong_method_status=405)
    assert (await seller.send("PUT", "orders/invoices", {})).status_code == 405


async def test_gzip_only_when_asked(seller: Seller, world: World) -> None:
    world.order(VENDOR, count=3)
    packed = await seller.get(f"ordersheets?{QUERY}", headers={"Accept-Encoding": "gzip"})
    plain = await seller.get(f"ordersheets?{QUERY}", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert packed.headers["content-type"] == "application/json;charset=UTF-8"
    assert len(gzip.compress(plain.content)) < len(plain.content)


class Hands:
    """Real seconds, moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


async def test_ten_calls_in_a_second_are_banned(clock: Frozen, hands: Hands) -> None:
    world = World(clock, monotonic=hands)
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    world.add_vendor("A00000002", "two", "two")
    async with selling(world, clock) as seller:
        statuses = [(await seller.day("ACCEPT")).status_code for _ in range(10)]
        assert statuses == [200] * 9 + [429]
        answer = await seller.day("ACCEPT")
        same_but_for_transaction(answer, "error_429")
        assert "retry-after" not in answer.headers
        other = Seller(seller.client, clock, "A00000002", "two", "two")
        assert (await other.day("ACCEPT")).status_code == 200
        hands.at += 59.9
        assert (await seller.day("ACCEPT")).status_code == 429
        hands.at += 0.2
        assert (await seller.day("ACCEPT")).status_code == 200
    figures = world.report()["vendors"][VENDOR]
    assert figures["max_calls_in_a_second"] == 11
    assert figures["calls_while_banned"] == 2


async def test_nine_calls_in_a_second_pass_and_warn(clock: Frozen, hands: Hands) -> None:
    world = World(clock, monotonic=hands)
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    async with selling(world, clock) as seller:
        answers = []
        for _ in range(40):
            answers.append(await seller.day("ACCEPT"))
            hands.at += 1 / 9
        assert {answer.status_code for answer in answers} == {200}
        assert answers[20].headers["x-cag-warnings"] == "calls per second 9/10"
        assert "x-cag-warnings" not in answers[0].headers


async def test_persistent_abuse_is_blocked_for_good(clock: Frozen, hands: Hands) -> None:
    world = World(clock, monotonic=hands, rules=Rules(limit_per_second=2, abuse_calls=3))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    async with selling(world, clock) as seller:
        statuses = [(await seller.day("ACCEPT")).status_code for _ in range(6)]
        assert statuses == [200, 429, 429, 429, 302, 302]
        hands.at += 3_600
        answer = await seller.day("ACCEPT")
        assert (answer.status_code, answer.content) == (302, b"")
        world.pardon(VENDOR)
        assert (await seller.day("ACCEPT")).status_code == 200


async def test_calls_are_in_the_ledger(seller: Seller, world: World) -> None:
    await seller.day("ACCEPT")
    await seller.minute("ACCEPT", "2026-11-21T11:50", "2026-11-21T12:10")
    await seller.get("nowhere")
    report = world.report()
    assert report["calls_per_route"] == {"-": {"404": 1}, "O1": {"200": 1}, "O2": {"200": 1}}
    assert report["vendors"][VENDOR]["max_in_flight"] == 1


async def test_running_twice_on_one_port_fails(world: World) -> None:
    async with Running(world) as first:
        with pytest.raises(OSError, match="in use"):
            await Running(world, port=first.port).__aenter__()
