"""Large files on their way in: announced, received, assembled, claimed."""

import base64
import hashlib
import io
import os
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.http import UnreadablePostError
from django.test import Client
from django.utils import timezone

from foundation import files, invariants, processes, sweeping, upload_views, uploads
from foundation.errors import Refused
from foundation.inspection.limits import MB
from foundation.models import Event, Job, StoredFile, StrayFile, Upload, UploadPart
from foundation.uploads import UploadRefused
from tests import factories as make
from tests.factories import taipei
from tests.races import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

AT = taipei(2016, 6, 1)
CONTENT = b"%PDF-1.7 " + bytes(range(256)) * 8
OWN = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def owner():
    return make.make_user(name="測試聯絡人")


@pytest.fixture
def window(client, owner):
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def incoming():
    folder = Path(default_storage.path("incoming"))
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def work():
    call_command("run_worker", "--once")


def announce(client, *, name="教材.pdf", size=len(CONTENT), **headers):
    metadata = f"filename {base64.b64encode(name.encode()).decode()},filetype YQ=="
    return client.post(
        "/uploads/",
        content_type="application/octet-stream",
        headers={**OWN, "Upload-Length": str(size), "Upload-Metadata": metadata, **headers},
    )


def send(client, url, offset, content, **headers):
    return client.patch(
        url,
        content,
        CONTENT_LENGTH=str(len(content)),
        CONTENT_TYPE=headers.pop("content_type", "application/offset+octet-stream"),
        headers={**OWN, "Upload-Offset": str(offset), **headers},
    )


def head(client, url):
    return client.head(url, headers=OWN)


# The conversation -------------------------------------------------------------------------------------


def test_a_file_arrives_in_parts_and_is_stored_under_its_digest(window, owner):
    created = announce(window)
    url = created["Location"]

    answers = [
        (created.status_code, created["Tus-Resumable"]),
        (send(window, url, 0, CONTENT[:1000]).status_code, head(window, url)["Upload-Offset"]),
        (send(window, url, 1000, CONTENT[1000:]).status_code, head(window, url)["Upload-Offset"]),
    ]
    upload = Upload.objects.get()
    assert (upload.stored, [(part.offset, part.length) for part in upload.parts.all()]) == (
        None,
        [(0, 1000), (1000, len(CONTENT) - 1000)],
    )
    work()

    upload.refresh_from_db()
    assert answers == [(201, "1.0.0"), (204, "1000"), (204, str(len(CONTENT)))]
    assert (upload.stored.name, upload.stored.size, upload.stored.sha256, upload.stored.created_by) == (
        "教材.pdf",
        len(CONTENT),
        hashlib.sha256(CONTENT).hexdigest(),
        owner,
    )
    with files.open_stored(upload.stored) as content:
        assert content.read() == CONTENT
    assert incoming() == []
    assert Job.objects.get().result["SHA-256"] == upload.stored.sha256
    assert list(Event.objects.order_by("pk").values_list("action", flat=True)) == [
        "upload.received",
        "job.queued",
        "upload.stored",
    ]


# Claimed ----------------------------------------------------------------------------------------------


def test_a_form_claims_what_arrived_once(owner):
    upload = make.make_upload(owner=owner, content=CONTENT, at=AT)

    claimed = uploads.claim(token=upload.token, by=owner, at=AT)

    assert (claimed, claimed.claimed_at) == (upload, AT)
    with pytest.raises(Refused, match="已經用在另一張表單"):
        uploads.claim(token=upload.token, by=owner, at=AT)


def test_what_is_not_complete_cannot_be_claimed(owner):
    upload = make.make_upload(owner=owner, at=AT)

    with pytest.raises(Refused, match="還沒有上傳完成"):
        uploads.claim(token=upload.token, by=owner, at=AT)


def test_nobody_claims_what_another_sent_or_what_is_too_old(owner):
    upload = make.make_upload(owner=owner, content=CONTENT, at=AT)

    for person, at in ((make.make_staff(), AT), (owner, AT + timedelta(hours=24))):
        with pytest.raises(Refused, match="找不到這個上傳的檔案"):
            uploads.claim(token=upload.token, by=person, at=at)


def test_who_waits_for_a_stored_file_is_told_within_its_transaction(owner, monkeypatch):
    upload = make.make_upload(owner=owner, content=CONTENT)
    told = []
    monkeypatch.setattr(uploads, "_stored_hooks", [lambda upload, at: told.append((upload, upload.stored))])

    work()

    assert told == [(upload, StoredFile.objects.get())]


def test_a_hook_that_fails_leaves_the_upload_unstored(owner, monkeypatch):
    upload = make.make_upload(owner=owner, content=CONTENT)

    def broken(upload, at):
        raise ValueError("broken hook")

    monkeypatch.setattr(uploads, "_stored_hooks", [broken])
    work()

    upload.refresh_from_db()
    assert (upload.stored, StoredFile.objects.count(), Job.objects.get().state) == (None, 0, "failed")


# Let go -----------------------------------------------------------------------------------------------


def test_an_upload_is_discarded_with_its_bytes(owner, django_capture_on_commit_callbacks):
    upload = make.make_upload(owner=owner, content=CONTENT, at=AT)

    with django_capture_on_commit_callbacks(execute=True):
        uploads.discard(upload, by=owner, at=AT)

    assert (Upload.objects.count(), incoming()) == (0, [])
    assert Event.objects.filter(action="upload.discarded", actor=owner).exists()


def test_what_nobody_claims_expires_a_day_after_its_last_byte(owner, django_capture_on_commit_callbacks):
    old = make.make_upload(owner=owner, content=CONTENT, at=AT)
    claimed = make.make_upload(owner=owner, content=CONTENT, at=AT)
    uploads.claim(token=claimed.token, by=owner, at=AT)

    uploads.expire(at=AT + timedelta(hours=24, seconds=-1))
    assert Upload.objects.count() == 2
    with django_capture_on_commit_callbacks(execute=True):
        uploads.expire(at=AT + timedelta(hours=24))

    assert list(Upload.objects.all()) == [claimed]
    assert incoming() == [claimed.token.hex]
    assert not Upload.objects.filter(pk=old.pk).exists()


# What is not taken --------------------------------------------------------------------------------------


def words(response):
    return response.content.decode()


def test_a_part_goes_on_exactly_where_the_last_one_ended(window):
    url = announce(window)["Location"]
    send(window, url, 0, CONTENT[:1000])

    statuses = [
        send(window, url, offset, CONTENT[offset : offset + 500]).status_code
        for offset in (0, 500, 999, 1001, 1500)
    ]

    assert statuses == [409] * 5
    assert words(send(window, url, 0, CONTENT[:9])) == "伺服器已有 1000 位元組，請從那裡接續。"
    assert head(window, url)["Upload-Offset"] == "1000"


def test_a_finished_upload_takes_nothing_more(window):
    url = announce(window)["Location"]
    send(window, url, 0, CONTENT)

    assert send(window, url, 0, CONTENT[:9]).status_code == 409
    assert send(window, url, len(CONTENT), b"more").status_code == 413
    assert send(window, url, len(CONTENT), b"").status_code == 204
    assert Job.objects.count() == 1


class Unreadable(io.RawIOBase):
    """A body that tells when somebody reads it."""

    def readable(self):
        return True

    def readinto(self, buffer):
        raise AssertionError("the body was read")


def test_a_size_that_lies_is_refused_before_the_body(window):
    url = announce(window, size=1000)["Location"]

    response = window.generic(
        "PATCH",
        url,
        headers={**OWN, "Upload-Offset": "0"},
        CONTENT_TYPE="application/offset+octet-stream",
        CONTENT_LENGTH="1001",
        **{"wsgi.input": io.BufferedReader(Unreadable())},
    )

    assert response.status_code == 413
    assert "登記為 1000 位元組，這次送來的會超過" in words(response)


def test_a_line_that_breaks_off_keeps_what_came(owner):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            return super().read(700) or self.cut()

        def cut(self):
            raise UnreadablePostError("connection reset")

    upload = make.make_upload(owner=owner, size=2000)

    reached = uploads.receive(upload, offset=0, length=2000, body=Broken(b"x" * 1000), at=timezone.now)

    assert (reached, upload.offset()) == (1000, 1000)
    upload.refresh_from_db()
    assert (upload.received_at, upload.writer, upload.writing_until) == (None, "", None)


def test_a_fast_line_is_read_in_larger_pieces_and_a_slow_one_in_small_ones(owner, monkeypatch):
    """Between two pieces the lease is renewed, so no piece may take long."""
    asked, seconds = [], iter((0, 0, 0, 0, 0, 9, 0, 0))
    clock = SimpleNamespace(now=0)

    class Line(io.BytesIO):
        def read(self, size=-1):
            asked.append(size // 1024)
            clock.now += next(seconds)
            return super().read(size)

    monkeypatch.setattr(uploads, "time", SimpleNamespace(monotonic=lambda: clock.now))
    size = 3 * MB + 256 * 1024
    upload = make.make_upload(name="教材.mp4", owner=owner, size=size)

    assert uploads.receive(upload, offset=0, length=size, body=Line(bytes(size)), at=timezone.now) == size

    assert asked == [128, 128, 256, 512, 1024, 1024, 128, 128]


def test_only_one_request_writes_at_a_time(window, owner):
    upload = make.make_upload(owner=owner, size=len(CONTENT))
    url = f"/uploads/{upload.token}/"
    Upload.objects.update(writer="other", writing_until=timezone.now() + timedelta(seconds=30))

    refused = send(window, url, 0, CONTENT)
    Upload.objects.update(writing_until=timezone.now() - timedelta(seconds=1))
    taken = send(window, url, 0, CONTENT)

    assert (refused.status_code, taken.status_code) == (423, 204)


def test_the_lease_of_a_process_that_is_gone_holds_nobody_up(window, owner):
    """kill -9: the same number, begun one tick earlier, is a process that was there before this one."""
    upload = make.make_upload(owner=owner, size=len(CONTENT))
    url = f"/uploads/{upload.token}/"
    place, pid, began = processes.this_process().split("-")
    leased = timezone.now() + timedelta(seconds=30)

    statuses = []
    for process in (f"{place}-{pid}-{began}", f"elsewhere-{pid}-1", f"{place}-{pid}-{int(began, 16) - 1:x}"):
        Upload.objects.update(writer=f"{process}-1", writing_until=leased)
        statuses.append(send(window, url, 0, CONTENT).status_code)

    assert statuses == [423, 423, 204]


def test_only_one_of_those_that_come_takes_the_place_of_a_writer_that_is_gone(owner, monkeypatch):
    upload = make.make_upload(owner=owner, size=len(CONTENT))
    leased = timezone.now() + timedelta(seconds=30)
    Upload.objects.update(writer="gone-1", writing_until=leased)
    monkeypatch.setattr(processes, "is_gone", lambda name: name == "gone")
    first, second = (uploads._Writer(Upload.objects.get(pk=upload.pk), at=timezone.now) for _ in range(2))

    first.take()
    with pytest.raises(UploadRefused, match="另一個連線正在傳送這個檔案"):
        second.take()

    assert Upload.objects.get().writer == first.name
    assert first.name != second.name and len(first.name) <= 32


def test_uploads_leave_threads_for_pages(window, owner, monkeypatch):
    """What finds no place is told to come again, nothing of it read; a place is free again after each part."""
    monkeypatch.setattr(upload_views, "places", threading.BoundedSemaphore(1))
    upload = make.make_upload(owner=owner, size=len(CONTENT))
    url = f"/uploads/{upload.token}/"

    with upload_views.places:
        refused = send(window, url, 0, CONTENT)
    broken = send(window, url, 7, CONTENT[7:])
    taken = send(window, url, 0, CONTENT)

    assert (refused.status_code, broken.status_code, taken.status_code) == (503, 409, 204)
    assert "稍候會自動接續" in refused.content.decode()


def test_a_writer_that_was_thought_dead_writes_no_more(owner, monkeypatch):
    monkeypatch.setattr(uploads, "RENEW_EVERY", 0)
    upload = make.make_upload(owner=owner, size=len(CONTENT))

    class Overtaken(io.BytesIO):
        def read(self, size=-1):
            Upload.objects.update(writer="other")
            return super().read(size)

    with pytest.raises(UploadRefused, match="另一個連線已接手"):
        uploads.receive(upload, offset=0, length=len(CONTENT), body=Overtaken(CONTENT), at=timezone.now)

    assert upload.offset() == 0
    assert files.incoming_path(upload.token.hex).stat().st_size == 0


def test_another_person_finds_no_upload(client, owner):
    url = f"/uploads/{make.make_upload(owner=owner, size=9).token}/"
    client.force_login(make.make_administrator(), backend="django.contrib.auth.backends.ModelBackend")

    answers = [head(client, url), send(client, url, 0, b"x"), client.delete(url, headers=OWN)]

    assert [response.status_code for response in answers] == [404] * 3
    assert Upload.objects.count() == 1


def test_nobody_uploads_without_being_logged_in(client):
    response = announce(client)

    assert response.status_code == 401
    assert words(response) == "登入已逾時；請在另一個分頁重新登入，再按「繼續」。"


def test_a_claimed_upload_is_the_forms_alone(window, owner):
    upload = make.make_upload(owner=owner, content=CONTENT)
    uploads.claim(token=upload.token, by=owner, at=timezone.now())
    url = f"/uploads/{upload.token}/"

    assert head(window, url).status_code == 404
    assert window.delete(url, headers=OWN).status_code == 404
    with pytest.raises(UploadRefused, match="已經送入表單"):
        uploads.discard(upload, by=owner, at=timezone.now())


def test_the_person_gives_an_upload_up(window, django_capture_on_commit_callbacks):
    url = announce(window)["Location"]
    send(window, url, 0, CONTENT[:1000])

    with django_capture_on_commit_callbacks(execute=True):
        assert window.delete(url, headers=OWN).status_code == 204

    assert (head(window, url).status_code, incoming()) == (404, [])


@pytest.mark.parametrize(
    ("name", "size", "status", "sentence"),
    (
        ("教材.exe", 9, 415, "不接受「教材.exe」這種檔案；可上傳的有 mp4、webm、pptx"),
        ("教材", 9, 415, "不接受「教材」這種檔案"),
        ("教材.pdf", 0, 400, "「教材.pdf」是空白檔案（0 位元組）"),
        ("教材.pdf", 100 * MB + 1, 413, "超過PDF的上限 100 MB"),
        ("教材.mp4", 2048 * MB + 1, 413, "超過影片的上限 2 GB"),
    ),
)
def test_a_file_that_would_not_be_taken_is_refused_before_it_travels(window, name, size, status, sentence):
    response = announce(window, name=name, size=size)

    assert (response.status_code, response["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert sentence in words(response)
    assert not Upload.objects.exists()


@pytest.mark.parametrize("size", (100 * MB, 100 * MB - 1))
def test_a_file_of_just_the_limit_is_taken(window, size):
    assert announce(window, size=size).status_code == 201


@pytest.mark.parametrize(
    ("name", "kept"),
    (
        ("../../etc/教材.pdf", "教材.pdf"),
        ("..\\..\\教材.pdf", "教材.pdf"),
        ("教\x00材.pdf", "教材.pdf"),
        ("教\r\n材.pdf", "教材.pdf"),
        ("教材\u202efdp.pdf", "教材fdp.pdf"),
        ("堃峯喆𠮷.pdf", "堃峯喆𠮷.pdf"),
        ("a" * 296 + ".pdf", "a" * 196 + ".pdf"),
        ("字" * 104 + ".pdf", "字" * 65 + ".pdf"),
    ),
)
def test_a_name_becomes_only_a_name(window, name, kept):
    url = announce(window, name=name, size=9)["Location"]

    assert Upload.objects.get().name == kept
    assert head(window, url)["Upload-Metadata"] == f"filename {base64.b64encode(kept.encode()).decode()}"


@pytest.mark.parametrize(
    ("headers", "status"),
    (
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "many"}, 400),
        ({"Upload-Length": "9" * 16}, 400),
        ({"Upload-Metadata": ""}, 400),
        ({"Upload-Metadata": "filename ***"}, 400),
        ({"Upload-Metadata": "filename /w=="}, 400),
    ),
)
def test_a_malformed_announcement_is_refused(window, headers, status):
    assert announce(window, **headers).status_code == status
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    (
        ({"content_type": "application/octet-stream"}, 415),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": ""}, 400),
    ),
)
def test_a_malformed_part_is_refused(window, headers, status):
    url = announce(window)["Location"]

    assert send(window, url, 0, CONTENT, **headers).status_code == status
    assert head(window, url)["Upload-Offset"] == "0"


def test_a_part_says_how_long_it_is(window):
    url = announce(window)["Location"]

    response = window.generic(
        "PATCH", url, headers={**OWN, "Upload-Offset": "0"}, CONTENT_TYPE="application/offset+octet-stream"
    )

    assert response.status_code == 411


def test_a_part_without_the_csrf_token_is_refused(owner):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    url = f"/uploads/{make.make_upload(owner=owner, size=9).token}/"

    assert send(strict, url, 0, b"x").status_code == 403
    strict.cookies["csrftoken"] = "a" * 32
    assert send(strict, url, 0, b"x", **{"X-CSRFToken": "a" * 32}).status_code == 204


def test_what_the_server_can_do_is_told_to_anybody(client):
    response = client.options("/uploads/")

    assert (
        response.status_code,
        response["Tus-Version"],
        response["Tus-Extension"],
        response["Tus-Max-Size"],
    ) == (
        204,
        "1.0.0",
        "creation,expiration,termination",
        str(2048 * MB),
    )


# A fair share ------------------------------------------------------------------------------------------


def test_one_person_has_so_many_files_under_way(window, settings):
    settings.UPLOADS_PER_PERSON = 2
    statuses = [announce(window).status_code for _ in range(3)]

    assert statuses == [201, 201, 429]


def test_one_person_has_so_much_space(window, settings, owner):
    settings.UPLOAD_MB_PER_PERSON = 100
    make.make_upload(owner=owner, size=60 * MB)

    response = announce(window, size=40 * MB + 1)

    assert (response.status_code, announce(window, size=40 * MB).status_code) == (413, 201)
    assert "會超過每人 100.0\xa0MB 的空間" in words(response)


def test_a_disk_without_room_takes_no_announcement(window, settings, monkeypatch):
    settings.UPLOAD_RESERVE_MB = 10
    free = 30 * MB
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))

    assert announce(window, size=10 * MB + 1).status_code == 507
    assert announce(window, size=10 * MB).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_many_announcements_at_once_share_the_space(settings, owner):
    settings.UPLOAD_MB_PER_PERSON = 10

    def ask():
        return uploads.announce(name="a.pdf", size=3 * MB, by=owner, at=timezone.now())

    answers = at_once([ask] * 8)

    assert Counter(map(type, answers)) == {Upload: 3, UploadRefused: 5}
    assert Upload.objects.count() == 3


# Swept up ----------------------------------------------------------------------------------------------


def stray(name=f"ab/{'ab' * 32}"):
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"stray")
    return path


def test_bytes_without_a_row_are_noted_and_removed_a_day_later(owner):
    path, kept = stray(), make.make_upload(owner=owner, content=CONTENT)
    os.utime(path, (0, 0))  # what the disk says of its age does not count

    removed = [sweeping.sweep(at=AT + timedelta(hours=hours)) for hours in (0, 23, 24)]

    assert removed == [0, 0, 1]
    assert not path.exists()
    assert incoming() == [kept.token.hex]
    assert not StrayFile.objects.exists()


def test_bytes_that_got_a_row_meanwhile_stay():
    digest = hashlib.sha256(b"stray").hexdigest()
    path = stray(f"{digest[:2]}/{digest}")
    sweeping.sweep(at=AT)

    files.store(b"stray", name="a.txt", by=None, at=AT)

    assert sweeping.sweep(at=AT + timedelta(days=2)) == 0
    assert path.exists()


def test_a_worker_sweeps_once_a_day(monkeypatch):
    swept = []
    monkeypatch.setattr(sweeping, "_swept_at", None)
    monkeypatch.setattr(sweeping, "sweep", lambda *, at: swept.append(at))
    times = [AT + timedelta(hours=hours) for hours in (0, 1, 23, 24, 25)]

    for at in times:
        sweeping.sweep_daily(at=at)

    assert swept == [times[0], times[3]]


# What must always hold ------------------------------------------------------------------------------------


def breaches():
    return list(invariants.breaches())


def test_uploads_in_every_state_are_sound(owner):
    make.make_upload(owner=owner)
    make.make_upload(owner=owner, content=CONTENT)
    work()
    make.make_upload(owner=owner, content=CONTENT)
    half = make.make_upload(owner=owner, size=100)
    uploads.receive(half, offset=0, length=50, body=io.BytesIO(b"x" * 50), at=timezone.now)

    assert breaches() == []


def test_each_breach_of_an_upload_is_found(owner):
    gap, unfinished, lost = (make.make_upload(owner=owner, content=CONTENT) for _ in range(3))
    gap.parts.update(offset=1)
    Upload.objects.filter(pk=unfinished.pk).update(received_at=None)
    files.incoming_path(lost.token.hex).unlink()
    stray()
    StrayFile.objects.create(path=f"ab/{'ab' * 32}", found_at=timezone.now() - timedelta(days=3))

    assert breaches() == [
        f"檔案：儲存區的「ab/{'ab' * 32}」沒有登錄，逾兩天仍未清理。",
        f"上傳：「教材.pdf」（{gap.pk}）在第 0 位元組處不連續。",
        f"上傳：「教材.pdf」（{gap.pk}）的收齊時間與收到的位元組數不符。",
        f"上傳：「教材.pdf」（{gap.pk}）登錄的內容不在儲存區。",
        f"上傳：「教材.pdf」（{unfinished.pk}）的收齊時間與收到的位元組數不符。",
        f"上傳：「教材.pdf」（{lost.pk}）登錄的內容不在儲存區。",
    ]


def test_bytes_lost_before_they_were_stored_are_said_to_be(owner):
    upload = make.make_upload(owner=owner, content=CONTENT)
    os.truncate(files.incoming_path(upload.token.hex), 10)

    work()

    upload.refresh_from_db()
    assert upload.problem == "「教材.pdf」在伺服器上的內容不完整，請移除後重新上傳。"
    assert (upload.stored, Job.objects.get(kind="assemble").message) == (None, upload.problem)


@pytest.mark.parametrize(
    "fields", ({"size": 0}, {"claimed_at": AT}, {"stored": "file"}), ids=("empty", "claimed", "stored")
)
def test_what_no_row_may_say(owner, fields):
    upload = make.make_upload(owner=owner)
    if "stored" in fields:
        fields = {"stored": make.make_stored_file()}

    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(**fields)


def test_a_part_stands_once_and_is_not_empty(owner):
    upload = make.make_upload(owner=owner, content=CONTENT)

    for offset, length in ((0, 5), (5000, 0)):
        with pytest.raises(IntegrityError), transaction.atomic():
            UploadPart.objects.create(upload=upload, offset=offset, length=length)
