"""The stack's configuration: the files of config/examples/invenio-rdm with other paths, ports and names in them, so that
what is demonstrated is what an operator is shown. Each replacement must find its words, or this fails."""

import shutil
from pathlib import Path

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
    write(etc / "nginx.conf", derived("nginx.conf", [
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
    ]) )
    write(etc / "nginx-site.conf", derived("nginx-site.conf", [
        ("HTTP_HOST $host;", f"HTTP_HOST $host:{ports.https};"),
        ("/opt/invenio/var/instance/static", f"{layout.instance}/static"),
    ]))
    pages = directory(etc / "pages")
    for page in (EXAMPLE / "pages").iterdir():
        write(pages / page.name, page.read_text())


def invenio(layout: Layout, passwords: Passwords) -> None:
    ports = layout.ports
    for name in ("uwsgi-api.ini", "uwsgi-ui.ini"):
        write(layout.etc / name, derived(name, []))
    settings = derived("invenio.cfg", [
        ('["repository.example.org"]', '["localhost", "127.0.0.1"]'),
        ("https://repository.example.org", layout.site),
        ('"port": 9200', f'"port": {ports.opensearch}'),
    ])
    write(layout.instance / "invenio.cfg", settings + (PINS / "demonstration.cfg").read_text())
    shutil.copytree(PINS / "app_data", layout.instance / "app_data", dirs_exist_ok=True)
    for script in (SOURCE / "config/invenio").glob("*.py"):
        write(layout.etc / script.name, script.read_text())
    write(layout.secrets / "applications.env", derived("secrets.env", [
        ("INVENIO_SECRET_KEY=CHANGE-ME", f"INVENIO_SECRET_KEY={passwords.application}"),
        ("invenio:CHANGE-ME@127.0.0.1:5432", f"invenio:{passwords.postgresql}@127.0.0.1:{ports.postgresql}"),
        ("invenio:CHANGE-ME@127.0.0.1:5672", f"invenio:{passwords.rabbitmq}@127.0.0.1:{ports.rabbitmq}"),
        (":CHANGE-ME@127.0.0.1:6379", f":{passwords.redis}@127.0.0.1:{ports.redis}"),
        ("INVENIO_CANARY_TOKEN=CHANGE-ME", f"INVENIO_CANARY_TOKEN={passwords.canary}"),
    ]), mode=0o600)


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
    write(layout.root / "invenio", COMMAND_LINE.format(root=layout.root, secrets=layout.secrets, instance=layout.instance, user=USER, venv=layout.venv),
          mode=0o700)


def servers(layout: Layout, passwords: Passwords) -> None:
    ports = layout.ports
    write(layout.data / "redis/redis.conf", derived("redis.conf", [
        ("requirepass CHANGE-ME", f"requirepass {passwords.redis}"),
        ("dir /var/lib/redis", f"dir {layout.data}/redis"),
    ]), owner="redis", mode=0o600)
    write(layout.data / "rabbitmq/rabbitmq.conf", derived("rabbitmq.conf", [
        ("127.0.0.1:5672", f"127.0.0.1:{ports.rabbitmq}"),
        ("management.tcp.port = 15672", f"management.tcp.port = {ports.rabbitmq_management}"),
    ]) + f"load_definitions = {layout.data}/rabbitmq/definitions.json\n", owner="rabbitmq", mode=0o600)
    write(layout.data / "rabbitmq/enabled_plugins", derived("enabled_plugins", []), owner="rabbitmq", mode=0o600)
    config = layout.data / "opensearch/config"
    write(config / "opensearch.yml", derived("opensearch.yml", [("#node.store.allow_mmap", "node.store.allow_mmap")]), owner=USER, mode=0o600)
    write(config / "log4j2.properties", (PINS / "log4j2.properties").read_text(), owner=USER, mode=0o600)


def parameters(values: dict[str, object]) -> str:
    return "".join(f"      {key}: {value}\n" for key, value in values.items())


def preset(name: str, values: dict[str, object], more: str = "") -> tuple[str, str]:
    """The words of the example that use a preset, and the same with this stack's parameters. Debian's own servers may run
    beside these: they have other ports and other data."""
    return f"    preset: {name}\n", f"    preset: {name}\n    replaces: []\n{more}    with:\n{parameters(values)}"


def holdfast(layout: Layout) -> str:
    ports, data = layout.ports, layout.data
    application = {"venv": layout.venv, "instance": layout.instance, "secrets": f"{layout.secrets}/applications.env", "user": USER}
    inline = ", ".join(f"{key}: {value}" for key, value in application.items())
    cluster = f"{data}/postgresql/data"
    worker = f"{inline}, management: \"http://127.0.0.1:{ports.rabbitmq_management}\", management_secret: {layout.secrets}/rabbitmq-monitoring, concurrency: 2"
    return derived("holdfast.yaml", [
        ("  name: repository\n", f"  name: {layout.name}\n  runtime: {layout.run}/holdfast\n  state: {layout.root}/state\n"),
        ("  site: https://repository.example.org", f"  site: {layout.site}"),
        ("services:\n## The servers.", f"logging: {{directory: {layout.root}/log}}\n\nservices:\n## The servers."),
        preset("postgresql", {"data": cluster, "config": f"{cluster}/postgresql.conf", "sockets": f"{layout.run}/postgresql", "port": ports.postgresql}),
        preset("redis", {"config": f"{data}/redis/redis.conf", "dir": f"{data}/redis", "run": f"{layout.run}/redis", "port": ports.redis}),
        ('redis: "127.0.0.1:6379", write: true, secret_file: /etc/holdfast/secrets/redis',
         f'redis: "127.0.0.1:{ports.redis}", write: true, secret_file: {layout.secrets}/redis'),
        ("  epmd: {preset: epmd}\n", f"  epmd:\n    preset: epmd\n    replaces: []\n    with: {{port: {ports.epmd}}}\n"),
        ("  rabbitmq: {preset: rabbitmq}\n", "  rabbitmq:\n" + preset("rabbitmq", {
            "home": f"{data}/rabbitmq", "base": f"{data}/rabbitmq/mnesia", "logs": f"{data}/rabbitmq/log", "config": f"{data}/rabbitmq/rabbitmq.conf",
            "plugins": f"{data}/rabbitmq/enabled_plugins", "env_file": f"{data}/rabbitmq/rabbitmq-env.conf", "port": ports.rabbitmq,
            "dist_port": ports.rabbitmq_dist, "epmd_port": ports.epmd})[1]),
        # With `node.store.allow_mmap: false` the machine's setting is good as it is.
        ("    preset: opensearch\n", "    preset: opensearch\n    replaces: []\n    host: {vm.max_map_count: \">=1\"}\n"
         f"    environment: {{OPENSEARCH_TMPDIR: {data}/opensearch/tmp}}\n"),
        ("    with: {heap: 2g}\n", "    with:\n" + parameters({
            "home": layout.opensearch, "config": f"{data}/opensearch/config", "data": f"{data}/opensearch/data", "logs": f"{data}/opensearch/logs",
            "user": USER, "java": JAVA, "heap": "512m", "port": ports.opensearch, "transport_port": ports.opensearch_transport,
            "disk_low": "1gb", "disk_high": "500mb", "disk_flood": "250mb"})),
        ("    with: {name: repository.example.org, site: /etc/nginx/nginx-site.conf}\n", "    replaces: []\n    with:\n" + parameters({
            "name": "localhost", "config": f"{layout.etc}/nginx.conf", "site": f"{layout.etc}/nginx-site.conf", "certificate": f"{layout.tls}/server.crt",
            "run": f"{layout.run}/nginx", "address": f"\"127.0.0.1:{ports.https}\"", "inner": f"\"127.0.0.1:{ports.inner}\"",
            "health": f"\"https://127.0.0.1:{ports.https}/.well-known/holdfast\"", "ca": f"{layout.tls}/ca.crt"})),
        ("    needs: {nginx: {soft: true}}\n", "    needs: {nginx: {soft: true}, setup: {}}\n"),
        ("config: /etc/invenio/uwsgi-api.ini, port: 5001, probe_port: 5011, stats_port: 5021",
         f"{inline}, config: {layout.etc}/uwsgi-api.ini, port: {ports.api}, probe_port: {ports.api_probe}, stats_port: {ports.api_stats}"),
        ("config: /etc/invenio/uwsgi-ui.ini, port: 5000, probe_port: 5010, stats_port: 5020",
         f"{inline}, config: {layout.etc}/uwsgi-ui.ini, port: {ports.ui}, probe_port: {ports.ui_probe}, stats_port: {ports.ui_stats}"),
        ("{preset: invenio-worker, critical: false}", f"{{preset: invenio-worker, critical: false, needs: {{setup: {{}}}}, with: {{{worker}}}}}"),
        ("{preset: invenio-beat, critical: false}",
         f"{{preset: invenio-beat, critical: false, needs: {{setup: {{}}}}, with: {{{inline}, script: {layout.etc}/beat.py, schedule: {data}/invenio/celerybeat-schedule}}}}"),
        ("{preset: invenio-jobs-beat, critical: false}", f"{{preset: invenio-jobs-beat, critical: false, needs: {{setup: {{}}}}, with: {{{inline}}}}}"),
        # On an empty database at the first start, by itself; with few vocabularies.
        ("  setup:\n    preset: invenio-setup\n", "  setup:\n    preset: invenio-setup\n    task: {run: once}\n    start_within: 8m\n"
         f"    with: {{{inline}, script: {layout.etc}/setup.py, memory: {data}/invenio/setup.json}}\n"),
        ("with: {do: upgrade, memory: /var/lib/invenio/upgrade.json}",
         f"with: {{{inline}, script: {layout.etc}/setup.py, do: upgrade, memory: {data}/invenio/upgrade.json}}"),
    ])


def provide(layout: Layout, passwords: Passwords) -> Path:
    """Everything that is read at a start. Written anew at each call; what is the same keeps its time."""
    directory(layout.etc)
    directory(layout.run)
    nginx(layout)
    invenio(layout, passwords)
    servers(layout, passwords)
    command_line(layout)
    file = layout.root / "holdfast.yaml"
    write(file, holdfast(layout))
    return file
