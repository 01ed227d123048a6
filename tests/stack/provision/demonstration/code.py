"""The virtual environment with InvenioRDM and uWSGI, by hash."""

from pathlib import Path

from .layout import PINS, Layout
from .programs import run
from .steps import fingerprint, made_in_place, made_whole
from .tools import PYTHON, Tools


def provide(layout: Layout, tools: Tools) -> None:
    """Root's, with the compiled files in it: who runs it can write nothing there. Made once in the cache, and from
    there into the stack, which is possible since its scripts find Python beside themselves (--relocatable)."""
    requirements, build = PINS / "requirements.txt", PINS / "build.txt"

    def make(venv: Path) -> None:
        tools.uv("venv", "--allow-existing", "--relocatable", "--python", PYTHON, venv)
        tools.uv(
            "pip",
            "install",
            "--python",
            venv / "bin/python",
            "--link-mode=copy",
            "--compile-bytecode",
            "--require-hashes",
            "--build-constraints",
            build,
            "--requirement",
            requirements,
        )

    mark = fingerprint(requirements, build, Path(__file__))
    cached = layout.cache / "venv"
    made_in_place(cached, mark, "InvenioRDM and uWSGI", make)
    made_whole(
        layout.venv,
        mark,
        "InvenioRDM and uWSGI, copied",
        lambda new: run(["cp", "--archive", "--no-target-directory", cached, new]),
    )
