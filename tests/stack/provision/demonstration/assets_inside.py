"""Builds the pages, inside the virtual environment: assets_inside.py OVERLAY. Loaded once for all commands."""

import os
import shutil
import sys
from pathlib import Path

from flask.cli import ScriptInfo
from invenio_app.cli import cli
from invenio_app.factory import create_app

SCRIPT = ScriptInfo(create_app=create_app)


def invenio(*words: str) -> None:
    print(f"invenio {' '.join(words)}", flush=True)
    try:
        cli.main(args=list(words), prog_name="invenio", obj=SCRIPT, standalone_mode=False)
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"invenio {' '.join(words)} ended with {end.code}") from end


invenio("collect")
invenio("webpack", "create")
# The lock file, and what an instance of one's own adds to the theme.
shutil.copytree(sys.argv[1], Path(os.environ["INVENIO_INSTANCE_PATH"]) / "assets", dirs_exist_ok=True)
# CI=true makes pnpm take the versions of the lock file or fail.
invenio("webpack", "install")
invenio("webpack", "build")
