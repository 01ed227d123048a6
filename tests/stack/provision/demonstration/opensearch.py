"""OpenSearch's home from its published Java artifacts, each verified."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from .layout import PINS, Layout
from .steps import fingerprint, made_whole
from .strangers import builders, run_as_builder, take, workshop

VERSION = "2.19.1"
COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


@dataclass(frozen=True)
class Module:
    """What its distribution says of a module: the class that it begins with, and the permissions that it needs."""

    name: str
    starts_with: str
    extends: str = ""
    permissions: tuple[str, ...] = ()


MODULES = (
    Module("analysis-common", "org.opensearch.analysis.common.CommonAnalysisPlugin", extends="lang-painless"),
    Module("geo", "org.opensearch.geo.GeoModulePlugin"),
    Module(
        "lang-painless",
        "org.opensearch.painless.PainlessPlugin",
        permissions=('java.lang.RuntimePermission "createClassLoader"', 'java.lang.RuntimePermission "getClassLoader"'),
    ),
    Module("mapper-extras", "org.opensearch.index.mapper.MapperExtrasPlugin"),
    Module("parent-join", "org.opensearch.join.ParentJoinPlugin"),
    Module("percolator", "org.opensearch.percolator.PercolatorPlugin"),
    Module("reindex", "org.opensearch.index.reindex.ReindexPlugin"),
    Module(
        "transport-netty4",
        "org.opensearch.transport.Netty4Plugin",
        permissions=(
            'java.net.SocketPermission "*", "accept,connect"',
            'java.lang.RuntimePermission "setContextClassLoader"',
            'java.lang.RuntimePermission "getClassLoader"',
        ),
    ),
)

# As the distribution's bin/opensearch: in the foreground, the same variables, and Java takes its place.
START = """#!/bin/bash
# Runs the node in the foreground: bin/opensearch [-Esetting=value ...]
# OPENSEARCH_PATH_CONF, OPENSEARCH_JAVA_HOME, OPENSEARCH_JAVA_OPTS and OPENSEARCH_TMPDIR as in the distribution.
set -euo pipefail
home=$(dirname "$(dirname "$(readlink -f "$0")")")
conf=${OPENSEARCH_PATH_CONF:?the directory of opensearch.yml}
tmp=${OPENSEARCH_TMPDIR:-$(mktemp --directory --tmpdir opensearch-XXXXXXXX)}
cd "$home"
# shellcheck disable=SC2086 # options are words
exec "${OPENSEARCH_JAVA_HOME:?the directory of a Java 17}/bin/java" -Xss1m \\
  -XX:+UseG1GC -XX:G1ReservePercent=25 -XX:InitiatingHeapOccupancyPercent=30 -XX:-OmitStackTraceInFastThrow \\
  -Djava.io.tmpdir="$tmp" -Djna.tmpdir="$tmp" -Djna.nosys=true -Djava.awt.headless=true -Dfile.encoding=UTF-8 \\
  -Djava.locale.providers=SPI,COMPAT -Djava.security.manager=allow \\
  -Dio.netty.noUnsafe=true -Dio.netty.noKeySetOptimization=true -Dio.netty.recycler.maxCapacityPerThread=0 \\
  -Dio.netty.allocator.numDirectArenas=0 -Dlog4j.shutdownHookEnabled=false -Dlog4j2.disable.jmx=true \\
  -Dopensearch.networkaddress.cache.ttl=60 -Dopensearch.networkaddress.cache.negative.ttl=10 \\
  ${OPENSEARCH_JAVA_OPTS:-} \\
  -Dopensearch.path.home="$home" -Dopensearch.path.conf="$conf" \\
  -Dopensearch.distribution.type=tar -Dopensearch.bundled_jdk=false \\
  -cp "$home/lib/*" org.opensearch.bootstrap.OpenSearch "$@"
"""


def wanted_jars() -> dict[str, tuple[str, Path]]:
    """By its name: the checksum of each jar, and its place in the home."""
    jars = {}
    for line in (PINS / "opensearch.sha256").read_text().splitlines():
        if not line.startswith("#"):
            checksum, place = line.split()
            jars[Path(place).name] = (checksum, Path(place))
    return jars


def place_jars(downloaded: Path, home: Path) -> None:
    """Each jar to its place, after it was looked at; none more and none less than are pinned."""
    jars = wanted_jars()
    found = {path.name for path in downloaded.iterdir()}
    if found != set(jars):
        raise ValueError(f"other jars than pinned: {', '.join(sorted(found ^ set(jars)))}")
    for name, (checksum, place) in jars.items():
        got = hashlib.sha256((downloaded / name).read_bytes()).hexdigest()
        if got != checksum:
            raise ValueError(f"{name} is not what was pinned: its checksum is {got}, not {checksum}")
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(downloaded / name, home / place)


def describe(module: Module, home: Path) -> None:
    folder = home / "modules" / module.name
    (folder / "plugin-descriptor.properties").write_text(
        f"name={module.name}\ndescription=The {module.name} module\nversion={VERSION}\nopensearch.version={VERSION}\n"
        f"java.version=11\nclassname={module.starts_with}\nextended.plugins={module.extends}\nhas.native.controller=false\n"
    )
    if module.permissions:
        grants = "".join(f"  permission {permission};\n" for permission in module.permissions)
        (folder / "plugin-security.policy").write_text(f"grant {{\n{grants}}};\n")


def download(cache: Path, jars: Path) -> None:
    """Maven's plugins are as the registry has them, with no checksum of ours: they are strangers."""
    with workshop(cache / "opensearch-under-way") as work:
        made = builders(work / "jars")
        shutil.copy(PINS / "opensearch.xml", work)
        run_as_builder(
            [
                "mvn",
                "--batch-mode",
                "--no-transfer-progress",
                "--quiet",
                f"-Dmaven.repo.local={builders(cache / 'maven')}",
                "--file",
                work / "opensearch.xml",
                COPY_DEPENDENCIES,
                "-DincludeScope=runtime",
                f"-DoutputDirectory={made}",
            ],
            cwd=made,
            environment={},
        )
        take(made, jars)


def build(cache: Path, home: Path) -> None:
    downloaded = home / "downloaded"
    downloaded.mkdir()
    download(cache, downloaded)
    place_jars(downloaded, home)
    downloaded.rmdir()
    for module in MODULES:
        describe(module, home)
    for name in ("bin", "plugins"):
        (home / name).mkdir()
    start = home / "bin/opensearch"
    start.write_text(START)
    start.chmod(0o755)


def provide(layout: Layout) -> None:
    """In the cache, and from there into the stack."""
    mark = fingerprint(PINS / "opensearch.xml", PINS / "opensearch.sha256", Path(__file__))
    cached = layout.cache / "opensearch"
    made_whole(cached, mark, f"OpenSearch {VERSION}", lambda new: build(layout.cache, new))
    made_whole(
        layout.opensearch, mark, "OpenSearch, copied", lambda new: shutil.copytree(cached, new, dirs_exist_ok=True)
    )
