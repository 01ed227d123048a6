"""Where everything is, and on which port."""

from dataclasses import dataclass, fields
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[4]
PINS = Path(__file__).resolve().parents[1] / "pins"
EXAMPLE = SOURCE / "config/examples/invenio-rdm"

# Runs the applications and OpenSearch, and owns their data; the code is root's.
USER = "holdfast-demo"
# Builds what goes into that code from packages of strangers, and owns nothing that is kept.
BUILDER = "holdfast-build"


@dataclass(frozen=True)
class Ports:
    """In a row from the first, in this order."""

    https: int
    http: int
    inner: int
    postgresql: int
    redis: int
    epmd: int
    rabbitmq: int
    rabbitmq_dist: int
    rabbitmq_management: int
    opensearch: int
    opensearch_transport: int
    api: int
    api_probe: int
    api_stats: int
    ui: int
    ui_probe: int
    ui_stats: int

    @classmethod
    def starting_at(cls, first: int) -> "Ports":
        return cls(*range(first, first + PORTS))


PORTS = len(fields(Ports))


@dataclass(frozen=True)
class Layout:
    """The directories of one stack. Root's but where an owner is named."""

    root: Path
    cache: Path
    ports: Ports
    name: str

    @property
    def venv(self) -> Path:
        return self.root / "venv"

    @property
    def opensearch(self) -> Path:
        return self.root / "opensearch"

    @property
    def etc(self) -> Path:
        """Configuration that any user may read."""
        return self.root / "etc"

    @property
    def secrets(self) -> Path:
        """0700: passwords, for root alone."""
        return self.root / "secrets"

    @property
    def tls(self) -> Path:
        return self.root / "tls"

    @property
    def instance(self) -> Path:
        return self.root / "instance"

    @property
    def data(self) -> Path:
        """What a server's own user owns: data/SERVER."""
        return self.root / "data"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def site(self) -> str:
        return f"https://localhost:{self.ports.https}"
