"""The order of the steps."""

import os
import pwd
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import assets, certificates, code, configuration, databases, opensearch, passwords
from .files import Refused, directory, write
from .layout import BUILDER, USER, Layout, Ports
from .options import Options, parse
from .programs import Failed, run
from .steps import locked, say
from .tools import Tools

# The programs of Debian that are used here or run in the stack; packaging/dependencies --demonstration brings them.
PROGRAMS = (
    "/usr/bin/python3",
    "/usr/bin/mvn",
    "/usr/bin/openssl",
    "/usr/bin/gcc",
    "/usr/sbin/nginx",
    "/usr/bin/redis-server",
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/usr/lib/postgresql/15/bin/initdb",
    f"{configuration.JAVA}/bin/java",
)


# In DIRECTORY and in the cache. What is below one without it was put there by somebody else.
MARKER = ".holdfast-demonstration"


def look_first(options: Options) -> None:
    if os.geteuid() != 0:
        raise Refused("must be root: each server runs as its own user")
    if missing := [program for program in PROGRAMS if not Path(program).exists()]:
        raise Refused(f"not installed: {', '.join(missing)}; packaging/dependencies --run --demonstration brings them")
    for path in (options.directory, options.cache):
        look_at(path)


def look_at(path: Path) -> None:
    """That `path` is ours or free, and that all users reach it. What is ours is replaced and removed as need be."""
    for place in (path, *path.parents):
        if place.exists() and not place.stat().st_mode & 0o001:
            raise Refused(
                f"the servers' users cannot reach what is in {place}; choose a directory elsewhere than {path}"
            )
    if not path.exists():
        return
    # What another user owns is not a place for root's code.
    if path.stat().st_uid != 0:
        raise Refused(f"{path} belongs to another user")
    if not path.is_dir():
        raise Refused(f"{path} is not a directory")
    if any(path.iterdir()) and not (path / MARKER).is_file():
        raise Refused(
            f"{path} has something in it and was not made by this program (no {MARKER} in it); choose another directory"
        )


def claim(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    write(path / MARKER, "Made by holdfast/tests/stack/provision, which replaces and removes what is here.\n")


def make_user(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        say(f"making the system user {name}")
        run(
            [
                "useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
                "--shell",
                "/usr/sbin/nologin",
                name,
            ]
        )


def provide(options: Options) -> Path:
    layout = Layout(options.directory, options.cache, Ports.starting_at(options.port), options.name)
    with locked(options.cache / ".lock"):
        tools = Tools(options.cache)
        # One waits for the network while the other builds.
        with ThreadPoolExecutor() as beside:
            search = beside.submit(opensearch.provide, layout)
            code.provide(layout, tools)
            directory(layout.instance)
            assets.provide(layout, tools)
            search.result()
    certificates.provide(layout)
    secrets = passwords.provide(layout)
    databases.provide(layout, secrets)
    return configuration.provide(layout, secrets)


def main() -> int:
    os.umask(0o022)
    options = parse()
    began = time.monotonic()
    try:
        look_first(options)
        for path in (options.directory, options.cache):
            claim(path)
        for user in (USER, BUILDER):
            make_user(user)
        file = provide(options)
    except (Refused, Failed, configuration.NotInExample, OSError, ValueError) as error:
        print(f"provision: {error}", file=sys.stderr)
        return 1
    say(f"all is in {options.directory} after {time.monotonic() - began:.1f} s; holdfast run --config {file}")
    return 0
