"""What of the provisioning can be shown without a network: python3 -m unittest, as root, in this directory."""

import base64
import contextlib
import dbm
import hashlib
import importlib
import io
import os
import pickle
import pwd
import re
import subprocess
import sys
import tempfile
import unittest
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

from demonstration import (
    certificates,
    configuration,
    databases,
    files,
    main,
    opensearch,
    options,
    passwords,
    steps,
    strangers,
)
from demonstration.layout import EXAMPLE, PINS, SOURCE, Layout, Ports

sys.path.insert(0, str(SOURCE / "config/invenio"))
import beat  # noqa: E402

# What an operator's files name and a stack below one directory must not.
OPERATORS = re.compile(
    r"CHANGE-ME|repository\.example\.org|/etc/(invenio|nginx/nginx|nginx/pages|nginx/tls)|/opt/invenio|/run/(nginx|holdfast)/"
)


class Directory(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self) -> None:
        kept = tempfile.TemporaryDirectory(prefix="holdfast-provision-")
        self.addCleanup(kept.cleanup)
        self.root = Path(kept.name)
        self.layout = Layout(self.root, self.root / "cache", Ports.starting_at(20000), "test")

    @contextlib.contextmanager
    def silent(self):
        with contextlib.redirect_stdout(io.StringIO()) as told:
            yield told


class OptionsTest(unittest.TestCase):
    def refused(self, *words: str) -> str:
        with contextlib.redirect_stderr(io.StringIO()) as told, self.assertRaises(SystemExit) as end:
            options.parse(list(words))
        self.assertEqual(end.exception.code, 2)
        return told.getvalue()

    def test_defaults(self) -> None:
        with mock.patch.dict("os.environ", clear=True):
            given = options.parse(["/srv/demonstration"])
        self.assertEqual(
            given, options.Options(Path("/srv/demonstration"), 8443, "demonstration", Path(options.DEFAULT_CACHE))
        )

    def test_the_cache_is_that_of_the_environment(self) -> None:
        with mock.patch.dict("os.environ", {"HOLDFAST_DEMONSTRATION_CACHE": "/elsewhere"}):
            self.assertEqual(options.parse(["/x"]).cache, Path("/elsewhere"))

    def test_a_directory_must_be_plain_and_absolute(self) -> None:
        for text in ("relative", "/with space", "/quote'", "/new\nline", "/$(id)"):
            self.assertIn("absolute path", self.refused(text))

    def test_a_port_must_leave_room(self) -> None:
        for text in ("80", "65530", "x"):
            self.assertIn("from 1024 to", self.refused("/x", "--port", text))

    def test_a_name_is_one_of_holdfast(self) -> None:
        self.assertIn("small letter", self.refused("/x", "--name", "Demo"))


class StepsTest(Directory):
    def test_what_was_cut_short_is_not_there(self) -> None:
        def half(new: Path) -> None:
            (new / "file").write_text("half")
            raise KeyboardInterrupt

        target = self.root / "thing"
        with self.silent(), self.assertRaises(KeyboardInterrupt):
            steps.made_whole(target, "1", "thing", half)
        self.assertFalse(target.exists())
        with self.silent():
            steps.made_whole(target, "1", "thing", lambda new: (new / "other").write_text("whole"))
        self.assertEqual(sorted(path.name for path in target.iterdir()), [".made", "other"])

    def test_in_place_begins_again_without_its_mark(self) -> None:
        target = self.root / "thing"
        target.mkdir()
        (target / "half").touch()
        with self.silent():
            steps.made_in_place(target, "1", "thing", lambda place: (place / "whole").touch())
        self.assertEqual(sorted(path.name for path in target.iterdir()), [".made", "whole"])

    def test_made_once_for_each_mark(self) -> None:
        made = []
        with self.silent():
            for mark in ("1", "1", "2", "2"):
                steps.made_whole(self.root / "thing", mark, "thing", lambda new: made.append(mark))
        self.assertEqual(made, ["1", "2"])

    def test_a_fingerprint_is_of_names_and_contents(self) -> None:
        folder = self.root / "inputs"
        folder.mkdir()
        seen = {steps.fingerprint(folder)}
        for name, text in (("a", "1"), ("a", "2"), ("b", "2")):
            (folder / name).write_text(text)
            seen.add(steps.fingerprint(folder))
        self.assertEqual(len(seen), 4)
        self.assertNotEqual(steps.fingerprint("x"), steps.fingerprint("y"))


class FilesTest(Directory):
    def test_a_secret_is_made_once_for_root_alone(self) -> None:
        file = self.root / "secret"
        first = files.secret(file)
        self.assertRegex(first, r"^s[0-9a-f]{40}$")
        self.assertEqual(files.secret(file), first)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_the_same_text_keeps_its_time_and_gets_its_mode(self) -> None:
        file = self.root / "file"
        files.write(file, "text")
        before = file.stat()
        file.chmod(0o666)
        files.write(file, "text", mode=0o640)
        self.assertEqual((file.stat().st_mtime_ns, file.stat().st_ino), (before.st_mtime_ns, before.st_ino))
        self.assertEqual(file.stat().st_mode & 0o777, 0o640)
        files.write(file, "other")
        self.assertNotEqual(file.stat().st_ino, before.st_ino)

    def test_a_link_in_the_place_of_a_file_is_replaced(self) -> None:
        victim, link = self.root / "victim", self.root / "link"
        for text in ("same", "other"):
            victim.write_text("same")
            victim.chmod(0o600)
            link.unlink(missing_ok=True)
            link.symlink_to(victim)
            files.write(link, text, owner="daemon", mode=0o666)
            self.assertFalse(link.is_symlink())
            self.assertEqual(link.read_text(), text)
            self.assertEqual((victim.stat().st_uid, victim.stat().st_mode & 0o777), (os.getuid(), 0o600))

    def test_a_second_name_of_another_file_is_replaced(self) -> None:
        victim, name = self.root / "victim", self.root / "name"
        victim.write_text("same")
        os.link(victim, name)
        files.write(name, "same", owner="daemon", mode=0o666)
        self.assertEqual(victim.stat().st_uid, os.getuid())
        self.assertEqual(name.stat().st_uid, pwd.getpwnam("daemon").pw_uid)

    def test_a_link_is_not_given(self) -> None:
        victim, link = self.root / "victim", self.root / "link"
        victim.mkdir()
        link.symlink_to(victim)
        with self.assertRaises(OSError):
            files.give(link, "daemon", 0o777)
        self.assertEqual(victim.stat().st_uid, os.getuid())

    def test_a_link_that_another_user_made_is_not_followed(self) -> None:
        elsewhere, theirs, ours = self.root / "elsewhere", self.root / "theirs", self.root / "ours"
        for folder in (elsewhere, theirs, ours):
            folder.mkdir()
            (folder / "config").symlink_to(elsewhere)
        files.give(theirs, "daemon", 0o755)
        with self.assertRaisesRegex(files.Refused, "config on the way to"):
            files.write(theirs / "config/file", "text", owner="daemon")
        self.assertEqual([path.name for path in elsewhere.iterdir()], ["config"])
        files.write(ours / "config/file", "text")
        self.assertEqual((elsewhere / "file").read_text(), "text")


class StrangersTest(Directory):
    """What strangers' programs wrote becomes root's."""

    def setUp(self) -> None:
        super().setUp()
        self.made, self.taken = self.root / "made", self.root / "taken"
        self.taken.mkdir()
        (self.made / "folder").mkdir(parents=True)
        (self.made / "folder/file").write_text("text")

    def hand_over(self) -> None:
        for path in (self.made, *self.made.rglob("*")):
            os.chown(path, pwd.getpwnam("daemon").pw_uid, -1, follow_symlinks=False)

    def refused(self, name: str) -> None:
        with self.assertRaisesRegex(files.Refused, f"{name} is not copied"):
            strangers.take(self.made, self.taken, owner="daemon")

    def test_modes_and_owners_are_ours(self) -> None:
        self.hand_over()
        (self.made / "folder").chmod(0o2777)
        (self.made / "folder/file").chmod(0o6777)
        strangers.take(self.made, self.taken, owner="daemon")
        file = (self.taken / "folder/file").stat()
        self.assertEqual((file.st_mode & 0o7777, file.st_uid, file.st_gid), (0o644, os.getuid(), os.getgid()))
        self.assertEqual((self.taken / "folder").stat().st_mode & 0o7777, 0o755)
        self.assertEqual((self.taken / "folder/file").read_text(), "text")

    def test_a_link_is_refused(self) -> None:
        (self.made / "link").symlink_to("/etc/passwd")
        self.hand_over()
        self.refused("link")

    def test_a_pipe_is_refused(self) -> None:
        os.mkfifo(self.made / "pipe")
        self.hand_over()
        self.refused("pipe")

    def test_what_belongs_to_another_user_is_refused(self) -> None:
        self.hand_over()
        (self.made / "others").write_text("a second name of something, say")
        self.refused("others")

    def test_what_another_user_could_write_is_begun_again(self) -> None:
        with mock.patch.object(strangers, "BUILDER", "daemon"):
            strangers.builders(self.made)
            self.assertEqual(list(self.made.iterdir()), [])
            (self.made / "kept").touch()
            strangers.builders(self.made)
        self.assertEqual([path.name for path in self.made.iterdir()], ["kept"])

    def test_its_processes_end_with_the_first(self) -> None:
        # Each that is left holds the pipe open.
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.set_blocking(reading, False)
        os.set_inheritable(writing, True)
        self.root.chmod(0o755)
        script = (
            'echo "$(id -u) $$" >who; (trap "" TERM HUP; exec setsid sleep 20 >/dev/null 2>&1) &'
            " while ! grep -q sleep /proc/$!/comm; do :; done"
        )
        folder = self.root / "work"
        folder.mkdir()
        files.give(folder, "daemon", 0o755)
        real: Any = subprocess.run
        with (
            mock.patch.object(strangers, "BUILDER", "daemon"),
            mock.patch.object(subprocess, "run", lambda *words, **named: real(*words, close_fds=False, **named)),
        ):
            strangers.run_as_builder(["sh", "-c", script], cwd=folder, environment={})
        os.close(writing)
        self.assertEqual(os.read(reading, 1), b"")
        self.assertEqual((folder / "who").read_text().split(), [str(pwd.getpwnam("daemon").pw_uid), "1"])


class PlaceTest(Directory):
    """Nothing of somebody else is replaced or removed."""

    def setUp(self) -> None:
        super().setUp()
        self.root.chmod(0o755)
        self.place = self.root / "place"

    def test_a_new_and_an_empty_one_are_taken_and_then_known(self) -> None:
        main.look_at(self.place)
        self.place.mkdir()
        main.look_at(self.place)
        main.claim(self.place)
        (self.place / "venv").mkdir()
        main.look_at(self.place)

    def test_what_somebody_else_filled_is_refused(self) -> None:
        (self.place / "venv").mkdir(parents=True)
        with self.assertRaisesRegex(files.Refused, "was not made by this program"):
            main.look_at(self.place)

    def test_what_the_users_cannot_reach_is_refused(self) -> None:
        (self.root / "closed").mkdir(mode=0o700)
        with self.assertRaisesRegex(files.Refused, "cannot reach what is in .*/closed"):
            main.look_at(self.root / "closed/place")

    def test_both_are_looked_at(self) -> None:
        (self.place / "something").mkdir(parents=True)
        given = options.Options(self.root / "new", 8443, "demonstration", self.place)
        with mock.patch.object(main, "PROGRAMS", ()), self.assertRaisesRegex(files.Refused, str(self.place)):
            main.look_first(given)

    def make_stack(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SOURCE / "packaging/make-stack", self.place, "27000", "test"], capture_output=True, text=True, check=False
        )

    def test_the_small_stacks_maker_refuses_it_as_well(self) -> None:
        self.place.mkdir()
        (self.place / "holdfast.yaml").write_text("an operator's")
        made = self.make_stack()
        self.assertEqual(made.returncode, 1)
        self.assertIn("was not made by this program", made.stderr)
        self.assertEqual((self.place / "holdfast.yaml").read_text(), "an operator's")

    def test_the_small_stacks_maker_knows_its_own(self) -> None:
        for _ in range(2):
            made = self.make_stack()
            self.assertEqual((made.returncode, made.stderr), (0, ""))
        self.assertIn("port: 27000", (self.place / "holdfast.yaml").read_text())


class QuickstartTest(unittest.TestCase):
    def test_a_port_is_a_decimal_number(self) -> None:
        for port in ("08443", "443", "x"):
            ended = subprocess.run(
                [SOURCE / "packaging/quickstart", "--port", port], capture_output=True, text=True, check=False
            )
            self.assertEqual(ended.returncode, 1)
            self.assertIn(f"not: {port}", ended.stderr)


class CertificatesTest(Directory):
    def verify(self, *names: str) -> bool:
        """Whether the authority stands for a certificate with these names."""
        tls = self.layout.tls
        (tls / "extensions").write_text(f"subjectAltName={','.join(names)}\n")
        request = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=x", "-keyout", "x.key", "-out", "x.csr"]
        certificates.openssl(tls, *request)
        sign = ["x509", "-req", "-in", "x.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"]
        certificates.openssl(tls, *sign, "-extfile", "extensions", "-out", "x.crt")
        ended = subprocess.run(
            ["openssl", "verify", "-CAfile", "ca.crt", "x.crt"], cwd=tls, capture_output=True, check=False
        )
        return ended.returncode == 0

    def test_the_authority_stands_for_this_machine_alone(self) -> None:
        with self.silent():
            certificates.provide(self.layout)
        certificates.openssl(self.layout.tls, "verify", "-CAfile", "ca.crt", "server.crt")
        self.assertTrue(self.verify("DNS:localhost", "IP:127.0.0.1"))
        self.assertFalse(self.verify("DNS:example.org"))
        self.assertFalse(self.verify("IP:192.0.2.1"))

    def test_one_without_bounds_is_made_anew(self) -> None:
        self.layout.tls.mkdir()
        request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", "/CN=x"]
        certificates.openssl(self.layout.tls, *request, "-keyout", "ca.key", "-out", "ca.crt")
        before = (self.layout.tls / "ca.crt").read_text()
        with self.silent():
            certificates.provide(self.layout)
        after = (self.layout.tls / "ca.crt").read_text()
        self.assertNotEqual(before, after)
        certificates.provide(self.layout)
        self.assertEqual((self.layout.tls / "ca.crt").read_text(), after)


class JarsTest(Directory):
    """None is used that was not looked at."""

    def setUp(self) -> None:
        super().setUp()
        self.downloaded, self.home = self.root / "downloaded", self.root / "home"
        self.downloaded.mkdir()
        (self.downloaded / "a.jar").write_bytes(b"a")
        self.pinned = {"a.jar": (hashlib.sha256(b"a").hexdigest(), Path("modules/x/a.jar"))}

    def place(self) -> None:
        with mock.patch.object(opensearch, "wanted_jars", lambda: self.pinned):
            opensearch.place_jars(self.downloaded, self.home)

    def test_each_to_its_place(self) -> None:
        self.place()
        self.assertEqual((self.home / "modules/x/a.jar").read_bytes(), b"a")

    def test_another_content_is_refused(self) -> None:
        (self.downloaded / "a.jar").write_bytes(b"b")
        with self.assertRaisesRegex(ValueError, "a.jar is not what was pinned"):
            self.place()

    def test_one_more_and_one_less_are_refused(self) -> None:
        (self.downloaded / "b.jar").touch()
        with self.assertRaisesRegex(ValueError, "other jars than pinned: b.jar"):
            self.place()
        (self.downloaded / "b.jar").unlink()
        (self.downloaded / "a.jar").unlink()
        with self.assertRaisesRegex(ValueError, "other jars than pinned: a.jar"):
            self.place()

    def test_the_pins_name_the_modules(self) -> None:
        folders = {place.parts[1] for _, place in opensearch.wanted_jars().values() if place.parts[0] == "modules"}
        self.assertEqual(folders, {module.name for module in opensearch.MODULES})


class PinsTest(unittest.TestCase):
    def test_each_package_of_python_has_a_version_and_hashes(self) -> None:
        for name in ("requirements.txt", "tools.txt", "build.txt"):
            lines = [line for line in (PINS / name).read_text().splitlines() if not line.startswith("#")]
            packages = [line for line in lines if not line.startswith("    --hash=sha256:")]
            self.assertTrue(packages)
            for line in packages:
                self.assertRegex(line, r"^[a-z0-9._-]+==[0-9][^ ]* \\$", name)

    def test_each_package_of_the_pages_has_its_hash(self) -> None:
        lock = (PINS / "assets/pnpm-lock.yaml").read_text()
        self.assertEqual(lock.count("resolution: "), lock.count("resolution: {integrity: sha512-"))


class ConfigurationTest(Directory):
    def setUp(self) -> None:
        super().setUp()
        for folder in ("data", "data/redis", "data/rabbitmq", "data/opensearch", "data/opensearch/config", "instance"):
            (self.root / folder).mkdir()
        # The servers' users need not be here.
        patch = mock.patch.object(files, "give_open", lambda file, owner, mode, group=None: os.fchmod(file, mode))
        patch.start()
        self.addCleanup(patch.stop)
        self.passwords = passwords.provide(self.layout)

    def test_nothing_of_the_operators_is_left(self) -> None:
        configuration.provide(self.layout, self.passwords)
        looked_at = 0
        for file in self.root.rglob("*"):
            # The example itself is used as it is, and what it says is overridden beside it; so are the programs.
            if file.is_file() and file != self.root / "holdfast.yaml" and file.suffix != ".py":
                looked_at += 1
                for line in file.read_text().splitlines():
                    own = line.replace(str(self.root), "")
                    if not line.lstrip().startswith(("#", ";")) and own == line:
                        self.assertIsNone(OPERATORS.search(line), f"{file}: {line}")
        self.assertGreater(looked_at, 15)

    def test_all_listens_on_loopback(self) -> None:
        configuration.provide(self.layout, self.passwords)
        listens = re.findall(r"^\s*listen (.*?);", (self.root / "etc/nginx.conf").read_text(), re.MULTILINE)
        self.assertEqual(len(listens), 3)
        for address in listens:
            self.assertTrue(address.startswith("127.0.0.1:"), address)

    def test_holdfast_reads_the_example_as_it_is(self) -> None:
        file = configuration.provide(self.layout, self.passwords)
        self.assertEqual(file.read_text(), (EXAMPLE / "holdfast.yaml").read_text())
        own = (self.root / "stack.d/demonstration.yaml").read_text()
        self.assertNotIn("$", own)
        for port in asdict(self.layout.ports).values():
            if port not in (self.layout.ports.http,):
                self.assertIn(str(port), own)

    def test_passwords_are_for_root_alone(self) -> None:
        configuration.provide(self.layout, self.passwords)
        secrets = set(asdict(self.passwords).values())
        for file in self.root.rglob("*"):
            if file.is_file() and any(secret in file.read_text() for secret in secrets):
                self.assertEqual(file.stat().st_mode & 0o077, 0, file)

    def test_words_that_the_example_lost_are_told(self) -> None:
        with self.assertRaisesRegex(configuration.NotInExample, "redis.conf has no 'not there'"):
            configuration.derived("redis.conf", [("not there", "")])

    def test_a_second_call_changes_nothing(self) -> None:
        configuration.provide(self.layout, self.passwords)
        before = {path: path.stat().st_mtime_ns for path in self.root.rglob("*") if path.is_file()}
        configuration.provide(self.layout, self.passwords)
        after = {path: path.stat().st_mtime_ns for path in self.root.rglob("*") if path.is_file()}
        self.assertEqual(before, after)


class RabbitmqTest(unittest.TestCase):
    def test_a_hash_is_salt_and_sha256_of_both(self) -> None:
        raw = base64.b64decode(databases.rabbitmq_hash("password"))
        self.assertEqual(raw[4:], hashlib.sha256(raw[:4] + b"password").digest())
        self.assertNotEqual(raw, base64.b64decode(databases.rabbitmq_hash("password")))


class BeatTest(Directory):
    """config/invenio/beat.py: what of a schedule can be read goes on, and beat gets a file that it can write."""

    def setUp(self) -> None:
        super().setUp()
        self.schedule = self.root / "schedule"

    def writable(self) -> None:
        with dbm.open(str(self.schedule), "w") as file:
            for number in range(200):
                file[f"key {number}"] = b"x" * 100

    def test_nothing_there_is_a_first_start(self) -> None:
        beat.renew(self.schedule)
        self.assertEqual(list(self.root.iterdir()), [])

    def test_what_is_sound_is_kept(self) -> None:
        with dbm.open(str(self.schedule), "n") as file:
            file["entries"] = pickle.dumps({"a": 1})
            file["broken"] = b"not a pickle"
        with self.silent() as told:
            beat.renew(self.schedule)
        self.assertIn("broken", told.getvalue())
        with dbm.open(str(self.schedule), "r") as file:
            self.assertEqual(file.keys(), [b"entries"])
            self.assertEqual(pickle.loads(file[b"entries"]), {"a": 1})
        self.writable()

    def test_what_is_no_database_is_put_away(self) -> None:
        self.schedule.write_bytes(b"\0garbage" * 1000)
        with self.silent() as told:
            beat.renew(self.schedule)
        self.assertIn("begins anew", told.getvalue())
        self.writable()

    def test_only_files_of_the_schedule_are_touched(self) -> None:
        with dbm.open(str(self.schedule), "n") as file:
            file["entries"] = pickle.dumps(1)
        neighbour = self.root / "schedule-of-another"
        neighbour.write_text("kept")
        beat.renew(self.schedule)
        self.assertEqual(neighbour.read_text(), "kept")


class PreloadTest(Directory):
    """config/invenio/preload.py, as uWSGI executes it, with packages that stand for InvenioRDM's."""

    def setUp(self) -> None:
        super().setUp()
        self.write("invenio_app_rdm/config.py", "print('config')")
        self.write("invenio_app/factory.py", "print('factory')")
        self.write("extension.py", "import signal\nprint('extension', signal.getsignal(signal.SIGTERM).name)\nApp = 1\n")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def preloaded(self, entry_points: str) -> list[str]:
        self.write("some-1.dist-info/METADATA", "Name: some\nVersion: 1\n")
        self.write("some-1.dist-info/entry_points.txt", entry_points)
        program = (
            "import runpy, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
            f"runpy.run_path({str(SOURCE / 'config/invenio/preload.py')!r}); print(signal.getsignal(signal.SIGTERM).name)"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONPATH": str(self.root)}, capture_output=True, text=True, check=True
        )
        return ran.stdout.splitlines()

    def test_a_stop_meanwhile_is_not_ignored(self) -> None:
        told = self.preloaded("[invenio_base.apps]\none = extension:App\n")
        self.assertEqual(told, ["config", "factory", "extension SIG_DFL", "SIG_IGN"])

    def test_what_cannot_be_imported_is_told_and_passed_over(self) -> None:
        self.write("invenio_app_rdm/config.py", "raise ValueError('broken')")
        told = self.preloaded("[invenio_base.blueprints]\nnone = nowhere:App\none = extension:App\n")
        self.assertIn("preload: invenio_app_rdm.config: ValueError('broken')", told)
        self.assertIn("preload: nowhere:App: ModuleNotFoundError(\"No module named 'nowhere'\")", told)
        self.assertIn("extension SIG_DFL", told)


class SetupTest(Directory):
    """config/invenio/setup.py, with nothing of InvenioRDM but the commands that it is asked for."""

    FOREIGN = (
        "flask",
        "flask.cli",
        "invenio_access.models",
        "invenio_accounts.models",
        "invenio_app.cli",
        "invenio_app.factory",
        "invenio_db",
        "invenio_files_rest.models",
        "invenio_oaiserver.models",
        "invenio_oauth2server.models",
        "invenio_search",
        "invenio_search.utils",
        "invenio_vocabularies.records.models",
        "sqlalchemy",
    )

    def setUp(self) -> None:
        super().setUp()
        for patch in (
            mock.patch.dict(sys.modules, {name: mock.MagicMock() for name in self.FOREIGN}),
            mock.patch.dict("os.environ"),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        sys.modules.pop("setup", None)
        self.addCleanup(lambda: sys.modules.pop("setup", None))
        self.setup: Any = importlib.import_module("setup")
        self.asked: list[tuple[str, ...]] = []
        self.fails_at: tuple[str, ...] | None = None
        self.setup.invenio = self.ask
        self.setup.database_identity = lambda: "database x"
        self.setup.current_app.instance_path = str(self.root)
        self.setup.VocabularyType.query.all.return_value = [mock.Mock(id="licenses")]
        # A repository that is there.
        for name in ("missing_indices", "missing_oai_sets"):
            setattr(self.setup, name, list)
        for name in ("superuser_is_allowed", "role", "canary_has_token"):
            setattr(self.setup, name, lambda: True)

    def ask(self, *words: str) -> None:
        self.asked.append(words)
        if words == self.fails_at:
            raise RuntimeError(words)

    def run_it(self) -> str:
        self.asked.clear()
        memory = self.setup.Memory(self.root / "memory", "setup")
        with self.silent() as told:
            self.setup.run(self.setup.setup_steps(memory), memory)
        return str(told.getvalue())

    def test_a_lost_memory_destroys_nothing(self) -> None:
        for _ in range(2):
            (self.root / "memory").unlink(missing_ok=True)
            self.setup.inspect.return_value.has_table.return_value = True
            self.run_it()
            self.assertEqual(
                self.asked,
                [
                    ("rdm-records", "custom-fields", "init"),
                    ("communities", "custom-fields", "init"),
                    ("rdm", "pages", "create"),
                    ("queues", "declare"),
                    ("rdm-records", "fixtures"),
                ],
            )

    def test_what_is_done_is_not_asked_again(self) -> None:
        self.run_it()
        self.run_it()
        self.assertEqual(self.asked, [])

    def test_entries_are_written_again_only_after_a_loading_that_was_cut_short(self) -> None:
        self.assertNotIn("written again", self.run_it())
        again = ("rdm-records", "add-to-fixture", "licenses")
        self.assertNotIn(again, self.asked)
        (self.root / "memory").unlink()
        self.fails_at = ("rdm-records", "fixtures")
        with self.assertRaises(RuntimeError):
            self.run_it()
        self.fails_at = None
        self.assertIn("written again", self.run_it())
        self.assertEqual(self.asked, [again, ("rdm-records", "fixtures")])

    def test_the_examples_values_are_refused_by_name_and_not_told(self) -> None:
        application = self.setup.SCRIPT.load_app.return_value
        application.config = {
            "SECRET_KEY": "CHANGE-ME",
            "BROKER_URL": "amqp://a:CHANGE-ME@b//",
            "OTHER": 1,
            "GOOD": "x",
        }
        with mock.patch.object(sys, "argv", ["setup.py", "setup", str(self.root / "memory")]):
            with self.assertRaises(SystemExit) as end:
                self.setup.main()
        self.assertIn("it is in BROKER_URL, SECRET_KEY: write values of your own", str(end.exception))
        self.assertNotIn("amqp", str(end.exception))
        self.assertEqual(self.asked, [])


class ExampleTest(unittest.TestCase):
    def test_nothing_beside_the_static_files_is_served(self) -> None:
        site = (EXAMPLE / "nginx-site.conf").read_text()
        aliases = re.findall(r"location (\S+) \{\s+alias (\S+);", site)
        self.assertTrue(aliases)
        for location, path in aliases:
            self.assertTrue(location.endswith("/") and path.endswith("/"), location)

    def test_no_token_that_everybody_knows(self) -> None:
        self.assertNotRegex((EXAMPLE / "secrets.env").read_text(), r"(?m)^INVENIO_CANARY_TOKEN=")

    def test_the_preset_of_the_worker_says_its_queues_twice(self) -> None:
        preset = (SOURCE / "config/presets/invenio-worker.yaml").read_text()
        consumed = re.search(r'^  queues: .*default: "(.*)"}$', preset, re.MULTILINE)
        probed = re.search(r"^  ready: .*queues: \[(.*?)\]", preset, re.MULTILINE)
        assert consumed and probed
        self.assertEqual(consumed[1].split(","), probed[1].split(", "))


if __name__ == "__main__":
    unittest.main()
