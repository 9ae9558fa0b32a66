"""Certificates for `--tls`: an authority of this machine's own and what it signs for the gateway's host.

Clients whose host is written into them call `https://api-gateway.coupang.com`. They reach the sandbox by a
line in their hosts file and trust it by trusting this authority, which may vouch for the named hosts only.
"""

import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.clock import Real

HOSTS = ("api-gateway.coupang.com", "localhost", "127.0.0.1", "::1")
"""Whom the certificate names in any case."""
LIFE = timedelta(days=397)
"""Longest life that clients accept of a certificate."""
_EARLY = timedelta(days=1)
"""Clocks that run behind must be able to trust a new certificate."""
_RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Identity:
    """Files of the server.

    Attributes:
        certificate: The server's certificate, PEM.
        key: Its private key, PEM, readable by the owner only.
        authority: The certificate that clients are to trust, PEM.
    """

    certificate: Path
    key: Path
    authority: Path


def identity(directory: Path, hosts: Iterable[str] = (), *, now: datetime | None = None) -> Identity:
    """Return the certificate in `directory`, made anew when there is none that will do.

    The authority's own key is thrown away once it has signed: nobody can sign with it later, and a new
    certificate needs to be trusted again.

    Args:
        directory: Where the files lie; made when missing.
        hosts: More host names or IP addresses that the certificate shall name.
        now: The present real time.
    """
    now = now or Real().now()
    named = [*dict.fromkeys((*HOSTS, *hosts))]
    files = Identity(directory / "server.pem", directory / "server.key", directory / "ca.pem")
    if not _will_do(files, named, now):
        directory.mkdir(parents=True, exist_ok=True)
        _make(files, named, now)
    return files


def _will_do(files: Identity, hosts: list[str], now: datetime) -> bool:
    try:
        served = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
        served.verify_directly_issued_by(x509.load_pem_x509_certificate(files.authority.read_bytes()))
        names = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    fresh = served.not_valid_before_utc <= now < served.not_valid_after_utc - _RENEW_BEFORE
    return fresh and served.public_key() == key.public_key() and set(_names(hosts)) <= set(names)


def _make(files: Identity, hosts: list[str], now: datetime) -> None:
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Sandbox of this machine {now:%Y-%m-%d}")])
    names = _names(hosts)
    # It may vouch for these hosts and nothing else, whoever trusts it.
    permitted: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_network(one.value)) if isinstance(one, x509.IPAddress) else one
        for one in names
    ]
    authority = (
        _begin(issuer, issuer, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    served = (
        _begin(subject, issuer, key.public_key(), now)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(files.key, secret, 0o600)
    _write(files.certificate, served.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(files.authority, authority.public_bytes(serialization.Encoding.PEM), 0o644)


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now - _EARLY + LIFE)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(hosts: list[str]) -> list[x509.GeneralName]:
    return [_name(one) for one in hosts]


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, data: bytes, mode: int) -> None:
    # Written beside and moved, with its mode from the start: a key is never readable by others.
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    beside.replace(path)
