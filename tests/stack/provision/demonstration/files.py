"""Owners, modes, and files that are there as a whole or not at all.

Root works here in directories that belong to other users, who can put a link in the place of anything. So what is given
away is open first, and only a link that root made where nobody else can is followed on the way to it.
"""

import os
import pwd
import secrets
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

AS_IT_IS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class Refused(Exception):
    """Something is in the way that root does not touch."""


@contextmanager
def opened(path: Path | str, flags: int, folder: int | None = None, mode: int = 0o600) -> Iterator[int]:
    file = os.open(path, flags, mode, dir_fd=folder)
    try:
        yield file
    finally:
        os.close(file)


def of_root_alone(folder: int) -> bool:
    status = os.fstat(folder)
    return status.st_uid == 0 and not status.st_mode & 0o022


@contextmanager
def place_of(path: Path) -> Iterator[int]:
    """The directory that `path` is in, open."""
    folder = os.open("/", os.O_PATH | os.O_DIRECTORY)
    try:
        for name in path.absolute().parts[1:-1]:
            follow = 0 if of_root_alone(folder) else os.O_NOFOLLOW
            try:
                below = os.open(name, os.O_PATH | os.O_DIRECTORY | follow, dir_fd=folder)
            except NotADirectoryError as error:
                raise Refused(
                    f"{name} on the way to {path} is no directory, or a link that another user made"
                ) from error
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def give_open(file: int, owner: str, mode: int, group: str | None = None) -> None:
    """The group is that of the owner unless another user's is named."""
    status = os.fstat(file)
    if not stat.S_ISDIR(status.st_mode) and (not stat.S_ISREG(status.st_mode) or status.st_nlink > 1):
        raise Refused(f"not given to {owner}: neither a directory nor a file with one name")
    os.fchown(file, pwd.getpwnam(owner).pw_uid, pwd.getpwnam(group or owner).pw_gid)
    os.fchmod(file, mode)


def give(path: Path, owner: str, mode: int, group: str | None = None) -> None:
    """A file or a directory, never what a link points to."""
    with place_of(path) as folder, opened(path.name, AS_IT_IS, folder) as file:
        give_open(file, owner, mode, group)


def directory(path: Path, owner: str = "root", mode: int = 0o755) -> Path:
    """Makes it, where it is not there, and gives it owner and mode before it has its name."""
    if not path.is_dir():
        with place_of(path) as folder:
            new = f".new-{path.name}"
            try:
                os.mkdir(new, 0o700, dir_fd=folder)
            except FileExistsError:
                pass  # of a call that was killed
            with opened(new, AS_IT_IS | os.O_DIRECTORY, folder) as file:
                give_open(file, owner, mode)
            os.rename(new, path.name, src_dir_fd=folder, dst_dir_fd=folder)
    return path


def same(name: str, text: str, folder: int, owner: str, mode: int, group: str | None) -> bool:
    """Whether the file is there with this text; if so it has owner and mode afterwards."""
    try:
        with opened(name, AS_IT_IS, folder) as file:
            status = os.fstat(file)
            content = text.encode()
            if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or status.st_size != len(content):
                return False
            if os.pread(file, len(content), 0) != content:
                return False
            give_open(file, owner, mode, group)
            return True
    except OSError:
        return False  # not there, or a link


def write(path: Path, text: str, owner: str = "root", mode: int = 0o644, group: str | None = None) -> None:
    """The file has its mode before it has its text. What is there already and the same is left alone, with its time; a
    link is replaced."""
    with place_of(path) as folder:
        if same(path.name, text, folder, owner, mode, group):
            return
        new = f".new-{path.name}"
        try:
            os.unlink(new, dir_fd=folder)
        except FileNotFoundError:
            pass
        with opened(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, folder) as file:
            with open(file, "w", closefd=False) as stream:
                stream.write(text)
            give_open(file, owner, mode, group)
        os.rename(new, path.name, src_dir_fd=folder, dst_dir_fd=folder)


def secret(path: Path) -> str:
    """A password in a file for root alone, made once. Letters and digits, a letter first: it needs no quoting anywhere,
    and is taken for a number nowhere."""
    if not path.is_file():
        write(path, "s" + secrets.token_hex(20) + "\n", mode=0o600)
    return path.read_text().strip()
