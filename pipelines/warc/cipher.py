"""Cipher suites by their IANA names, which WARC-Cipher-Suite asks for, from the names OpenSSL gives."""

from __future__ import annotations

import re

_BULK = re.compile(
    r"(?P<prefix>.*?)-?(?P<bulk>(?:AES|ARIA|CAMELLIA)(?P<bits>128|256)|CHACHA20-POLY1305|DES-CBC3|SEED|RC4|NULL)"
    r"(?P<rest>(?:-.*)?)\Z"
)


def iana_name(name: str) -> str:
    """The IANA name: "ECDHE-RSA-AES128-GCM-SHA256" -> "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"; TLS 1.3 has one name.

    A name that does not follow OpenSSL's scheme is given back as it is.
    """
    found = _BULK.match(name)
    if name.startswith("TLS_") or found is None:
        return name
    exchange = _exchange(found["prefix"])
    rest = found["rest"].strip("-").split("-")
    bulk = found["bulk"]
    if bulk == "CHACHA20-POLY1305":
        return f"TLS_{exchange}_WITH_CHACHA20_POLY1305_SHA256"
    if bulk == "DES-CBC3":
        return f"TLS_{exchange}_WITH_3DES_EDE_CBC_{rest[-1]}"
    if bulk == "RC4":
        return f"TLS_{exchange}_WITH_RC4_128_{rest[-1]}"
    if bulk == "NULL":
        return f"TLS_{exchange}_WITH_NULL_{rest[-1]}"
    if bulk == "SEED":
        return f"TLS_{exchange}_WITH_SEED_CBC_{rest[-1]}"
    cipher = f"{bulk.removesuffix(found['bits'])}_{found['bits']}"
    match rest:
        case ["CCM8"]:
            mode = "CCM_8"
        case ["CCM"]:
            mode = "CCM"
        case ["GCM", digest]:
            mode = f"GCM_{digest}"
        case [digest] | ["CBC", digest]:
            mode = f"CBC_{digest}"
        case _:
            return name
    return f"TLS_{exchange}_WITH_{cipher}_{mode}"


def _exchange(prefix: str) -> str:
    """Key exchange and authentication; OpenSSL leaves RSA out in places."""
    if prefix in {"", "DHE", "ECDHE"}:
        return f"{prefix}_RSA".strip("_")
    named = prefix.replace("ADH", "DH-anon").replace("AECDH", "ECDH-anon").replace("EDH", "DHE")
    return named.replace("-", "_")
