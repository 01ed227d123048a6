"""A certificate authority of the stack's own, and the server's certificate. Both are made anew before they expire."""

from pathlib import Path

from .files import directory, give
from .layout import Layout
from .programs import Failed, run
from .steps import step

DAYS = 365
RENEWED_BEFORE = 30 * 24 * 60 * 60
# Who trusts the authority trusts it for nothing else: its key lies on this machine.
NAMES = "permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0"


def good(certificate: Path) -> bool:
    """There, and for some time to come."""
    if not certificate.is_file():
        return False
    try:
        run(["openssl", "x509", "-in", certificate, "-noout", "-checkend", str(RENEWED_BEFORE)])
    except Failed:
        return False
    return True


def constrained(authority: Path) -> bool:
    return "DNS:localhost" in run(["openssl", "x509", "-in", authority, "-noout", "-ext", "nameConstraints"])


def good_authority(certificate: Path) -> bool:
    return good(certificate) and constrained(certificate)


def openssl(folder: Path, *words: str) -> None:
    run(["openssl", *words], cwd=folder)


def make_authority(folder: Path) -> None:
    openssl(
        folder,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        str(DAYS),
        "-subj",
        "/CN=Holdfast demonstration",
        "-keyout",
        "ca.key",
        "-out",
        "new.crt",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
        "-addext",
        f"nameConstraints=critical,{NAMES}",
    )
    give(folder / "ca.key", "root", 0o600)
    (folder / "new.crt").rename(folder / "ca.crt")


def make_server(folder: Path) -> None:
    openssl(
        folder,
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
        "server.key",
        "-out",
        "server.csr",
    )
    give(folder / "server.key", "root", 0o600)
    (folder / "extensions").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n"
    )
    openssl(
        folder,
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        str(DAYS),
        "-extfile",
        "extensions",
        "-out",
        "new.crt",
    )
    (folder / "new.crt").rename(folder / "server.crt")


def provide(layout: Layout) -> None:
    """tls/ca.crt is what a browser must trust; the keys are for root alone."""
    folder = directory(layout.tls)
    if good_authority(folder / "ca.crt") and good(folder / "server.crt"):
        return
    with step("certificates"):
        if not good_authority(folder / "ca.crt"):
            make_authority(folder)
        make_server(folder)
