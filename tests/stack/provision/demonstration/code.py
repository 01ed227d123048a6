"""The virtual environment with InvenioRDM and uWSGI, by hash."""

from pathlib import Path

from .layout import PINS, Layout
from .steps import fingerprint, made_in_place
from .tools import PYTHON, Tools


def provide(layout: Layout, tools: Tools) -> None:
    """Root's, with the compiled files in it: who runs it can write nothing there."""
    requirements, build = PINS / "requirements.txt", PINS / "build.txt"

    def make(venv: Path) -> None:
        tools.uv("venv", "--allow-existing", "--python", PYTHON, venv)
        # A hard link into the cache would give two stacks the same file.
        tools.uv("pip", "install", "--python", venv / "bin/python", "--link-mode=copy", "--compile-bytecode", "--require-hashes",
                 "--build-constraints", build, "--requirement", requirements)

    made_in_place(layout.venv, fingerprint(requirements, build, str(layout.venv)), "InvenioRDM and uWSGI", make)
