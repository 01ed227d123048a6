"""The data of PostgreSQL, Redis, RabbitMQ and OpenSearch: each its own user's, with a password from the first moment.
What is there stays as it is."""

import base64
import hashlib
import json
import os

from .files import directory, write
from .layout import USER, Layout
from .passwords import Passwords
from .programs import run
from .steps import step

POSTGRESQL = "/usr/lib/postgresql/15/bin"


def postgresql(layout: Layout, passwords: Passwords) -> None:
    """A cluster with the applications' role and database in it: made whole or not at all."""
    home = directory(layout.data / "postgresql", "postgres", 0o700)
    data, new = home / "data", home / "new"
    if data.is_dir():
        return
    with step("a PostgreSQL cluster"):
        run(["rm", "--recursive", "--force", new])
        run(
            [
                f"{POSTGRESQL}/initdb",
                f"--pgdata={new}",
                "--auth-local=peer",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ],
            user="postgres",
        )
        # Alone with its data, it listens nowhere. Each line is a statement.
        run(
            [f"{POSTGRESQL}/postgres", "--single", "-D", new, "postgres"],
            user="postgres",
            text=f"create role invenio login password '{passwords.postgresql}'\n"
            "create database invenio owner invenio\n",
        )
        run(
            ["tee", "--append", new / "postgresql.conf"],
            user="postgres",
            text="listen_addresses = '127.0.0.1'\nshared_buffers = 64MB\n",
        )
        new.rename(data)


def redis(layout: Layout) -> None:
    directory(layout.data / "redis", "redis", 0o700)


def rabbitmq_hash(password: str) -> str:
    """As RabbitMQ keeps it: base64 of four bytes of salt and SHA-256 of these with the password."""
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def rabbitmq(layout: Layout, passwords: Passwords) -> None:
    """The broker takes its users from a file at its start, so it never had a `guest`."""
    home = directory(layout.data / "rabbitmq", "rabbitmq", 0o700)
    file = home / "definitions.json"
    if file.is_file():
        return
    allowed = {"configure": ".*", "write": ".*", "read": ".*"}
    nothing = {"configure": "^$", "write": "^$", "read": "^$"}
    definitions = {
        "vhosts": [{"name": "/"}],
        "users": [
            {"name": "invenio", "password_hash": rabbitmq_hash(passwords.rabbitmq), "tags": []},
            {"name": "holdfast", "password_hash": rabbitmq_hash(passwords.rabbitmq_monitoring), "tags": ["monitoring"]},
        ],
        "permissions": [{"user": "invenio", "vhost": "/", **allowed}, {"user": "holdfast", "vhost": "/", **nothing}],
    }
    write(file, json.dumps(definitions, indent=2) + "\n", owner="rabbitmq", mode=0o600)


def opensearch(layout: Layout) -> None:
    home = directory(layout.data / "opensearch", USER, 0o700)
    # It makes its keystore beside its configuration.
    for name in ("config", "data", "logs", "tmp"):
        directory(home / name, USER, 0o700)


def application(layout: Layout) -> None:
    """Files of records; and what beat and the set-up remember."""
    directory(layout.instance / "data", USER, 0o750)
    directory(layout.data / "invenio", USER, 0o750)


def provide(layout: Layout, passwords: Passwords) -> None:
    directory(layout.data)
    postgresql(layout, passwords)
    redis(layout)
    rabbitmq(layout, passwords)
    opensearch(layout)
    application(layout)
