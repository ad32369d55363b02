"""A real S3 server for tests: Ceph's RADOS gateway over one monitor and one OSD that keeps everything in memory.

All of it lives on loopback and in a temporary folder, and ends by process id. About 12 seconds to start; Debian has it:
`apt-get install --no-install-recommends ceph-mon ceph-osd radosgw ceph-common`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import trustme

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool")
PACKAGES = "ceph-mon ceph-osd radosgw ceph-common"
ACCESS_KEY = "TESTKEYOFWARCHRONICLE"
SECRET_KEY = "canary/secret+of/the/test/server0123456789"  # no message of ours may hold it
REGION = "us-east-1"
START_SECONDS = 90

CONF = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon}
public addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {folder}/keyring
run dir = {folder}
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
mon data = {folder}/mon
mon allow pool size one = true
mon warn on pool no redundancy = false
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
ms bind ipv6 = false

[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{http} ssl_endpoint=127.0.0.1:{https} ssl_certificate={folder}/server.pem
rgw enable usage log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw thread pool size = 32
"""
CAPABILITIES = {
    "mon.": ["--cap", "mon", "allow *"],
    "client.admin": ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"],
    "osd.0": ["--cap", "mon", "allow profile osd", "--cap", "osd", "allow *"],
    "client.rgw.a": ["--cap", "mon", "allow rw", "--cap", "osd", "allow rwx"],
}


@dataclass
class Rgw:
    """A running server. `http` and `https` are its endpoints, `ca` the certificate that vouches for the latter."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="rgw-")))  # short: sockets lie in it
    http: str = ""
    https: str = ""
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def environment(self) -> dict[str, str]:
        """What the standard chain of AWS reads, with the plain endpoint; nothing of the user's own configuration."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": self.http,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(self.folder / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "no-credentials"),
        }

    def client(self, endpoint: str = "") -> Any:
        """A client of boto3's own, for a test to put things in place."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=endpoint or self.http,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
            verify=str(self.ca) if endpoint.startswith("https") else None,
            config=Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, the gateway first, and remove the folder."""
        for process in reversed(self._running):  # there is nothing that they should keep: no need to ask
            process.kill()
            process.wait()
        self._running.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        mon, http, https = _free_ports(3)
        self.http, self.https = f"http://127.0.0.1:{http}", f"https://127.0.0.1:{https}"
        for name in ("mon", "osd"):
            (self.folder / name).mkdir()
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
        conf = CONF.format(fsid=fsid, folder=self.folder, mon=mon, http=http, https=https)
        (self.folder / "ceph.conf").write_text(conf)
        self._certify()
        for index, (name, capabilities) in enumerate(CAPABILITIES.items()):
            create = ["--create-keyring"] if index == 0 else []
            self._run("ceph-authtool", self.folder / "keyring", *create, "--gen-key", "-n", name, *capabilities)
        monmap = self.folder / "monmap"
        self._run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{mon}]", "--fsid", fsid, monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", self.folder / "keyring")
        self._daemon("ceph-mon", "-i", "a")
        self._run("ceph", "--connect-timeout", "20", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._daemon("ceph-osd", "-i", "0")
        gateway = self._daemon("radosgw", "-n", "client.rgw.a")
        self._run(
            *("radosgw-admin", "-n", "client.rgw.a", "user", "create", "--uid", "test", "--display-name", "test"),
            *("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY),
        )
        self._wait(gateway)

    def _certify(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca))
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(self.folder / "server.pem"))

    def _command(self, program: str, *arguments: str | Path) -> list[str]:
        return [program, *map(str, arguments), *(() if program in _BARE else ("-c", str(self.folder / "ceph.conf")))]

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            self._command(program, *arguments),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}:\n{done.stdout}{done.stderr}"

    def _daemon(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{program}.out").open("wb") as out:
            process = subprocess.Popen(
                self._command(program, "-f", *arguments),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        self._running.append(process)
        return process

    def _wait(self, gateway: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert gateway.poll() is None, (self.folder / "radosgw.out").read_text()[-2000:]
            try:
                with urllib.request.urlopen(self.http, timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"radosgw did not answer within {START_SECONDS} s")


_BARE = ("ceph-authtool", "monmaptool")  # programs that read no configuration


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@pytest.fixture(scope="session")
def rgw() -> Iterator[Rgw]:
    """One server for the whole session; use a bucket of your own."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        reason = f"no S3 server to test with: {', '.join(missing)} not found; apt-get install {PACKAGES}"
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with Rgw() as server:
        yield server
