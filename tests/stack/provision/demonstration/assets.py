"""The pages' scripts and styles, built by InvenioRDM's own commands from the packages that the lock file names."""

import shutil
from pathlib import Path

from .files import give
from .layout import BUILDER, PINS, Layout
from .steps import fingerprint, made_whole
from .strangers import builders, run_as_builder, take, workshop
from .tools import Tools

INSIDE = Path(__file__).with_name("assets_inside.py")

# What the commands look at, and nothing of the real one: no server is there while they run.
SETTINGS = """SECRET_KEY = "only while the pages are built"
TRUSTED_HOSTS = ["localhost"]
INSTANCE_THEME_FILE = "./less/theme.less"
WEBPACKEXT_PROJECT = "invenio_assets.webpack:rspack_project"
"""


def pnpm(tools: Tools, home: Path) -> Path:
    """pnpm, by lock file."""
    shutil.copytree(PINS / "pnpm", home)
    tools.npm("ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=home)
    return home / "node_modules/.bin"


def build(layout: Layout, tools: Tools, result: Path) -> None:
    """1300 packages of strangers run here."""
    with workshop(layout.cache / "pages-under-way") as work:
        instance = work / "instance"
        instance.mkdir()
        (instance / "invenio.cfg").write_text(SETTINGS)
        builders(work / "home")
        store = builders(layout.cache / "pnpm")
        path = f"{pnpm(tools, work / 'pnpm')}:{tools.node}:{layout.venv / 'bin'}:/usr/bin:/bin"
        shutil.copy(INSIDE, work)
        shutil.copytree(PINS / "assets", work / "overlay")
        give(instance, BUILDER, 0o755)
        run_as_builder(
            [layout.venv / "bin/python", work / INSIDE.name, work / "overlay"],
            cwd=work / "home",
            log=layout.cache / "pages.log",
            environment={
                "PATH": path,
                "HOME": str(work / "home"),
                "CI": "true",
                "npm_config_store_dir": str(store),
                "INVENIO_INSTANCE_PATH": str(instance),
                "INVENIO_WEBPACKEXT_NPM_PKG_CLS": "pynpm:PNPMPackage",
            },
        )
        take(instance / "static", result)


def provide(layout: Layout, tools: Tools) -> None:
    """In the cache, and from there into the stack; root's."""
    mark = fingerprint(PINS / "assets", PINS / "pnpm", PINS / "requirements.txt", PINS / "tools.txt", INSIDE)
    cached = layout.cache / "pages"
    made_whole(cached, mark, "scripts and styles of the pages", lambda new: build(layout, tools, new))
    made_whole(
        layout.instance / "static",
        mark,
        "scripts and styles, copied",
        lambda new: take(cached, new, owner="root"),
    )
