"""The files of a work: by upload, checked afterwards, quarantined with a chance, within the unit's space."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agencies.models import Notice
from competition import actions, completeness
from competition.actions import entry_files
from competition.models import EntryFile
from foundation import files
from foundation.errors import Refused
from foundation.models import Event, FileCheck, Mail
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
BEFORE = taipei(2016, 6, 30, 10)
AFTER = taipei(2016, 7, 2, 9)
REASON = "這是執行檔。"


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit)


@pytest.fixture
def draft(unit, contact):
    return make.make_whole_draft(unit=unit, by=contact)


def refused(action, **arguments):
    events = Event.objects.count()
    with pytest.raises(Refused) as caught:
        action(**arguments)
    assert Event.objects.count() == events
    return str(caught.value)


def received(by, *, name="教材.mp4", size=5_000_000, at=BEFORE):
    """An upload all of whose bytes are here, not yet assembled."""
    upload = make.make_upload(owner=by, name=name, size=size, at=at)
    upload.received_at = at
    upload.save()
    return upload


def stored(content=b"new", name="新檔.pdf", by=None):
    return files.store(content, name=name, by=by, at=BEFORE)


def assembled(upload, *, at=BEFORE):
    """What the job does once the hash is known."""
    upload.stored = stored(b"video", name=upload.name, by=upload.owner)
    upload.save()
    entry_files.take_in(upload, at)
    return upload.stored


def submit(entry, by, at=BEFORE):
    return actions.submit(entry=entry, licence="county", consent=True, version=entry.version, by=by, at=at)


def quarantine(entry_file, *, at):
    """What the check of a file ends with."""
    check, _ = FileCheck.objects.update_or_create(
        stored=entry_file.stored,
        defaults={
            "state": FileCheck.State.QUARANTINED,
            "reason": REASON,
            "requested_at": at,
            "checked_at": at,
            "kind": "",
            "neutral": None,
        },
    )
    entry_files.hear_check(check, at=at)
    return EntryFile.objects.get(pk=entry_file.pk)


# In ----------------------------------------------------------------------------------------------


def test_an_upload_joins_a_work_before_its_hash_is_known(draft, contact):
    upload = received(contact)

    added = actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)

    assert (added.name, added.size, added.sha256, added.is_pending) == ("教材.mp4", 5_000_000, "", True)
    upload.refresh_from_db()
    assert upload.claimed_at == BEFORE
    assert submit(draft, contact).receipt == "105-A-0001"


def test_an_upload_that_is_not_complete_or_not_ones_own_is_refused(draft, contact):
    half = make.make_upload(owner=contact, name="半.mp4", size=10, at=BEFORE)
    others = received(make.make_contact(unit=make.make_unit()))

    assert "還沒有上傳完成" in refused(actions.attach, entry=draft, token=half.token, by=contact, at=BEFORE)
    assert "找不到" in refused(actions.attach, entry=draft, token=others.token, by=contact, at=BEFORE)


def test_bytes_that_were_not_all_in_by_the_deadline_are_refused(draft, contact):
    upload = received(contact, at=AFTER)

    assert "已過繳交期限" in refused(actions.attach, entry=draft, token=upload.token, by=contact, at=AFTER)
    upload.refresh_from_db()
    assert upload.claimed_at is None


def test_the_hash_completes_file_version_and_receipt(draft, contact):
    draft.files.all().delete()
    upload = received(contact)
    actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)
    submit(draft, contact)
    letter = Mail.objects.get()
    assert "SHA-256 計算中，算好後另寄一封信" in letter.body

    content = assembled(upload)

    file = draft.files.get()
    assert (file.stored, file.sha256) == (content, content.sha256)
    assert draft.versions.get().content["files"] == f"教材.mp4，5,000,000 位元組，SHA-256 {content.sha256}"
    second = Mail.objects.exclude(pk=letter.pk).get()
    assert content.sha256 in second.body
    assert FileCheck.objects.filter(stored=content, state="waiting").exists()


def test_the_letter_for_a_disc_says_nothing_of_a_licence_nobody_gave(unit, contact):
    staff = make.make_staff()
    entry = make.make_entry(unit=unit, medium="paper_or_disc")
    upload = received(staff, at=AFTER)
    actions.attach(entry=entry, token=upload.token, by=staff, at=AFTER)

    assembled(upload, at=AFTER)

    letter = Mail.objects.get()
    assert "收到 1 個檔案" in letter.body
    assert "授權" not in letter.body and "None" not in letter.body


def test_an_upload_that_no_work_names_changes_nothing(contact):
    entry_files.take_in(received(contact), BEFORE)

    assert not EntryFile.objects.exists()


def test_the_units_space_is_kept(draft, contact, unit):
    draft.competition.unit_space_gb = 1
    draft.competition.save()
    other = make.make_whole_draft(unit=unit)
    first = received(contact, name="甲.mp4", size=700 * 1024**2)
    actions.attach(entry=other, token=first.token, by=contact, at=BEFORE)
    second = received(contact, name="乙.mp4", size=400 * 1024**2)

    sentence = refused(actions.attach, entry=draft, token=second.token, by=contact, at=BEFORE)

    assert sentence.startswith("嘉義縣竹崎鄉公所的檔案空間 1 GB 已用 700.0")
    assert "放不下；請先移除不用的檔案，或洽承辦人。" in sentence


# Quarantined ---------------------------------------------------------------------------------------


def test_a_quarantined_file_keeps_a_draft_from_being_handed_in(draft, contact):
    file = quarantine(draft.files.get(), at=BEFORE)

    assert [gap.text for gap in completeness.gaps(draft)] == ["「簡報.pptx」已隔離，請更換或移除"]
    assert "還缺：「簡報.pptx」已隔離" in refused(submit, entry=draft, by=contact)
    assert [(n.user, n.text) for n in Notice.objects.all()] == [
        (contact, "作品「測試作品」的檔案「簡報.pptx」已隔離，請更換或移除。")
    ]
    assert (file.replace_until, Mail.objects.count()) == (None, 0)

    actions.replace(entry_file=file, stored=stored(), by=contact, at=BEFORE)
    assert [(one.name, one.position) for one in draft.files.all()] == [("新檔.pdf", 1)]
    assert completeness.gaps(draft) == []


def test_a_file_quarantined_after_the_deadline_gets_a_dated_chance(draft, contact, unit):
    entry = submit(draft, contact)
    Mail.objects.all().delete()

    file = quarantine(entry.files.get(), at=AFTER)

    until = taipei(2016, 7, 6)  # three whole days
    assert file.replace_until == until
    letter = Mail.objects.get()
    assert letter.recipient == contact.email
    assert letter.subject == "作品檔案已隔離，請於 7月5日（二）24:00 前更換"
    assert "作品仍計為已送件" in letter.body and REASON in letter.body
    assert Notice.objects.first().text in letter.body
    entry.refresh_from_db()
    assert entry.is_submitted

    late = until + timedelta(seconds=1)
    new = stored(by=contact)
    assert refused(actions.replace, entry_file=file, stored=new, by=contact, at=until) == (
        "已過補換期限（7月5日（二）24:00），不能再更換。"
    )
    assert "已過補換期限" in refused(actions.replace, entry_file=file, stored=new, by=contact, at=late)
    assert "已過繳交期限" in refused(actions.attach, entry=entry, stored=new, by=contact, at=AFTER)
    assert "已過繳交期限" in refused(actions.detach, entry_file=file, by=contact, at=AFTER)
    replaced = actions.replace(entry_file=file, stored=new, by=contact, at=until - timedelta(seconds=1))
    assert list(entry.files.all()) == [replaced]
    assert entry.versions.first().occasion == "files"


def test_before_the_deadline_the_chance_lasts_at_least_until_it(draft, contact):
    entry = submit(draft, contact, at=taipei(2016, 6, 1))

    file = quarantine(entry.files.get(), at=taipei(2016, 6, 2))

    assert file.replace_until == taipei(2016, 7, 2)


def test_staff_set_the_chance(draft, contact):
    staff = make.make_staff()
    entry = submit(draft, contact)
    sound = entry.files.get()
    arguments = {"last_day": date(2016, 7, 20), "by": staff, "at": AFTER}
    assert refused(actions.extend_replacement, entry_file=sound, **arguments) == (
        "只有已送件作品中已隔離的檔案有補換期限。"
    )
    file = quarantine(sound, at=AFTER)

    assert refused(
        actions.extend_replacement, entry_file=file, **{**arguments, "last_day": date(2016, 7, 1)}
    ) == ("補換期限不能早於今天。")
    file = actions.extend_replacement(entry_file=file, **arguments)
    assert file.replace_until == taipei(2016, 7, 21)
    assert Mail.objects.filter(subject="作品檔案已隔離，請於 7月20日（三）24:00 前更換").count() == 1


def test_only_a_quarantined_file_is_replaced(draft, contact):
    assert (
        refused(actions.replace, entry_file=draft.files.get(), stored=stored(), by=contact, at=BEFORE)
        == "只有已隔離的檔案能更換。"
    )


def test_checks_that_pass_or_fail_tell_nobody(draft):
    for state in (FileCheck.State.PASSED, FileCheck.State.FAILED):
        FileCheck.objects.filter(stored=draft.files.get().stored).update(state=state, reason="r")
        entry_files.hear_check(FileCheck.objects.get(), at=BEFORE)

    assert not Notice.objects.exists()


def test_files_from_before_the_checks_are_checked(draft, contact):
    make.make_entry_file(entry=draft, position=2, by=contact, content=b"old", state=None)

    entry_files.request_checks(at=BEFORE)

    assert list(FileCheck.objects.order_by("pk").values_list("state", flat=True)) == ["passed", "waiting"]


# The page ------------------------------------------------------------------------------------------


@pytest.fixture
def contact_client(client, contact):
    client.force_login(contact)
    return client


def page_of(entry):
    return reverse("competition:entry_files", args=[entry.pk])


def test_the_page_takes_an_upload_and_answers_with_the_list(contact_client, contact, draft):
    upload = received(contact)
    with time_machine.travel(BEFORE, tick=False):
        response = contact_client.post(
            page_of(draft), {"upload": str(upload.token)}, headers={"HX-Request": "true"}
        )

    text = response.content.decode()
    assert response.status_code == 200
    assert "教材.mp4" in text and "雜湊計算中" in text and 'hx-trigger="every 4s"' in text
    assert "<html" not in text


def test_after_the_deadline_the_page_offers_only_the_replacement(contact_client, contact, draft):
    entry = submit(draft, contact)
    file = quarantine(entry.files.get(), at=AFTER)
    with time_machine.travel(AFTER, tick=False):
        plain = contact_client.get(page_of(entry)).content.decode()
        page = contact_client.get(page_of(entry) + f"?replace={file.pk}").content.decode()
        small = SimpleUploadedFile("新.pdf", b"better")
        refused_post = contact_client.post(page_of(entry), {"file": SimpleUploadedFile("x.pdf", b"x")})
        done = contact_client.post(page_of(entry), {"file": small, "replaces": str(file.pk)})

    assert "data-add-files" not in plain and f"?replace={file.pk}#add" in plain
    assert "更換「簡報.pptx」" in page and "data-add-files" in page
    assert refused_post.status_code == 422
    assert done.status_code == 302
    assert [one.name for one in entry.files.all()] == ["新.pdf"]


@pytest.mark.parametrize("wanted", ["0", "x", "²"])
def test_a_file_of_no_or_another_work_is_not_found(contact_client, draft, wanted):
    assert contact_client.get(page_of(draft) + f"?replace={wanted}").status_code == 404


def test_an_infected_file_is_not_given_out(contact_client, draft, contact):
    file = make.make_entry_file(
        entry=draft, position=2, content=b"virus", state=FileCheck.State.QUARANTINED, scan="infected"
    )
    response = contact_client.get(reverse("competition:entry_file", args=[draft.pk, file.pk]))

    assert response.status_code == 403


def test_a_file_without_its_hash_cannot_be_downloaded_yet(contact_client, draft, contact):
    upload = received(contact)
    file = actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)

    assert contact_client.get(reverse("competition:entry_file", args=[draft.pk, file.pk])).status_code == 403


def test_pages_ask_again_until_hash_and_check_are_there(client, draft, contact):
    upload = received(contact)
    actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)
    submit(draft, contact)
    client.force_login(contact)
    work, receipt = draft.get_absolute_url(), reverse("competition:entry_receipt", args=[draft.pk])

    def asks(address):
        return f'hx-get="{address}"' in client.get(address).content.decode()

    assert (asks(work), asks(receipt)) == (True, True)
    assembled(upload)
    assert (asks(work), asks(receipt)) == (True, False)
    for file in draft.files.all():
        quarantine(file, at=BEFORE)
    assert (asks(work), asks(receipt)) == (False, False)


@pytest.mark.parametrize(("at", "is_there"), [(AFTER, True), (taipei(2016, 7, 6), False)])
def test_the_work_s_page_leads_to_the_replacement_while_it_may_be_made(client, draft, contact, at, is_there):
    entry = submit(draft, contact)
    file = quarantine(entry.files.get(), at=AFTER)
    client.force_login(contact)

    with time_machine.travel(at, tick=False):
        page = client.get(entry.get_absolute_url()).content.decode()

    assert (f"/files/?replace={file.pk}#add" in page) is is_there


def test_staff_extend_the_chance_from_the_page(client, draft, contact):
    entry = submit(draft, contact)
    file = quarantine(entry.files.get(), at=AFTER)
    client.force_login(make.make_staff())
    address = reverse("competition:entry_file_extend", args=[entry.pk, file.pk])
    with time_machine.travel(AFTER, tick=False):
        bad = client.post(address, {"last_day": "13/45"}, follow=True)
        client.post(address, {"last_day": "105/7/20"})

    assert "未變更。" in bad.content.decode()
    file.refresh_from_db()
    assert file.replace_until == taipei(2016, 7, 21)


def test_the_preview_shows_the_work_without_unit_or_authors(contact_client, draft):
    make.make_entry_file(entry=draft, position=2, content=b"b", name="還沒查.mp4", state=None)

    response = contact_client.get(reverse("competition:entry_preview", args=[draft.pk]))
    copy = contact_client.get(reverse("competition:entry_preview_file", args=[draft.pk, 1]))
    hidden = contact_client.get(reverse("competition:entry_preview_file", args=[draft.pk, 2]))

    [file] = response.context["files"]
    assert (file.title, file.kind) == (f"簡報　{draft.work_code}-1.pptx", "download")
    assert file.download == reverse("competition:entry_preview_file", args=[draft.pk, 1])
    assert [one.name for one in response.context["hidden"]] == ["還沒查.mp4"]
    shown = response.content.decode().split('class="sheet preview"')[1].split('class="note"')[0]
    assert "竹崎" not in shown and "林堃峯" not in shown and "簡報.pptx" not in shown
    assert b"".join(copy.streaming_content) == b"neutral"
    assert hidden.status_code == 404


def test_the_preview_asks_again_until_every_check_is_done(contact_client, draft):
    """The note alone is exchanged, for a film may be running below it."""
    late = make.make_entry_file(entry=draft, position=2, content=b"b", name="還沒查.mp4", state="waiting")
    address = reverse("competition:entry_preview", args=[draft.pk])

    before = contact_client.get(address).content.decode()
    still = contact_client.get(address, {"shown": 1}).content.decode()
    FileCheck.objects.filter(pk=late.file_check.pk).update(
        state=FileCheck.State.PASSED, kind=FileCheck.Kind.VIDEO, neutral=late.stored, checked_at=BEFORE
    )
    done = contact_client.get(address, {"shown": 1}).content.decode()

    again = 'hx-get="?shown=1" hx-trigger="every 5s"'
    assert again in before and again in still and "有檔案檢查完了" not in still
    assert "有檔案檢查完了" in done and "every 5s" not in done
    assert "有檔案檢查完了" not in contact_client.get(address).content.decode()


def test_a_file_that_was_added_twice_says_so(contact_client, draft):
    for position, (name, content) in enumerate(
        (("影片.mp4", b"a"), ("別的.mp4", b"b"), ("再一次.mp4", b"a")), 2
    ):
        make.make_entry_file(entry=draft, position=position, content=content, name=name)

    page = contact_client.get(page_of(draft)).content.decode()

    assert page.count("內容完全相同") == 1
    assert "與「影片.mp4」內容完全相同" in page


def test_a_file_shows_how_far_its_check_is(contact_client, draft):
    file = make.make_entry_file(entry=draft, position=2, content=b"b", name="影片.mp4", state="waiting")
    job = make.make_job(state="running", message="讀取影片", done_steps=2, all_steps=4)
    FileCheck.objects.filter(pk=file.file_check.pk).update(job=job)

    assert "讀取影片（2／4）" in contact_client.get(page_of(draft)).content.decode()
