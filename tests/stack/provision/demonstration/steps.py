"""A step: told with its seconds, done once, and done whole or not at all."""

import fcntl
import hashlib
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator


def say(text: str) -> None:
    print(f"provision: {text}", flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tells what takes so long, and at the end how long."""
    say(f"{what} …")
    began = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - began:.1f} s")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One at a time; a second one waits, and says so. The lock goes with its process."""
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another provision that holds {path}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fingerprint(*inputs: Path | str) -> str:
    """Of texts and of files, a directory's one by one with their names. What is made from others is another."""
    digest = hashlib.sha256()
    for item in inputs:
        if isinstance(item, str):
            digest.update(item.encode())
            continue
        for path in sorted(item.rglob("*")) if item.is_dir() else [item]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(item.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def made_whole(target: Path, mark: str, what: str, make: Callable[[Path], object]) -> None:
    """A directory made beside its place and then renamed: whatever is at `target` is whole. With another mark, which
    is in the file .made, it is made anew."""
    stamp = target / ".made"
    if stamp.is_file() and stamp.read_text() == mark:
        return
    new = target.with_name(f".new-{target.name}")
    with step(what):
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        make(new)
        (new / ".made").write_text(mark)
        if target.exists():
            shutil.rmtree(target)
        new.rename(target)


def made_in_place(target: Path, mark: str, what: str, make: Callable[[Path], object]) -> None:
    """For what cannot be renamed, since its files name it: the mark is written last; what has none is begun again."""
    stamp = target / ".made"
    if stamp.is_file() and stamp.read_text() == mark:
        return
    with step(what):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        make(target)
        stamp.write_text(mark)
