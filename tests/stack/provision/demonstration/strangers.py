"""Programs of strangers: run by a user of their own who can write nothing that is kept, and what they made is looked at
before it is root's."""

import os
import pwd
import shutil
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from .files import AS_IT_IS, Refused, give, opened
from .layout import BUILDER
from .programs import run

# They see no process but their own, gain no rights by a setuid program, and all end when the first one does, or when
# this program is killed.
ALONE = ("unshare", "--fork", "--pid", "--mount-proc", "--kill-child", "setpriv", "--no-new-privs", "--inh-caps=-all")


def run_as_builder(
    words: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str], log: Path | None = None
) -> None:
    user = pwd.getpwnam(BUILDER)
    who = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    run([*ALONE, *who, "--", *words], cwd=cwd, environment={"HOME": "/nonexistent", **environment}, log=log)


@contextmanager
def workshop(place: Path) -> Iterator[Path]:
    """A directory of root's that is empty at first and gone afterwards; it is left there after a failure."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    yield place
    shutil.rmtree(place)


def builders(folder: Path) -> Path:
    """A directory of the builder's; one that another user could write is begun again."""
    if folder.exists() and folder.stat().st_uid != pwd.getpwnam(BUILDER).pw_uid:
        shutil.rmtree(folder)
    folder.mkdir(exist_ok=True)
    give(folder, BUILDER, 0o755)
    return folder


def take(source: Path, target: Path, owner: str = BUILDER) -> None:
    """Copies the tree that `owner` wrote at `source` into the directory `target`: files and directories, as root's, with
    modes of ours. Raises Refused for anything else in it: a link, a pipe, what belongs to another user. Nobody may write
    to it meanwhile."""
    with opened(source, AS_IT_IS | os.O_DIRECTORY) as folder:
        _take_below(folder, source, target, pwd.getpwnam(owner).pw_uid)


def _take_below(folder: int, source: Path, target: Path, owner: int) -> None:
    for name in sorted(os.listdir(folder)):
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if status.st_uid != owner or not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise Refused(f"{source / name} is not copied: neither a file nor a directory of the user that built it")
        with opened(name, AS_IT_IS, folder) as item:
            if stat.S_ISDIR(status.st_mode):
                (target / name).mkdir()
                (target / name).chmod(0o755)
                _take_below(item, source / name, target / name, owner)
            else:
                _take_file(item, target / name)


def _take_file(item: int, target: Path) -> None:
    with opened(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
        with open(item, "rb", closefd=False) as from_, open(file, "wb", closefd=False) as to:
            shutil.copyfileobj(from_, to)
        os.fchmod(file, 0o644)
