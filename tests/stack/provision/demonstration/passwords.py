"""The passwords: made once, each in a file of its own for root alone, and together in the applications' environment."""

from dataclasses import dataclass

from .files import directory, secret
from .layout import Layout


@dataclass(frozen=True)
class Passwords:
    application: str
    postgresql: str
    redis: str
    rabbitmq: str
    rabbitmq_monitoring: str
    canary: str


def provide(layout: Layout) -> Passwords:
    folder = directory(layout.secrets, mode=0o700)
    return Passwords(
        application=secret(folder / "application"),
        postgresql=secret(folder / "postgresql"),
        redis=secret(folder / "redis"),
        rabbitmq=secret(folder / "rabbitmq"),
        rabbitmq_monitoring=secret(folder / "rabbitmq-monitoring"),
        canary=secret(folder / "canary"),
    )
