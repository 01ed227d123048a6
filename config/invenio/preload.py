"""Imports InvenioRDM's modules once, for all processes of a uWSGI.

uWSGI executes this before it forks (`shared-pyimport`). Each process then makes its own application, with its own
connections, out of modules that are there already: 1 s instead of 5, at the start and whenever a process is replaced.
"""

import importlib
import signal
from importlib.metadata import entry_points

# What an application is put together from. The first names most of the others; what it does not name is in the groups.
MODULES = ["invenio_app_rdm.config", "invenio_app.factory"]
GROUPS = ["invenio_base.apps", "invenio_base.api_apps", "invenio_base.blueprints", "invenio_base.api_blueprints"]


def load_all(modules: list[str], groups: list[str]) -> None:
    """What cannot be imported is told: if the application needs it, it fails with the same words."""
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:  # an import runs whatever code it finds
            print(f"preload: {module}: {error!r}", flush=True)
    for group in groups:
        for entry_point in entry_points(group=group):
            try:
                entry_point.load()
            except Exception as error:
                print(f"preload: {entry_point.value}: {error!r}", flush=True)


def mortal() -> None:
    """uWSGI ignores SIGTERM until its master runs. So long nothing is under way that a stop would break off."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        load_all(MODULES, GROUPS)
    finally:
        signal.signal(signal.SIGTERM, before)


mortal()
