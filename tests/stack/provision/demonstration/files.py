"""Owners, modes, and files that are there as a whole or not at all."""

import os
import pwd
import secrets
from pathlib import Path


def directory(path: Path, owner: str = "root", mode: int = 0o755) -> Path:
    """Makes it, where it is not there, and gives it owner and mode before it has its name."""
    if not path.is_dir():
        new = path.with_name(f".new-{path.name}")
        if new.is_dir():
            new.rmdir()
        new.mkdir()
        give(new, owner, mode)
        new.rename(path)
    return path


def give(path: Path, owner: str, mode: int, group: str | None = None) -> None:
    """The group is that of the owner unless another user's is named."""
    os.chown(path, pwd.getpwnam(owner).pw_uid, pwd.getpwnam(group or owner).pw_gid)
    path.chmod(mode)


def write(path: Path, text: str, owner: str = "root", mode: int = 0o644, group: str | None = None) -> None:
    """The file has its mode before it has its text. What is there already and the same is left alone, with its time."""
    if path.is_file() and path.read_text() == text:
        give(path, owner, mode, group)
        return
    new = path.with_name(f".new-{path.name}")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    give(new, owner, mode, group)
    new.rename(path)


def secret(path: Path) -> str:
    """A password in a file for root alone, made once. Letters and digits, a letter first: it needs no quoting anywhere,
    and is taken for a number nowhere."""
    if not path.is_file():
        write(path, "s" + secrets.token_hex(20) + "\n", mode=0o600)
    return path.read_text().strip()
