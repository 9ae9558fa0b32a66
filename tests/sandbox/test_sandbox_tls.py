"""HTTPS for clients whose host is written into them: a certificate made here, and nothing else to trust."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from app.clock import Frozen
from app.sandbox.http.server import Running
from app.sandbox.http.tls import HOSTS, Identity, identity
from app.sandbox.world.world import World
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR, Seller

GATEWAY = "api-gateway.coupang.com"


@pytest.fixture
def made(tmp_path: Path) -> Identity:
    return identity(tmp_path / "tls")


def trusting(made: Identity) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=made.authority)


async def test_a_client_that_trusts_the_authority_sells_over_https(
    world: World, clock: Frozen, made: Identity
) -> None:
    async with Running(world, tls=made) as sandbox:
        assert sandbox.url.startswith("https://127.0.0.1:")
        async with httpx.AsyncClient(base_url=sandbox.url, verify=trusting(made)) as client:
            seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
            assert (await seller.day("ACCEPT")).status_code == 200
            assert (await client.get("/_sandbox/")).json()["vendors"] == [VENDOR]
            world.add_fault("drop_after")
            with pytest.raises(httpx.RemoteProtocolError):
                await seller.day("ACCEPT")
            assert (await seller.day("ACCEPT")).status_code == 200


@pytest.mark.parametrize("host", [GATEWAY, "localhost"])
async def test_the_host_that_is_written_into_a_client_is_the_certificates(
    world: World, made: Identity, host: str
) -> None:
    """What a line in the hosts file does: the name is the gateway's, the address this machine's."""
    async with Running(world, tls=made) as sandbox:

        async def ask(name: str) -> httpx.Response:
            async with httpx.AsyncClient(verify=trusting(made)) as client:
                return await client.get(f"{sandbox.url}/_sandbox/health", extensions={"sni_hostname": name})

        assert (await ask(host)).json() == {"status": "ok"}
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await ask("example.com")


async def test_nobody_else_is_believed(world: World, made: Identity) -> None:
    async with Running(world, tls=made) as sandbox, httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(sandbox.url)


def test_the_key_is_the_owners_and_the_authority_cannot_vouch_for_others(made: Identity) -> None:
    assert made.key.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in made.key.parent.iterdir()) == ["ca.pem", "server.key", "server.pem"]
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    allowed = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert allowed.critical
    names = {str(one.value) for one in allowed.value.permitted_subtrees or ()}
    assert names == {GATEWAY, "localhost", "127.0.0.1/32", "::1/128"}
    served = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    assert served.not_valid_after_utc - served.not_valid_before_utc <= timedelta(days=398)


def test_a_certificate_is_kept_until_it_will_not_do(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    made = identity(tmp_path, now=now)
    first = made.certificate.read_bytes()
    assert identity(tmp_path, now=now + timedelta(days=300)).certificate.read_bytes() == first
    # Another name, its end in sight, a broken file, a key of something else: a new one each time.
    identity(tmp_path, ["sandbox.example"], now=now)
    named = made.certificate.read_bytes()
    assert named != first
    served = x509.load_pem_x509_certificate(named)
    names = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [GATEWAY, "localhost", "sandbox.example"]
    identity(tmp_path, ["sandbox.example"], now=now + timedelta(days=380))
    later = made.certificate.read_bytes()
    assert later != named
    made.certificate.write_bytes(b"nonsense")
    identity(tmp_path)
    assert made.certificate.read_bytes().startswith(b"-----BEGIN CERTIFICATE")
    made.key.write_bytes(identity(tmp_path / "other").key.read_bytes())
    identity(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    assert len(HOSTS) == 4
