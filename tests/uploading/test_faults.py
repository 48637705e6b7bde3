"""kill -9 of the web server and of the worker, and a full disk: what arrived stays, what did not is sent again."""

import contextlib
import hashlib
import os
import random
import resource
import subprocess
import time
from contextlib import contextmanager
from io import BytesIO

import pytest

from foundation import uploads
from foundation.models import Upload
from foundation.uploads import UploadRefused
from tests import factories as make

from .portal import Portal

MIB = 1024 * 1024


def content_of(seed, size=40 * MIB):
    return random.Random(seed).randbytes(size)


@pytest.fixture
def portal(tmp_path):
    portal = Portal(tmp_path, make.make_user(name="測試聯絡人"))
    portal.open()
    yield portal
    portal.close()


def arrives(portal, url, content):
    """Send the rest, let the worker do its part, and find the file whole, alone and in order."""
    offset = portal.offset(url)
    portal.let_leases_run_out()
    assert portal.send(url, offset, content[offset:])[0] == 204
    assert portal.work() == 0
    are_whole(portal, content)


def are_whole(portal, *contents):
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    assert portal.stored() == [
        ("教材.mp4", len(content), digest) for content, digest in zip(contents, digests, strict=True)
    ]
    assert portal.on_disk() == sorted(f"{digest[:2]}/{digest}" for digest in digests)
    found = portal.manage("check_invariants")
    assert found.returncode == 0, found.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
@pytest.mark.parametrize("seed", (105, 106, 107))
def test_the_web_server_is_killed_in_the_middle_and_the_upload_goes_on(portal, seed):
    content = content_of(seed)
    sent = random.Random(seed).randrange(MIB, len(content))
    server = portal.serve()
    url = portal.announce("教材.mp4", len(content))

    line = portal.begin(url, 0, content, sent)
    time.sleep(random.Random(seed).random())
    portal.kill(server)
    line.close()
    portal.serve()

    offset = portal.offset(url)
    on_disk = (portal.files / portal.on_disk()[0]).stat().st_size if portal.on_disk() else 0
    assert offset <= on_disk <= sent
    assert portal.stored() == []
    # The dead writer's lease holds nobody up.
    assert portal.send(url, offset, content[offset : offset + 9])[0] == 204
    arrives(portal, url, content)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("place", "kept"), (("upload.written", 0), ("upload.recorded", 32 * MIB)))
def test_the_web_server_dies_between_the_bytes_and_their_row(portal, place, kept):
    content = content_of(1)
    server = portal.serve(failpoint=place)
    url = portal.announce("教材.mp4", len(content))

    with pytest.raises(OSError):
        portal.send(url, 0, content)
    portal.kill(server)
    portal.serve()

    assert portal.offset(url) == kept
    arrives(portal, url, content)


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
@pytest.mark.parametrize("place", ("assemble.hashed", "assemble.noted", "assemble.placed", "assemble.done"))
def test_the_worker_dies_at_each_step_and_the_next_finishes(portal, place):
    portal.serve()
    contents = [content_of(seed, 3 * MIB + seed) for seed in (105, 106, 107)]

    for earlier, content in enumerate(contents):
        url = portal.announce("教材.mp4", len(content))
        assert portal.send(url, 0, content)[0] == 204
        assert portal.work(failpoint=place) == 137
        assert len(portal.stored()) == earlier + (place == "assemble.done")
        portal.let_leases_run_out()
        assert portal.work() == 0

    are_whole(portal, *contents)


@pytest.mark.django_db(transaction=True)
def test_50_mb_of_nobody_stop_at_the_door(portal):
    """The server says no and hangs up; what the client could send lies in the buffers of the line, unread."""
    portal.serve()
    url = portal.announce("教材.mp4", 50 * MIB)
    portal.session = "nobody"

    line = portal.begin(url, 0, bytes(50 * MIB), 0)
    answer, sent = b"", 0
    with contextlib.suppress(OSError):
        while sent < 50 * MIB and not answer:
            sent += line.send(bytes(64 * 1024))
            line.settimeout(0.01)
            with contextlib.suppress(TimeoutError):
                answer = line.recv(4096)
            line.settimeout(None)

    assert answer.startswith(b"HTTP/1.1 413")
    assert sent < 8 * MIB
    assert portal.on_disk() == []


# Full disk -----------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder):
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def receive(upload, content, offset=0):
    return uploads.receive(
        upload,
        offset=offset,
        length=len(content) - offset,
        body=BytesIO(content[offset:]),
        at=lambda: upload.created_at,
    )


@pytest.mark.django_db
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk; the next test needs none")
def test_a_disk_that_fills_up_in_the_middle(tmp_path, settings):
    settings.UPLOAD_RESERVE_MB = 0
    content = content_of(1, 40 * MIB)
    with small_disk(tmp_path / "small") as disk:
        settings.STORAGES["default"]["OPTIONS"]["location"] = disk
        settings.STORAGES = {**settings.STORAGES}
        upload = make.make_upload(name="教材.mp4", size=30 * MIB)
        Upload.objects.update(size=len(content))  # as when others filled the disk after the announcement
        upload.refresh_from_db()
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * 28 * MIB)

        with pytest.raises(UploadRefused, match="磁碟空間不足") as refused:
            receive(upload, content)
        incoming = disk / "incoming" / upload.token.hex
        assert (refused.value.status, upload.offset(), incoming.stat().st_size) == (507, 32 * MIB, 32 * MIB)
        with pytest.raises(UploadRefused, match="磁碟空間不足"):
            make.make_upload(name="另一個.mp4", size=MIB * 5)

        ballast.unlink()
        assert receive(upload, content, upload.offset()) == len(content)
        assert hashlib.sha256(incoming.read_bytes()).digest() == hashlib.sha256(content).digest()


@pytest.mark.django_db
def test_a_file_that_may_not_grow_further(settings):
    """As on a disk with quotas; needs no root."""
    settings.UPLOAD_RESERVE_MB = 0
    content = content_of(1, 3 * MIB)
    upload = make.make_upload(name="教材.mp4", size=len(content))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, hard))
    try:
        with pytest.raises(UploadRefused, match="磁碟空間不足") as refused:
            receive(upload, content)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (refused.value.status, upload.offset()) == (507, 0)
    assert receive(upload, content) == len(content)
