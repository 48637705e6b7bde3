"""One of everything, so that every route has something to open."""

from dataclasses import dataclass, field
from datetime import date

from agencies.models import Category, Curator
from foundation import calendars, files
from foundation.models import ImportBatch
from platform_updates.models import Attachment
from tests import factories as make
from workshops.actions import close_attendance
from workshops.models import Lecturer, Material


@dataclass
class World:
    users: dict = field(default_factory=dict)


def build_world():
    """A year in progress with two units, their contacts, and one row of each kind for the first."""
    world = World()
    world.programme = make.make_programme(year=105)
    world.unit = make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所", headcount=68)
    world.other_unit = make.make_unit(
        code="104731", name="嘉義縣立豐山實驗國(中)小", category=Category.SCHOOL, headcount=20
    )
    world.session = make.make_session(number=1)
    world.quota = make.make_quota(session=world.session, unit=world.unit, seats=2)
    world.person = make.make_person(unit=world.unit, name="林堃峯")
    world.enrolment = make.make_enrolment(session=world.session, unit=world.unit, person=world.person)
    world.settled = make.make_session(number=2)
    world.certified = make.make_enrolment(session=world.settled, unit=world.unit, attendance="present")
    close_attendance(session=world.settled, by=None, at=make.taipei(2016, 4, 19))
    world.competition = make.make_competition()
    world.entry = make.make_entry(unit=world.unit)
    make.make_entry_version(entry=world.entry)
    world.entry_file = make.make_entry_file(entry=world.entry)
    world.removed_file = make.make_removed_file(entry=world.entry)
    world.conflict = make.make_conflict(entry=world.entry, judge=make.make_judge())
    world.extension = make.make_extension(unit=world.other_unit, due_on=date(2016, 7, 8))
    world.candidate = make.make_candidate(competition=world.competition)
    world.group = world.competition.groups.get(key="agency")
    world.other_group = world.competition.groups.get(key="county_and_school")
    world.extra_review = make.make_extra_review(entry=world.entry)
    world.meeting = make.make_meeting(group=world.group)
    world.meeting_item = make.make_meeting_item(meeting=world.meeting)
    world.result = make.make_result(group=world.other_group)
    world.award_certificate = make.make_award_certificate(result=world.result)
    world.update = make.make_update(unit=world.unit)
    world.forum_topic = make.make_forum_topic(unit=world.unit)
    world.users = {
        "anonymous": None,
        "civil": make.make_user(name="測試同仁"),
        "contact": make.make_contact(unit=world.unit),
        "other_contact": make.make_contact(unit=world.other_unit),
        "judge": make.make_judge(),
        "tutor": make.make_tutor(),
        "curator": make.make_user(name="測試策展人"),
        "staff": make.make_staff(),
        "administrator": make.make_administrator(),
    }
    world.tutor = world.users["tutor"].tutorships.get()
    world.slot = make.make_slot(tutor=world.users["tutor"])
    world.consultation = make.make_consultation(
        slot=make.make_slot(tutor=world.users["tutor"], starts_at=make.taipei(2016, 4, 20, 14)),
        asker=world.users["contact"],
        unit=world.unit,
    )
    world.manual = make.make_manual()
    world.feed = calendars.renew_feed(user=world.users["civil"], at=make.taipei(2016, 4, 1))
    Curator.objects.create(user=world.users["curator"], starts_on=date(2016, 1, 1))
    world.rejected_update = make.make_update(unit=world.unit, review="rejected")
    world.rejected_topic = make.make_forum_topic(unit=world.unit, review="rejected")
    world.record = make.make_record(unit=world.unit)
    file = files.store(b"content", name="測試.txt", by=None, at=make.taipei(2016, 4, 1))
    world.attachment = Attachment.objects.create(version=world.record.latest(), file=file)
    world.lecturer = Lecturer.objects.create(session=world.session, name="測試講師", position=1)
    world.material = Material.objects.create(
        session=world.session,
        title="測試教材",
        file=file,
        added_by=world.users["staff"],
        added_at=make.taipei(2016, 4, 1),
    )
    world.appeal = make.make_appeal(item=world.rejected_topic, by=world.users["contact"])
    world.job = make.make_job(created_by=world.users["contact"])
    world.done_job = make.make_job(created_by=world.users["contact"], state="done", result_file=file)
    world.upload = make.make_upload(owner=world.users["contact"])
    world.mail = make.make_mail()
    world.checked_pdf = make.make_file_check()
    world.checked_package = make.make_package_check()
    world.viewing = make.make_viewing(file_check=world.checked_package, user=world.users["contact"])
    world.certificate = make.make_certificate()
    world.batch = ImportBatch.objects.create(
        kind="units",
        scope="105",
        state=ImportBatch.State.APPLIED,
        file=files.store(b"", name="batch.csv", by=world.users["staff"], at=make.taipei(2016, 3, 1)),
        created_by=world.users["staff"],
        created_at=make.taipei(2016, 3, 1),
        applied_at=make.taipei(2016, 3, 1),
    )
    return world
