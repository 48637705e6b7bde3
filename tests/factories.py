"""Rows for tests: keyword-only functions that fill what a test does not care about."""

import io
import itertools
import zipfile
from datetime import date, datetime, time, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from agencies.models import (
    Category,
    CompetitionGroup,
    Contact,
    Headcount,
    Person,
    Programme,
    ProgrammeUnit,
    Unit,
    User,
)
from competition.models import (
    AwardCertificate,
    Competition,
    Conflict,
    Criterion,
    Entry,
    EntryFile,
    EntryVersion,
    Extension,
    ExtraReview,
    Group,
    Judge,
    Meeting,
    MeetingItem,
    RemovedFile,
    ResultSet,
    Score,
    ScoreSheet,
    Topic,
)
from competition.results import build_payload
from competition.standings import standings
from competition.versions import write_version
from foundation import certificates, files, uploads
from foundation.models import Certificate, FileCheck, Job, Mail, StoredFile, Viewing
from platform_updates.models import Appeal, ForumTopic, Record, RecordVersion, Review, Update
from workshops.models import Consultation, Enrolment, Expertise, Manual, Session, Slot, Tutor, UnitQuota

TAIPEI = ZoneInfo("Asia/Taipei")
_serial = itertools.count(1)


def taipei(year, month, day, hour=0, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=TAIPEI)


def make_user(*, username=None, name="測試同仁", is_staff=False, is_superuser=False, **fields):
    username = username or f"user{next(_serial)}"
    fields.setdefault("email", f"{username}@example.test")
    user = User(username=username, name=name, is_staff=is_staff, is_superuser=is_superuser, **fields)
    user.set_unusable_password()
    user.save()
    return user


def make_staff(**fields):
    return make_user(**{"name": "測試承辦人", "is_staff": True, **fields})


def make_administrator(**fields):
    return make_staff(**{"name": "測試管理者", "is_superuser": True, **fields})


def make_programme(*, year=105, **fields):
    defaults = {
        "title": f"嘉義縣政府{year}年度測試計畫",
        "starts_on": date(year + 1911, 3, 1),
        "ends_on": date(year + 1911, 9, 30),
        "state": Programme.State.ACTIVE,
    }
    return Programme.objects.create(year=year, **{**defaults, **fields})


def the_programme(year=105):
    return Programme.objects.filter(year=year).first() or make_programme(year=year)


def make_unit(*, programme=None, code=None, name=None, category=Category.TOWNSHIP, headcount=None, **fields):
    """A unit as it takes part in the year; `headcount` is dated on the year's reference date."""
    programme = programme or the_programme()
    code = code or f"T{next(_serial):04d}"
    name = name or f"測試機關{code}"
    unit, _ = Unit.objects.get_or_create(code=code, defaults={"name": name})
    fields.setdefault("competition_group", CompetitionGroup.of(category))
    programme_unit = ProgrammeUnit.objects.create(
        programme=programme, unit=unit, name=name, category=category, **fields
    )
    if headcount is not None:
        make_headcount(unit=programme_unit, count=headcount)
    return programme_unit


def make_headcount(*, unit, count, effective_on=None):
    return Headcount.objects.create(
        programme_unit=unit,
        effective_on=effective_on or unit.programme.headcount_date,
        count=count,
    )


def make_contact(*, unit, user=None, starts_on=date(2015, 1, 1), **fields):
    """A contact of the unit; returns the user."""
    user = user or make_user(name="測試聯絡人")
    Contact.objects.create(unit=unit.unit, user=user, starts_on=starts_on, **fields)
    return user


def make_person(*, unit=None, name="測試學員", title="科員", email=None, **fields):
    email = f"person{next(_serial)}@example.test" if email is None else email
    return Person.objects.create(
        unit=unit.unit if unit else None, name=name, title=title, email=email, **fields
    )


def make_session(*, programme=None, number=1, held_on=None, **fields):
    programme = programme or the_programme()
    held_on = held_on or date(programme.year + 1911, 4, 11)
    return Session.objects.create(programme=programme, number=number, held_on=held_on, **fields)


def make_quota(*, session=None, unit=None, seats=2):
    session = session or Session.objects.first() or make_session()
    unit = unit or make_unit(programme=session.programme)
    return UnitQuota.objects.create(session=session, unit=unit, seats=seats)


def make_enrolment(*, session, unit, person=None, state=Enrolment.State.CONFIRMED, **fields):
    defaults = {"created_at": taipei(2016, 4, 1)}
    if state == Enrolment.State.WAITING:
        defaults["queued_at"] = taipei(2016, 4, 1)
    if state == Enrolment.State.CANCELLED:
        defaults["cancelled_at"] = taipei(2016, 4, 2)
    return Enrolment.objects.create(
        session=session,
        unit=unit,
        person=person or make_person(unit=unit),
        state=state,
        **{**defaults, **fields},
    )


def make_tutor(*, programme=None, user=None, fields="", **profile):
    """A tutor of the year, with fields separated by 、; returns the user."""
    user = user or make_user(name="測試輔導教師")
    tutor = Tutor.objects.create(programme=programme or the_programme(), user=user, **profile)
    Expertise.objects.bulk_create(
        Expertise(tutor=tutor, name=name, position=position)
        for position, name in enumerate(filter(None, fields.split("、")), start=1)
    )
    return user


def make_slot(*, tutor=None, starts_at=taipei(2016, 4, 13, 14), minutes=30, **fields):
    """A slot of that tutor (a user), in the year they have been a tutor first."""
    tutorship = Tutor.objects.filter(user=tutor or make_tutor()).first()
    ends_at = starts_at + timedelta(minutes=minutes)
    return Slot.objects.create(tutor=tutorship, starts_at=starts_at, ends_at=ends_at, **fields)


def make_consultation(*, slot=None, asker=None, unit=None, subject="測試主題", **fields):
    slot = slot or make_slot()
    if fields.get("state") == Consultation.State.CANCELLED:
        fields = {"cancelled_at": taipei(2016, 4, 2), "cancel_reason": "測試理由"} | fields
    if fields.get("state") == Consultation.State.DONE:
        fields = {"outcome": Consultation.Outcome.SOLVED, "minutes": 30} | fields
    return Consultation.objects.create(
        slot=slot,
        asker=asker or make_user(),
        unit=unit or make_unit(programme=slot.tutor.programme),
        subject=subject,
        question="測試問題",
        settled_at=taipei(2016, 4, 1),
        **fields,
    )


def make_manual(*, programme=None, stored=None, by=None):
    stored = stored or files.store(b"%PDF-1.4", name="ZOOM操作手冊.pdf", by=by, at=taipei(2016, 4, 1))
    return Manual.objects.create(
        programme=programme or the_programme(), stored=stored, added_by=by, added_at=taipei(2016, 4, 1)
    )


def make_competition(*, programme=None, **fields):
    """A competition with both groups, one topic each, and the four default criteria."""
    programme = programme or the_programme()
    defaults = {"title": "測試競賽", "due_on": date(programme.year + 1911, 7, 1)}
    competition = Competition.objects.create(programme=programme, **{**defaults, **fields})
    for key in CompetitionGroup.values:
        group = Group.objects.create(competition=competition, key=key)
        Topic.objects.create(group=group, name="為民服務")
    marks = (("內容", 40), ("教學設計", 30), ("媒體呈現", 20), ("創意", 10))
    for position, (name, full_marks) in enumerate(marks, start=1):
        Criterion.objects.create(competition=competition, name=name, full_marks=full_marks, position=position)
    return competition


def the_competition(programme):
    return Competition.objects.filter(programme=programme).first() or make_competition(programme=programme)


def make_entry(*, unit, state=Entry.State.SUBMITTED, submitted_at=None, title="測試作品", **fields):
    competition = the_competition(unit.programme)
    topic = Topic.objects.get(group__competition=competition, group__key=unit.competition_group)
    if state != Entry.State.DRAFT:
        fields.setdefault("receipt", f"{unit.programme.year}-{next(_serial):04d}")
        submitted_at = submitted_at or datetime.combine(competition.due_on, time(12), tzinfo=TAIPEI)
    if state == Entry.State.DISQUALIFIED:
        fields.setdefault("state_reason", "測試理由")
    return Entry.objects.create(
        unit=unit,
        competition=competition,
        topic=topic,
        title=title,
        state=state,
        submitted_at=submitted_at,
        created_at=taipei(2016, 3, 1),
        **fields,
    )


def make_whole_draft(*, unit, by=None, **fields):
    """A draft that lacks nothing but licence and consent."""
    whole = {"synopsis": "報修步驟", "making": "以簡報錄製", "uses_materials": False}
    entry = make_entry(unit=unit, state=Entry.State.DRAFT, **{**whole, **fields})
    entry.authors.create(position=1, name="林堃峯", title="科員")
    make_entry_file(entry=entry, by=by)
    return entry


def make_judge(*, programme=None, user=None, group=CompetitionGroup.AGENCY, **fields):
    """A judge on the panel of a group; returns the user."""
    user = user or make_user(name="測試評審")
    competition = the_competition(programme or the_programme())
    Judge.objects.create(group=competition.groups.get(key=group), user=user, **fields)
    return user


def make_candidate(*, competition, name="測試人選", **fields):
    """Somebody proposed; `state` approved or rejected is decided by the one who proposed."""
    by = fields.pop("by", None) or make_staff()
    at = taipei(2016, 6, 1)
    if fields.get("state", "proposed") != "proposed":
        fields = {"decided_by": by, "decided_at": at, "basis": "測試簽准", **fields}
    return competition.candidates.create(
        name=name, proposed_by=by, proposed_at=at, **{"affiliation": "測試大學", **fields}
    )


def make_update(*, unit, updated_on=None, review=Review.ACCEPTED, title="測試更新", **fields):
    if review == Review.REJECTED:
        fields.setdefault("review_reason", "測試理由")
    return Update.objects.create(
        programme=unit.programme,
        unit=unit,
        title=title,
        updated_on=updated_on or unit.programme.starts_on,
        review=review,
        created_at=taipei(2016, 3, 1),
        **fields,
    )


def make_forum_topic(*, unit, posted_on=None, replies=10, review=Review.PENDING, **fields):
    if review == Review.REJECTED:
        fields.setdefault("review_reason", "測試理由")
    return ForumTopic.objects.create(
        programme=unit.programme,
        unit=unit,
        title=fields.pop("title", "測試主題"),
        posted_on=posted_on or unit.programme.starts_on,
        replies=replies,
        review=review,
        created_at=taipei(2016, 3, 1),
        **fields,
    )


def make_extension(*, unit, due_on, by=None, reason="測試理由"):
    return Extension.objects.create(
        competition=the_competition(unit.programme),
        unit=unit,
        due_on=due_on,
        reason=reason,
        granted_by=by or make_staff(),
        granted_at=taipei(2016, 6, 1),
    )


def make_sheet(*, entry, judge, marks=(30, 20, 10, 5), signed_at=taipei(2016, 7, 20), **fields):
    """A sheet of that user; a mark of None is an abstention, fewer marks leave the rest unscored."""
    judgeship = Judge.objects.get(group=entry.topic.group, user=judge)
    sheet = ScoreSheet.objects.create(
        entry=entry,
        judge=judgeship,
        updated_at=signed_at or taipei(2016, 7, 20),
        signed_at=signed_at,
        signed_by=judge if signed_at else None,
        **fields,
    )
    criteria = entry.competition.criteria.all()
    Score.objects.bulk_create(
        Score(sheet=sheet, criterion=criterion, points=points)
        for criterion, points in zip(criteria, marks, strict=False)
    )
    return sheet


def make_conflict(*, entry, judge, by=None, reason="測試理由"):
    return Conflict.objects.create(
        judge=Judge.objects.get(group=entry.topic.group, user=judge),
        entry=entry,
        reason=reason,
        created_by=by or judge,
        created_at=taipei(2016, 7, 10),
    )


def make_extra_review(*, entry, user=None, by=None, reason="測試理由"):
    """One more judge for this entry alone; returns the review."""
    user = user or make_user(name="測試加評評審")
    judge = Judge.objects.create(group=entry.topic.group, user=user, is_extra=True)
    return ExtraReview.objects.create(
        entry=entry,
        judge=judge,
        reason=reason,
        assigned_by=by or make_staff(),
        assigned_at=taipei(2016, 7, 25),
    )


def make_meeting(*, group, held_at=taipei(2016, 7, 25, 14), by=None, **fields):
    defaults = {"place": "測試會議室", "chair": "測試主席", "recorder": "測試紀錄", "updated_at": held_at}
    return Meeting.objects.create(
        group=group, held_at=held_at, updated_by=by or make_staff(), **{**defaults, **fields}
    )


def make_meeting_item(*, meeting, subject="測試案由", decision="測試決議", **fields):
    return MeetingItem.objects.create(
        meeting=meeting,
        subject=subject,
        decision=decision,
        noted_by=meeting.updated_by,
        noted_at=meeting.held_at,
        **fields,
    )


def make_entry_file(
    *, entry, name="簡報.pptx", content=b"test", position=1, by=None, state=FileCheck.State.PASSED, **check
):
    """A file of a work whose check came to this state; `state=None`: not asked for yet."""
    by = by or make_staff()
    at = taipei(2016, 6, 1)
    stored = files.store(content, name=name, by=by, at=at)
    if state == FileCheck.State.PASSED:
        neutral = files.store(b"neutral", name="匿名副本", by=None, at=at)
        check = {"kind": FileCheck.Kind.SLIDES, "neutral": neutral, **check}
    if state is not None:
        make_file_check(stored=stored, state=state, by=by, **check)
    return EntryFile.objects.create(entry=entry, stored=stored, position=position, added_by=by, added_at=at)


def make_removed_file(*, entry, name="舊簡報.pptx", content=b"old", version=None, by=None, at=None):
    """A file that was taken out of a work."""
    by, at = by or make_staff(), at or taipei(2016, 6, 2)
    stored = files.store(content, name=name, by=by, at=at)
    return RemovedFile.objects.create(
        entry=entry, stored=stored, version=version, removed_by=by, removed_at=at
    )


def make_entry_version(*, entry, by=None, saved_at=None):
    """The work as it stands, kept as the next version."""
    return write_version(
        entry, EntryVersion.Occasion.SUBMITTED, by=by or make_staff(), at=saved_at or taipei(2016, 6, 1)
    )


def make_record(*, unit, by=None, saved_at=None, update=True, **texts):
    """A record with version 1 and, unless told otherwise, its pending update."""
    saved_at = saved_at or taipei(unit.programme.year + 1911, 4, 1)
    record = Record.objects.create(
        unit=unit,
        position="人事管理員",
        business=Record.Business.RETIREMENT,
        created_by=by,
        created_at=saved_at,
    )
    make_version(record=record, by=by, saved_at=saved_at, **texts)
    if update:
        make_update(
            unit=unit, record=record, review=Review.PENDING, updated_on=saved_at.date(), title="測試紀錄"
        )
    return record


def make_version(*, record, number=1, by=None, saved_at=None, **texts):
    defaults = {
        "title": "測試紀錄",
        "legal_basis": "測試法規",
        "body": "第一步\n第二步",
        "common_mistakes": "",
        "author": "測試提供者",
    }
    return RecordVersion.objects.create(
        record=record,
        number=number,
        saved_by=by,
        saved_at=saved_at or taipei(record.unit.programme.year + 1911, 4, 1),
        **{**defaults, **texts},
    )


def make_appeal(*, item, by=None, **fields):
    about = {"update": item} if isinstance(item, Update) else {"topic": item}
    return Appeal.objects.create(
        **about,
        text="測試申復理由",
        rejected_because=item.review_reason,
        created_by=by or make_user(name="測試聯絡人"),
        created_at=taipei(2016, 5, 1),
        **fields,
    )


def make_stored_file(*, name="測試.pdf", content_hash="0" * 64, **fields):
    """A row only; what opens the content stores it with `foundation.files.store`."""
    return StoredFile.objects.create(
        name=name, path=f"00/{content_hash}", size=1, sha256=content_hash, **fields
    )


def make_upload(*, owner=None, name="教材.pdf", size=10, content=None, at=None):
    """A file announced, and with its content received; the job that assembles it then waits."""
    owner, at = owner or make_user(name="測試聯絡人"), at or timezone.now()
    upload = uploads.announce(name=name, size=len(content or b"") or size, by=owner, at=at)
    if content is not None:
        uploads.receive(upload, offset=0, length=len(content), body=BytesIO(content), at=lambda: at)
        upload.refresh_from_db()
    return upload


def make_file_check(*, stored=None, state=FileCheck.State.PASSED, by=None, **fields):
    """A check that came to this end without anybody looking into the file."""
    stored = stored or files.store(b"content", name="測試.pdf", by=by, at=taipei(2016, 6, 1))
    if state == FileCheck.State.PASSED:
        fields = {"kind": FileCheck.Kind.PDF, "neutral": stored, **fields}
    elif state != FileCheck.State.WAITING:
        fields.setdefault("reason", "測試理由")
    if state != FileCheck.State.WAITING:
        fields.setdefault("checked_at", taipei(2016, 6, 1))
    return FileCheck.objects.create(
        stored=stored, state=state, requested_by=by, requested_at=taipei(2016, 6, 1), **fields
    )


def make_package_check(*, members=None, packed=None, start="index.html", **fields):
    """A teaching package that passed; its copy without names is the package itself."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in (members or {"index.html": "<!doctype html><p>教材"}).items():
            archive.writestr(name, text)
        for name, text in (packed or {}).items():
            archive.writestr(name, text, zipfile.ZIP_DEFLATED)
    stored = files.store(content.getvalue(), name="教材.zip", by=None, at=taipei(2016, 6, 1))
    fields = {"kind": FileCheck.Kind.PACKAGE_HTML5, "facts": {"start_page": start}, **fields}
    return make_file_check(stored=stored, neutral=stored, **fields)


def make_viewing(*, file_check, user, at=None):
    """A package that this person opened in a session that goes on."""
    at = at or timezone.now()
    session = SessionStore()
    session.create()
    return Viewing.objects.create(
        token=f"token{next(_serial)}",
        file_check=file_check,
        user=user,
        session_key=session.session_key,
        opened_at=at,
        used_at=at,
    )


def make_job(*, kind="sample.count", title="測試工作", state=Job.State.QUEUED, **fields):
    return Job.objects.create(kind=kind, title=title, state=state, **fields)


def make_mail(*, key=None, recipient="someone@example.test", subject="測試信", **fields):
    key = key or f"mail{next(_serial)}"
    defaults = {"created_at": taipei(2016, 3, 1), "next_attempt_at": taipei(2016, 3, 1)}
    return Mail.objects.create(
        key=key,
        recipient=recipient,
        subject=subject,
        body="測試內文",
        message_id=f"<{key}@example.test>",
        **{**defaults, **fields},
    )


def make_result(*, group, number=1, by=None, release_at=taipei(2016, 8, 15), **fields):
    """The group's result on the sheets as they stand, without asking whether it may be final."""
    standing = standings(group.competition, groups=[group])[0]
    payload = fields.pop("payload", None) or build_payload(standing, at=taipei(2016, 8, 5))
    defaults = {"sha256": ResultSet.fingerprint(payload), "finalised_at": taipei(2016, 8, 5)}
    return ResultSet.objects.create(
        group=group,
        number=number,
        payload=payload,
        finalised_by=by or make_staff(),
        release_at=release_at,
        **{**defaults, **fields},
    )


def make_award_certificate(*, result, receipt="A1", position=1, serial=None, certificate=None):
    """A certificate for a work of the result, without asking whether it won."""
    return AwardCertificate.objects.create(
        result=result,
        receipt=receipt,
        position=position,
        serial=serial or 1050000 + next(_serial),
        certificate=certificate or make_certificate(kind="award", title="獎狀", facts=AWARD_FACTS),
    )


AWARD_FACTS = [
    ["字號", "府人考獎字第1050001號"],
    ["服務機關（單位）", "測試機關"],
    ["競賽", "105年度測試競賽"],
    ["組別", "機關組"],
    ["獎項", "第一名"],
    ["作品", "測試作品"],
    ["獎狀日期", "民國105年9月1日"],
]


def make_certificate(**fields):
    defaults = {
        "code": certificates.new_code(),
        "kind": "hours",
        "key": f"test-{next(_serial)}",
        "title": "測試證明",
        "holder": "林堃峯",
        "facts": [["事由", "測試"]],
        "issued_at": taipei(2016, 8, 1),
    }
    return Certificate.objects.create(**{**defaults, **fields})
