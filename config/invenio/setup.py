"""First set-up and upgrade of an InvenioRDM: its own commands, in their order, in one process.

    python setup.py setup|upgrade MEMORY

Each step is told with its seconds. MEMORY is a file that remembers which steps are done in which database: a call after
a failure goes on with the first one that is not. Beyond that, each step looks whether its work is there already.
Nothing is ever dropped or emptied: an index that must be made anew, and a database to begin again with, are an
operator's business. Nothing is overwritten either, but for one case: when the loading of the vocabularies was cut short,
the next call writes all their entries again as they are in the files, and says so.

The vocabularies are loaded here and not by the worker, so that the end of this is the end of the set-up.
"""

import json
import os
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Mapping

# Before the application is made: tasks run here and now, and one that fails is a failure of its step.
os.environ["INVENIO_CELERY_TASK_ALWAYS_EAGER"] = "True"
os.environ["INVENIO_CELERY_TASK_EAGER_PROPAGATES"] = "True"
# Else each entry of each vocabulary is told.
os.environ["INVENIO_LOGGING_CONSOLE_LEVEL"] = "WARNING"

from flask import current_app
from flask.cli import ScriptInfo
from invenio_access.models import ActionRoles
from invenio_accounts.models import Role, User
from invenio_app.cli import cli
from invenio_app.factory import create_app
from invenio_db import db
from invenio_files_rest.models import Location
from invenio_oaiserver.models import OAISet
from invenio_oauth2server.models import Token
from invenio_search import current_search, current_search_client
from invenio_search.utils import build_alias_name
from invenio_vocabularies.records.models import VocabularyType
from sqlalchemy import inspect, text

CANARY = "canary@example.org"


@dataclass(frozen=True)
class Step:
    """What is to be done once; `needed` looks whether it is."""

    name: str
    do: Callable[[], None]
    needed: Callable[[], bool] = lambda: True


def unchanged(settings: Mapping[str, object]) -> list[str]:
    """Names of the settings that still are what the example says, which anybody can read."""
    return sorted(name for name, value in settings.items() if isinstance(value, str) and "CHANGE-ME" in value)


def invenio(*words: str) -> None:
    """Runs a command of InvenioRDM in this process; it ends well or raises."""
    try:
        cli.main(args=list(words), prog_name="invenio", obj=SCRIPT, standalone_mode=False)
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"invenio {' '.join(words)} ended with {end.code}") from end


class Memory:
    """The steps that are done, in a file; those of another database do not count."""

    def __init__(self, path: Path, purpose: str) -> None:
        self.path = path
        self.subject = f"{purpose} of {database_identity()}"
        self.done: dict[str, float] = {}
        self.cut_short: str | None = None
        if path.exists():
            stored = json.loads(path.read_text())
            if stored["subject"] == self.subject:
                self.done, self.cut_short = stored["done"], stored["begun"]

    def begin(self, name: str) -> None:
        self._write(begun=name)

    def finish(self, name: str, seconds: float) -> None:
        self.done[name] = seconds
        self._write(begun=None)

    def forget(self) -> None:
        self.path.unlink()

    def _write(self, begun: str | None) -> None:
        new = self.path.with_suffix(".new")
        with open(new, "w") as file:
            json.dump({"subject": self.subject, "done": self.done, "begun": begun}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)


def database_identity() -> str:
    """Another cluster, or a database that was made anew in it, is another one."""
    row = db.session.execute(
        text(
            "select system_identifier, oid, datname from pg_control_system(), pg_database"
            " where datname = current_database()"
        )
    ).one()
    db.session.rollback()
    return f"database {row.datname} ({row.oid}) of cluster {row.system_identifier}"


def role() -> Role | None:
    return Role.query.filter_by(name="admin").one_or_none()


def superuser_is_allowed() -> bool:
    admin = role()
    return bool(admin and ActionRoles.query.filter_by(action="superuser-access", role_id=admin.id).count())


def missing_indices() -> list[str]:
    return [
        name
        for name in current_search.mappings
        if not current_search_client.indices.exists_alias(name=build_alias_name(name))
        and not current_search_client.indices.exists(index=build_alias_name(name))
    ]


def make_indices() -> None:
    # --force leaves those that are there as they are; what it ignores besides shows here.
    invenio("index", "init", "--force")
    if missing := missing_indices():
        raise RuntimeError(f"OpenSearch refused the indices {', '.join(missing)}; its log says why")


def missing_oai_sets() -> list[dict]:
    """`invenio rdm fixtures` fails at the first set that is there."""
    from invenio_app_rdm import fixtures

    folders = [Path(current_app.instance_path) / "app_data", Path(fixtures.__file__).parent / "data"]
    wanted = fixtures.OAICustomSets(folders, "oai_sets.yaml").read() or []
    return [entry for entry in wanted if not OAISet.query.filter_by(spec=entry["spec"]).count()]


def make_oai_sets() -> None:
    from invenio_access.permissions import system_identity
    from invenio_rdm_records.proxies import current_oaipmh_server_service

    for entry in missing_oai_sets():
        current_oaipmh_server_service.create(system_identity, entry)


def load_vocabularies(again: bool) -> None:
    """A vocabulary that is there is passed over, although it may be half of one after a call that was cut short. So, and
    only then, its entries are written again from the files: what is missing comes, what was edited meanwhile is lost."""
    if again:
        print("         it was cut short: entries that are there are written again from the files", flush=True)
        # In some vocabularies (names, subjects) entries that are there are refused one by one instead, which is no failure.
        celery = current_app.extensions["flask-celeryext"].celery
        celery.conf.task_eager_propagates = False
        for vocabulary in [found.id for found in VocabularyType.query.all()]:
            invenio("rdm-records", "add-to-fixture", vocabulary)
        celery.conf.task_eager_propagates = True
    invenio("rdm-records", "fixtures")


def canary() -> User | None:
    return User.query.filter_by(email=CANARY).one_or_none()


def canary_has_token() -> bool:
    wanted, user = os.environ["INVENIO_CANARY_TOKEN"], canary()
    return user is not None and any(token.access_token == wanted for token in Token.query.filter_by(user_id=user.id))


def make_canary() -> None:
    """A user without any rights of its own, and a token that both sides know already."""
    user = canary()
    if user is None:
        invenio("users", "create", CANARY, "--password", secrets.token_urlsafe(24), "--active", "--confirm")
        user = User.query.filter_by(email=CANARY).one()
    with db.session.begin_nested():
        token = Token.create_personal("holdfast", user.id, scopes=[], is_internal=False)
        token.access_token = os.environ["INVENIO_CANARY_TOKEN"]
    db.session.commit()


def both_custom_fields() -> None:
    invenio("rdm-records", "custom-fields", "init")
    invenio("communities", "custom-fields", "init")


def setup_steps(memory: Memory) -> list[Step]:
    data = str(Path(current_app.instance_path) / "data")
    steps = [
        # The table of migrations is made last: where it is, the tables are those of some version, and the upgrade's
        # business.
        Step(
            "tables",
            lambda: invenio("db", "init", "create"),
            lambda: not inspect(db.engine).has_table("alembic_version"),
        ),
        Step(
            "place for files",
            lambda: invenio("files", "location", "create", "--default", "default-location", data),
            lambda: not Location.query.count(),
        ),
        Step("role admin", lambda: invenio("roles", "create", "admin"), lambda: role() is None),
        Step(
            "rights of admin",
            lambda: invenio("access", "allow", "superuser-access", "role", "admin"),
            lambda: not superuser_is_allowed(),
        ),
        Step("indices", make_indices, lambda: bool(missing_indices())),
        Step("custom fields", both_custom_fields),
        Step("sets of OAI-PMH", make_oai_sets, lambda: bool(missing_oai_sets())),
        # Without --force, which deletes all pages first: those that are there stay as they are.
        Step("static pages", lambda: invenio("rdm", "pages", "create")),
        Step("queues", lambda: invenio("queues", "declare")),
        Step("vocabularies", lambda: load_vocabularies(again=memory.cut_short == "vocabularies")),
    ]
    if os.environ.get("INVENIO_CANARY_TOKEN"):
        steps.append(Step("canary's user", make_canary, lambda: not canary_has_token()))
    return steps


def upgrade_steps() -> list[Step]:
    return [
        Step("migrations", lambda: invenio("alembic", "upgrade")),
        Step("new indices", make_indices, lambda: bool(missing_indices())),
        Step("custom fields", both_custom_fields),
        Step("queues", lambda: invenio("queues", "declare")),
        # Written to a queue, which the worker empties.
        Step("all records to be indexed again", lambda: invenio("rdm", "rebuild-all-indices")),
    ]


def run(steps: list[Step], memory: Memory) -> None:
    for step in steps:
        if step.name in memory.done:
            print(f"   done  {step.name}", flush=True)
            continue
        began = time.monotonic()
        print(f"         {step.name} …", flush=True)
        if step.needed():
            memory.begin(step.name)
            step.do()
            seconds = time.monotonic() - began
            print(f"{seconds:6.1f}s  {step.name}", flush=True)
        else:
            seconds = 0.0
            print(f"  there  {step.name}", flush=True)
        memory.finish(step.name, seconds)
        db.session.rollback()


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in ("setup", "upgrade"):
        sys.exit("usage: setup.py setup|upgrade MEMORY")
    purpose, path = sys.argv[1], Path(sys.argv[2])
    application = SCRIPT.load_app()
    if names := unchanged(application.config):
        sys.exit(
            f"CHANGE-ME is no secret, and it is in {', '.join(names)}: write values of your own in its place, in"
            " secrets.env or invenio.cfg"
        )
    with application.app_context():
        memory = Memory(path, purpose)
        if purpose == "setup":
            run(setup_steps(memory), memory)
        else:
            run(upgrade_steps(), memory)
            # The next one is another.
            memory.forget()
    print(f"         {purpose} is done", flush=True)


SCRIPT = ScriptInfo(create_app=create_app)

if __name__ == "__main__":
    main()
