"""Certificates for servers of tests, made anew each time and trusted by nobody who was not told to."""

from __future__ import annotations

import ssl
from base64 import encodebytes
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from Crypto.Util.asn1 import DerBitString, DerInteger, DerObjectId, DerOctetString, DerSequence

_ECDSA_WITH_SHA256: Final = DerSequence([DerObjectId("1.2.840.10045.4.3.2").encode()]).encode()
_COMMON_NAME: Final = DerObjectId("2.5.4.3").encode()


def server_for(name: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side of encryption, under a name.

    Args:
        name: The host that its certificate is for.
        folder: Where its files may lie.

    Returns:
        The context, and the file that whoever is to trust it needs.
    """
    key = ECC.generate(curve="P-256")
    private, public = folder / f"{name}.key", folder / f"{name}.pem"
    private.write_text(key.export_key(format="PEM"))
    public.write_text(_pem(_signed(key, name)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


def _signed(key: ECC.EccKey, name: str) -> bytes:
    """A certificate that signs itself (RFC 5280, 4.1)."""
    now = datetime.now(UTC)
    whose = DerSequence([_set_of(DerSequence([_COMMON_NAME, _tagged(0x0C, name.encode())]).encode())]).encode()
    names = DerSequence([_tagged(0x82, name.encode())]).encode()
    claims = DerSequence(
        [
            _tagged(0xA0, DerInteger(2).encode()),  # version 3
            DerInteger(int(now.timestamp())).encode(),
            _ECDSA_WITH_SHA256,
            whose,
            DerSequence([_instant(now - timedelta(hours=1)), _instant(now + timedelta(days=1))]).encode(),
            whose,
            key.public_key().export_key(format="DER"),
            _tagged(0xA3, DerSequence([_extension("2.5.29.17", names)]).encode()),  # subject alternative name
        ]
    ).encode()
    signature = DSS.new(key, "fips-186-3", encoding="der").sign(SHA256.new(claims))
    return DerSequence([claims, _ECDSA_WITH_SHA256, DerBitString(signature).encode()]).encode()


def _extension(number: str, value: bytes) -> bytes:
    return DerSequence([DerObjectId(number).encode(), DerOctetString(value).encode()]).encode()


def _instant(when: datetime) -> bytes:
    return _tagged(0x17, when.strftime("%y%m%d%H%M%SZ").encode())


def _set_of(value: bytes) -> bytes:
    return _tagged(0x31, value)


def _tagged(tag: int, payload: bytes) -> bytes:
    """A value under any tag, as DER writes it."""
    return bytes([tag]) + DerOctetString(payload).encode()[1:]


def _pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{encodebytes(der).decode()}-----END CERTIFICATE-----\n"
