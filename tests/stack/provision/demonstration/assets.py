"""The pages' scripts and styles, built by InvenioRDM's own commands from the packages that the lock file names."""

import shutil
from pathlib import Path

from .files import give
from .layout import PINS, USER, Layout
from .programs import run
from .steps import fingerprint, made_whole
from .tools import Tools

INSIDE = Path(__file__).with_name("assets_inside.py")

# What the commands look at, and nothing of the real one: no server is there while they run.
SETTINGS = """SECRET_KEY = "only while the pages are built"
TRUSTED_HOSTS = ["localhost"]
INSTANCE_THEME_FILE = "./less/theme.less"
WEBPACKEXT_PROJECT = "invenio_assets.webpack:rspack_project"
"""


def own(folder: Path) -> None:
    folder.mkdir()
    give(folder, USER, 0o755)


def pnpm(tools: Tools, home: Path) -> Path:
    """pnpm, by lock file."""
    shutil.copytree(PINS / "pnpm", home)
    tools.npm("ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=home)
    return home / "node_modules/.bin"


def build(layout: Layout, tools: Tools, result: Path) -> None:
    """1300 packages of strangers run here: as the applications' user, who can write nothing that is kept but the
    result."""
    work = layout.cache / "pages-under-way"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    give(work, "root", 0o755)
    store = layout.cache / "pnpm"
    for folder in (work / "instance", work / "home"):
        own(folder)
    if not store.is_dir():
        own(store)
    (work / "instance/invenio.cfg").write_text(SETTINGS)
    path = f"{pnpm(tools, work / 'pnpm')}:{tools.node}:{layout.venv / 'bin'}:/usr/bin:/bin"
    shutil.copy(INSIDE, work)
    shutil.copytree(PINS / "assets", work / "overlay")
    run(
        [layout.venv / "bin/python", work / INSIDE.name, work / "overlay"],
        user=USER,
        cwd=work / "home",
        log=layout.cache / "pages.log",
        environment={
            "PATH": path,
            "HOME": str(work / "home"),
            "CI": "true",
            "npm_config_store_dir": str(store),
            "INVENIO_INSTANCE_PATH": str(work / "instance"),
            "INVENIO_WEBPACKEXT_NPM_PKG_CLS": "pynpm:PNPMPackage",
        },
    )
    shutil.copytree(work / "instance/static", result, dirs_exist_ok=True, symlinks=True)
    shutil.rmtree(work)


def provide(layout: Layout, tools: Tools) -> None:
    """In the cache, and from there into the stack; root's."""
    mark = fingerprint(PINS / "assets", PINS / "pnpm", PINS / "requirements.txt", PINS / "tools.txt", INSIDE)
    cached = layout.cache / "pages"
    made_whole(cached, mark, "scripts and styles of the pages", lambda new: build(layout, tools, new))
    made_whole(
        layout.instance / "static",
        mark,
        "scripts and styles, copied",
        lambda new: shutil.copytree(cached, new, dirs_exist_ok=True, symlinks=True),
    )
