"""Running another program, with its words kept for the case that it fails."""

import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Mapping, Sequence

# Nothing of the caller's environment but how to reach the registries.
PASSED = (
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "PIP_CERT",
    "PIP_INDEX_URL",
    "PIP_DEFAULT_TIMEOUT",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "NPM_CONFIG_REGISTRY",
    "NODE_EXTRA_CA_CERTS",
)


class Failed(Exception):
    """A program ended with something else than 0; its last words were told."""


def run(
    words: Sequence[str | Path],
    *,
    user: str | None = None,
    cwd: Path | str = "/",
    text: str | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> str:
    """Runs it to its end, as `user` if one is named. Returns what it printed; a failure shows the end of that."""
    variables = {key: os.environ[key] for key in PASSED if key in os.environ}
    variables |= {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent" if user else "/root",
    }
    variables |= environment or {}
    entry = pwd.getpwnam(user) if user else None
    ended = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=variables,
        input=text or "",
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        umask=0o022,
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
    )
    if log:
        log.write_text(ended.stdout)
    if ended.returncode != 0:
        last = "\n".join(ended.stdout.splitlines()[-30:])
        print(last, file=sys.stderr)
        raise Failed(
            f"{Path(words[0]).name} failed (exit {ended.returncode})" + (f"; all it said is in {log}" if log else "")
        )
    return ended.stdout
