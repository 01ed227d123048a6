"""The stack's configuration: the files of config/examples/invenio-rdm with other paths, ports and names in them, so
that what is demonstrated is what an operator is shown. Each replacement must find its words, or this fails."""

import shutil
from dataclasses import asdict
from pathlib import Path
from string import Template

from .files import directory, write
from .layout import EXAMPLE, PINS, SOURCE, USER, Layout
from .passwords import Passwords

Replacements = list[tuple[str, str]]

JAVA = "/usr/lib/jvm/java-17-openjdk-amd64"


class NotInExample(Exception):
    """A replacement found nothing: the example has changed, and this must follow."""


def derived(name: str, replacements: Replacements) -> str:
    text = (EXAMPLE / name).read_text()
    for old, new in replacements:
        if old not in text:
            raise NotInExample(f"{EXAMPLE / name} has no {old!r}; see {__file__}")
        text = text.replace(old, new)
    return text


def nginx(layout: Layout) -> None:
    ports, etc, host = layout.ports, layout.etc, f"127.0.0.1:{layout.ports.https}"
    write(
        etc / "nginx.conf",
        derived(
            "nginx.conf",
            [
                ("/etc/nginx/nginx-site.conf", f"{etc}/nginx-site.conf"),
                ("root /etc/nginx/pages", f"root {etc}/pages"),
                ("/etc/nginx/tls/fullchain.pem", f"{layout.tls}/server.crt"),
                ("/etc/nginx/tls/key.pem", f"{layout.tls}/server.key"),
                ("pid /run/nginx/nginx.pid", f"pid {layout.run}/nginx/nginx.pid"),
                ("/run/holdfast/door/open", f"{layout.run}/holdfast/door/open"),
                ("worker_processes auto", "worker_processes 1"),
                ("listen 80 default_server", f"listen 127.0.0.1:{ports.http} default_server"),
                ("listen 443 ssl", f"listen {host} ssl"),
                ("listen 127.0.0.1:8444 ssl", f"listen 127.0.0.1:{ports.inner} ssl"),
                ("https://repository.example.org", layout.site),
                ("server_name repository.example.org", "server_name localhost"),
                ("server 127.0.0.1:5001", f"server 127.0.0.1:{ports.api}"),
                ("server 127.0.0.1:5000", f"server 127.0.0.1:{ports.ui}"),
            ],
        ),
    )
    write(
        etc / "nginx-site.conf",
        derived(
            "nginx-site.conf",
            [
                ("HTTP_HOST $host;", f"HTTP_HOST $host:{ports.https};"),
                ("alias /opt/invenio/var/instance/static/;", f"alias {layout.instance}/static/;"),
            ],
        ),
    )
    pages = directory(etc / "pages")
    for page in (EXAMPLE / "pages").iterdir():
        write(pages / page.name, page.read_text())


def invenio(layout: Layout, passwords: Passwords) -> None:
    ports = layout.ports
    for name in ("uwsgi-api.ini", "uwsgi-ui.ini"):
        write(layout.etc / name, derived(name, []))
    settings = derived(
        "invenio.cfg",
        [
            ('["repository.example.org"]', '["localhost", "127.0.0.1"]'),
            ("https://repository.example.org", layout.site),
            ('"port": 9200', f'"port": {ports.opensearch}'),
        ],
    )
    write(layout.instance / "invenio.cfg", settings + (PINS / "demonstration.cfg").read_text())
    shutil.copytree(PINS / "app_data", layout.instance / "app_data", dirs_exist_ok=True)
    for script in (SOURCE / "config/invenio").glob("*.py"):
        write(layout.etc / script.name, script.read_text())
    write(
        layout.secrets / "applications.env",
        derived(
            "secrets.env",
            [
                ("INVENIO_SECRET_KEY=CHANGE-ME", f"INVENIO_SECRET_KEY={passwords.application}"),
                ("invenio:CHANGE-ME@127.0.0.1:5432", f"invenio:{passwords.postgresql}@127.0.0.1:{ports.postgresql}"),
                ("invenio:CHANGE-ME@127.0.0.1:5672", f"invenio:{passwords.rabbitmq}@127.0.0.1:{ports.rabbitmq}"),
                (":CHANGE-ME@127.0.0.1:6379", f":{passwords.redis}@127.0.0.1:{ports.redis}"),
                ("#INVENIO_CANARY_TOKEN=CHANGE-ME", f"INVENIO_CANARY_TOKEN={passwords.canary}"),
            ],
        ),
        mode=0o600,
    )


# Holdfast passes the applications no more than is in these two.
COMMAND_LINE = """#!/bin/bash
# The command line of InvenioRDM, as its user: {root}/invenio users create me@example.org --active --confirm
set -euo pipefail
set -a
. {secrets}/applications.env
INVENIO_INSTANCE_PATH={instance}
set +a
cd {instance}
exec setpriv --reuid={user} --regid={user} --clear-groups {venv}/bin/invenio "$@"
"""


def command_line(layout: Layout) -> None:
    write(
        layout.root / "invenio",
        COMMAND_LINE.format(
            root=layout.root, secrets=layout.secrets, instance=layout.instance, user=USER, venv=layout.venv
        ),
        mode=0o700,
    )


def servers(layout: Layout, passwords: Passwords) -> None:
    ports = layout.ports
    write(
        layout.data / "redis/redis.conf",
        derived(
            "redis.conf",
            [
                ("requirepass CHANGE-ME", f"requirepass {passwords.redis}"),
                ("dir /var/lib/redis", f"dir {layout.data}/redis"),
            ],
        ),
        owner="redis",
        mode=0o600,
    )
    write(
        layout.data / "rabbitmq/rabbitmq.conf",
        derived(
            "rabbitmq.conf",
            [
                ("127.0.0.1:5672", f"127.0.0.1:{ports.rabbitmq}"),
                ("management.tcp.port = 15672", f"management.tcp.port = {ports.rabbitmq_management}"),
            ],
        )
        + f"load_definitions = {layout.data}/rabbitmq/definitions.json\n",
        owner="rabbitmq",
        mode=0o600,
    )
    write(layout.data / "rabbitmq/enabled_plugins", derived("enabled_plugins", []), owner="rabbitmq", mode=0o600)
    config = layout.data / "opensearch/config"
    write(
        config / "opensearch.yml",
        derived("opensearch.yml", [("#node.store.allow_mmap", "node.store.allow_mmap")]),
        owner=USER,
        mode=0o600,
    )
    write(config / "log4j2.properties", (PINS / "log4j2.properties").read_text(), owner=USER, mode=0o600)


def holdfast(layout: Layout) -> Path:
    """The example's own file, and beside it what is this stack's, in the way that an operator has for that."""
    words = {
        "name": layout.name,
        "site": layout.site,
        "user": USER,
        "java": JAVA,
        "root": layout.root,
        "etc": layout.etc,
        "run": layout.run,
        "data": layout.data,
        "secrets": layout.secrets,
        "instance": layout.instance,
    }
    own = Template((PINS / "stack.yaml").read_text()).substitute(words | asdict(layout.ports))
    write(directory(layout.root / "stack.d") / "demonstration.yaml", own)
    file = layout.root / "holdfast.yaml"
    write(file, derived("holdfast.yaml", []))
    return file


def provide(layout: Layout, passwords: Passwords) -> Path:
    """Everything that is read at a start. Written anew at each call; what is the same keeps its time."""
    directory(layout.etc)
    directory(layout.run)
    nginx(layout)
    invenio(layout, passwords)
    servers(layout, passwords)
    command_line(layout)
    return holdfast(layout)
