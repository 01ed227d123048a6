"""What is asked for on the command line."""

import argparse
import os
import re
from dataclasses import dataclass
from pathlib import Path

from .layout import PORTS

DEFAULT_CACHE = "/var/cache/holdfast-demonstration"


@dataclass(frozen=True)
class Options:
    directory: Path
    port: int
    name: str
    cache: Path


def directory(text: str) -> Path:
    """The path is written unquoted into the files of seven programs: none of these characters has a meaning in any."""
    if not re.fullmatch(r"/[A-Za-z0-9/._-]*", text):
        raise argparse.ArgumentTypeError(f"must be an absolute path of letters, digits and /._- only, not: {text}")
    return Path(text)


def port(text: str) -> int:
    highest = 65536 - PORTS
    if not text.isdecimal() or not 1024 <= int(text) <= highest:
        raise argparse.ArgumentTypeError(f"must be a number from 1024 to {highest}, not: {text}")
    return int(text)


def name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,62}", text):
        raise argparse.ArgumentTypeError(f"must be a small letter, then small letters, digits and dashes, not: {text}")
    return text


def parse(words: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(
        prog="provision", description="Makes the demonstration stack below DIRECTORY, or what is missing of it."
    )
    parser.add_argument("directory", type=directory, metavar="DIRECTORY", help="absolute; all of the stack is below it")
    parser.add_argument(
        "--port",
        type=port,
        default=8443,
        help=f"of https://localhost; the first of {PORTS} in a row on 127.0.0.1 (8443)",
    )
    parser.add_argument("--name", type=name, default="demonstration", help="what the stack is called (demonstration)")
    parser.add_argument(
        "--cache",
        type=directory,
        default=os.environ.get("HOLDFAST_DEMONSTRATION_CACHE", DEFAULT_CACHE),
        help=f"where downloads are kept between runs ($HOLDFAST_DEMONSTRATION_CACHE, else {DEFAULT_CACHE})",
    )
    given = parser.parse_args(words)
    return Options(given.directory, given.port, given.name, given.cache)
