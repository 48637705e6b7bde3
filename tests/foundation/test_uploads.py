"""Large files on their way in: announced, received, assembled, claimed."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from foundation import files, uploads
from foundation.errors import Refused
from foundation.models import Event, Job, StoredFile, Upload
from tests import factories as make
from tests.factories import taipei

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
        content_type=headers.pop("content_type", "application/offset+octet-stream"),
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
