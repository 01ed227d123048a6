"""Celery's beat, on a schedule file that is sound.

    python beat.py SCHEDULE

Beat keeps what ran last in a small database, which a kill in the middle of a write breaks: beat then opens it, fails at
its first write, and does so at each start. Here, before beat has it, what can be read of it is written into a new file,
which takes its place. Entries that cannot be read are as if they had never run. The arguments after SCHEDULE go to
beat.
"""

import dbm
import pickle
import shutil
import sys
from pathlib import Path


def readable(schedule: Path) -> dict[str | bytes, bytes]:
    """What celery.beat will be able to read as well."""
    kept: dict[str | bytes, bytes] = {}
    try:
        with dbm.open(str(schedule), "r") as old:
            for key in old.keys():
                try:
                    pickle.loads(old[key])
                    kept[key] = old[key]
                except Exception as error:  # a broken pickle raises whatever its bytes happen to name
                    print(f"beat: the schedule's {key!r} cannot be read ({error!r}) and begins anew", flush=True)
    except dbm.error as error:
        print(f"beat: {schedule} cannot be read ({error}) and begins anew", flush=True)
    return kept


def files_of(schedule: Path) -> list[Path]:
    """Which ones depends on the kind of database: NAME, NAME.db, or NAME.dat and NAME.dir."""
    return [
        path
        for path in schedule.parent.glob(f"{schedule.name}*")
        if path.name[len(schedule.name) :] in ("", ".db", ".dat", ".dir", ".pag")
    ]


def renew(schedule: Path) -> None:
    """A crash in here costs the memory of what ran last, and no start: it is the same as a first one."""
    if not files_of(schedule):
        return
    kept = readable(schedule)
    new = schedule.parent / f".new-{schedule.name}"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    with dbm.open(str(new / schedule.name), "n") as written:
        for key, value in kept.items():
            written[key] = value
    for path in files_of(schedule):
        path.unlink()
    for path in new.iterdir():
        path.rename(schedule.parent / path.name)
    new.rmdir()


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: beat.py SCHEDULE [option of beat ...]")
    schedule = Path(sys.argv[1])
    renew(schedule)

    # Only now: it takes its time, and the file does not need it.
    from celery.__main__ import main as celery

    sys.argv = ["celery", "-A", "invenio_app.celery", "beat", f"--schedule={schedule}", *sys.argv[2:]]
    celery()


if __name__ == "__main__":
    main()
