"""The quotas file and the enrolments file (design §4).

The two may come in either order. Who is imported beyond quota or room is confirmed all the same and marked as
over the limit; when the quotas come later, those marks go as far as the seats reach.
"""

from collections import defaultdict

from django.db.models import Q
from django.db.models.functions import Lower

from agencies.imports import ProgrammeImporter, clean_unit_code
from agencies.models import Person
from foundation.importing import Change, ImportField, ImportRefused, RowRefused
from foundation.numbers import parse_int
from foundation.text import clean_email, clean_line

from . import actions
from .models import Enrolment, UnitQuota
from .people import PersonUnclear, same_person
from .seats import seats_of

MOST_SEATS = 9_999
State, Attendance = Enrolment.State, Enrolment.Attendance
IMPORTED = Enrolment.IMPORTED_OVER_LIMIT


def clean_session_number(value):
    return parse_int(value, minimum=1, maximum=999, name="梯次")


def clean_seats(value):
    return parse_int(value, maximum=MOST_SEATS, name="名額")


def clean_attendance(value):
    """A mark by its key or its Chinese name."""
    text = clean_line(value)
    for attendance in Attendance:
        if text in (attendance.value, attendance.label):
            return attendance
    raise ValueError(f"沒有「{text}」這種出席情形；可填：{'、'.join(Attendance.labels[1:])}，或空白。")


SESSION = ImportField(
    "session", "梯次", clean_session_number, kind="int", width=8, sample="1", help="數字，例如 1。"
)
UNIT = ImportField("unit", "機關代碼", clean_unit_code, sample="10010140")


class SessionImporter(ProgrammeImporter):
    """What both files need: the year's sessions and their seats."""

    def load_sessions(self):
        self.load_units()
        self.sessions = {session.number: session for session in self.programme.sessions.all()}
        self.seats = seats_of(self.sessions.values())

    def session_of(self, row):
        try:
            return self.sessions[row["session"]]
        except KeyError:
            raise RowRefused(f"{self.programme.year}年度沒有第{row['session']}梯次。", "session") from None

    def move_up(self, *, by, at):
        """Let those who wait into seats that fell free."""
        for session in self.programme.sessions.filter(enrolments__state=State.WAITING).distinct():
            actions.settle(session=session, by=by, at=at)


class QuotaImporter(SessionImporter):
    kind = "quotas"
    title = "研習名額"
    help = (
        "每列一個機關在一個梯次的名額。名額少於該機關已錄取人數的列會被拒絕；"
        "增加名額後，候補者依序遞補。檔案中沒有的機關，名額不變。"
    )
    fields = (
        SESSION,
        UNIT,
        ImportField("seats", "名額", clean_seats, kind="int", width=8, sample="3", help="0 或正整數。"),
    )

    def key(self, row):
        return (row["session"], row["unit"])

    def load(self, rows):
        self.load_sessions()
        quotas = UnitQuota.objects.filter(session__programme=self.programme)
        self.quotas = {(quota.session_id, quota.unit_id): quota for quota in quotas}
        self.held = defaultdict(list)
        held = Enrolment.objects.filter(
            session__programme=self.programme, state=State.CONFIRMED, over_limit_reason=IMPORTED
        )
        for enrolment in held.order_by("pk"):
            self.held[enrolment.session_id, enrolment.unit_id].append(enrolment)
        self.allotted_after = self._allotted_after(rows)

    def _allotted_after(self, rows):
        """All seats of each session once the whole file is in: the limit where the unused ones are released."""
        after = {number: dict(self.seats[session.pk].quotas) for number, session in self.sessions.items()}
        for row in rows:
            if row["session"] in after and row["unit"] in self.units:
                after[row["session"]][self.units[row["unit"]].pk] = row["seats"]
        return {number: sum(quotas.values()) for number, quotas in after.items()}

    def plan(self, row):
        session, unit, wanted = self.session_of(row), self.unit_of(row), row["seats"]
        seats = self.seats[session.pk]
        self._refuse_too_few(session, unit, seats, wanted)
        quota = self.quotas.get((session.pk, unit.pk))
        change = Change(label=f"{session}　{row['unit']} {unit}", is_new=quota is None)
        if quota is None:
            change.creates.append(UnitQuota(session=session, unit=unit, seats=wanted))
        else:
            change.updates.append((quota, {"seats": wanted}))
        self._seat_the_imported(session, unit, wanted, change)
        if not session.invites(unit.category):
            change.notes.append(f"{unit.get_category_display()}不在{session}的研習對象內，仍照檔案訂定名額。")
        return change

    def _refuse_too_few(self, session, unit, seats, wanted):
        """Seats in use are not taken away by a file: the page asks what becomes of whom."""
        if session.is_released:
            lowers, taken = wanted < seats.quotas.get(unit.pk, 0), seats.all_taken
            too_few = lowers and self.allotted_after[session.number] < taken
            words = f"{session}的名額已釋出，各機關共錄取 {taken} 人，名額合計不能少於 {taken} 人"
        else:
            taken = seats.taken[unit.pk]
            too_few = wanted < taken
            words = f"{unit}在{session}已錄取 {taken} 人，名額不能少於 {taken} 人"
        if too_few:
            raise RowRefused(f"{words}；要再減少，請在名額頁調降，並選擇如何處理超出的人。", "seats")

    def _seat_the_imported(self, session, unit, wanted, change):
        """Those who came by spreadsheet before their quota take its seats."""
        seats, seated = self.seats[session.pk], 0
        seats.quotas[unit.pk] = wanted
        for enrolment in self.held[session.pk, unit.pk]:
            if seats.fits(unit.pk):
                seats.take(unit.pk)
                change.unseen.append((enrolment, {"over_limit_reason": ""}))
                seated += 1
        if seated:
            change.notes.append(f"先前匯入的 {seated} 人改占名額，不再算超額。")

    def applied(self, changes, *, by, at):
        self.move_up(by=by, at=at)

    def undone(self, *, by, at):
        """Called after an undo, in its transaction: seats in use cannot be taken back."""
        self.load_sessions()
        for session in self.sessions.values():
            seats = self.seats[session.pk]
            for unit in self.units.values():
                if seats.holds_too_many(unit.pk):
                    raise ImportRefused(
                        f"{unit}在{session}已錄取 {seats.taken[unit.pk]} 人，用到這一批的名額，不能復原。"
                    )

    def export_rows(self):
        quotas = UnitQuota.objects.filter(session__programme=self.programme)
        rows = quotas.order_by("session__number", "unit__unit__code")
        return rows.values_list("session__number", "unit__unit__code", "seats").iterator()


class EnrolmentImporter(SessionImporter):
    kind = "enrolments"
    title = "薦送與出席"
    help = (
        "每列一位同仁參加一個梯次。同仁以電子郵件辨認，沒有電子郵件時以機關、姓名、職稱辨認。"
        "不受薦送期間限制；超過名額或場地的列仍會錄取，並註記「由試算表匯入」。"
        "出席空白：新的薦送為未登記，已登記的不變；要清除登記請填「未登記」。"
    )
    fields = (
        SESSION,
        UNIT,
        ImportField("name", "姓名", lambda value: clean_line(value, max_length=100), sample="王範例"),
        ImportField("title", "職稱", lambda value: clean_line(value, max_length=100), sample="課員"),
        ImportField("email", "電子郵件", clean_email, blank=True, optional=True, width=28, help="可空白。"),
        ImportField(
            "attendance",
            "出席",
            clean_attendance,
            blank=True,
            optional=True,
            width=10,
            help=f"{'、'.join(Attendance.labels[1:])}，或空白。",
        ),
    )

    def key(self, row):
        # Whether two rows mean one person takes the stored people to tell: see `_refuse_twins` and `plan`.
        return row.number

    def load(self, rows):
        self.load_sessions()
        self.rows_alike = defaultdict(list)
        for row in rows:
            if not row["email"]:
                self.rows_alike[_words(row)].append(row.number)
        self._load_people(rows)
        enrolments = Enrolment.objects.filter(session__programme=self.programme).active()
        self.enrolled = {
            (enrolment.session_id, enrolment.person_id): enrolment
            for enrolment in enrolments.select_related("unit")
        }
        self.listed, self.titles = {}, {}

    def _load_people(self, rows):
        codes = {row["unit"] for row in rows}
        units = {unit.unit_id for code, unit in self.units.items() if code in codes}
        emails = {row["email"] for row in rows if row["email"]}
        people = Person.objects.annotate(address=Lower("email"))
        self.by_email, self.by_name, self.new_emails = {}, defaultdict(list), {}
        for person in people.filter(Q(unit__in=units) | Q(address__in=emails)):
            self._know(person)

    def _know(self, person):
        if person.email:
            self.by_email[person.email.lower()] = person
        self.by_name[person.unit_id, person.name].append(person)

    def plan(self, row):
        session, unit = self.session_of(row), self.unit_of(row)
        self._refuse_twins(row)
        change = Change(label=f"{session}　{unit}　{row['name']}")
        person = self._person(row, unit, change)
        self._refuse_second_row(row, session, person)
        enrolment = self.enrolled.get((session.pk, person.pk)) if person.pk else None
        if enrolment is None:
            self._plan_new(row, session, unit, person, change)
        else:
            self._plan_known(row, enrolment, unit, change)
        return change

    def _refuse_twins(self, row):
        others = [number for number in self.rows_alike[_words(row)] if number != row.number]
        if not row["email"] and others:
            raise RowRefused(
                f"與第 {'、'.join(map(str, others))} 列同梯次、同機關、同姓名、同職稱，又都沒有電子郵件，"
                "無法分辨是不是同一人；不同的人請填電子郵件，同一人請刪去一列。",
                "name",
            )

    def _person(self, row, unit, change):
        """The person of a row; somebody new is made once for all rows that mean them."""
        words = {"name": row["name"], "title": row["title"], "email": row["email"] or ""}
        known = self.by_email.get(words["email"])
        alike = self._alike(unit, row["name"], row["title"])
        try:
            person = same_person(
                known, alike, name=row["name"], email=words["email"], email_of=self._email_of
            )
        except PersonUnclear as unclear:
            raise RowRefused(str(unclear), "email") from None
        if person is None:
            person = Person(unit=unit.unit, **words)
            self._know(person)
            change.creates.append(person)
        elif words["email"] and not known:
            self._give_email(person, words["email"], change)
        self._plan_title(row, unit, person, change)
        return person

    def _alike(self, unit, name, title):
        """Those of a unit, name and title, by the database or by this file; else those without a title yet."""
        namesakes = self.by_name[unit.unit_id, name]
        of_title = [person for person in namesakes if title in (person.title, self._new_title(person))]
        return of_title or [p for p in namesakes if not (p.title or self._new_title(p))]

    def _new_title(self, person):
        return self.titles.get(id(person), ("",))[0]

    def _email_of(self, person):
        return self.new_emails.get(id(person), person.email)

    def _give_email(self, person, email, change):
        """Who was known by words alone is known by the address from now on, in the rows that follow too."""
        self.new_emails[id(person)], self.by_email[email] = email, person
        if person.pk:
            change.updates.append((person, {"email": email}))
        else:
            person.email = email

    def _plan_title(self, row, unit, person, change):
        title, number = self.titles.setdefault(id(person), (row["title"], row.number))
        if title != row["title"]:
            raise RowRefused(f"這位同仁在第 {number} 列的職稱是「{title}」，請一致。", "title")
        if person.pk and (person.unit_id == unit.unit_id or not person.title):
            change.updates.append((person, {"title": title}))

    def _refuse_second_row(self, row, session, person):
        number = self.listed.setdefault((session.pk, id(person)), row.number)
        if number != row.number:
            raise RowRefused(
                f"與第 {number} 列是同一人；同一人在一個梯次只能有一列。若是不同人，請填各自的電子郵件。",
                "name",
            )

    def _plan_new(self, row, session, unit, person, change):
        change.is_new = True
        attendance = row["attendance"] or Attendance.UNMARKED
        if session.is_attendance_closed and not attendance:
            attendance = Attendance.ABSENT
            change.notes.append("本梯次出席已結算，沒有登記的算缺席。")
        change.creates.append(
            Enrolment(
                session=session,
                unit=unit,
                person=person,
                state=State.CONFIRMED,
                attendance=attendance,
                over_limit_reason=self._seat(session, unit, change),
                created_by=self.by,
                created_at=self.at,
            )
        )

    def _plan_known(self, row, enrolment, unit, change):
        if enrolment.unit_id != unit.pk:
            raise RowRefused(f"這位同仁已由{enrolment.unit}薦送同一梯次。", "unit")
        wanted = {}
        if enrolment.state == State.WAITING:
            session = self.sessions[row["session"]]
            wanted["state"] = State.CONFIRMED
            wanted["over_limit_reason"] = self._seat(session, unit, change)
        if row["attendance"] is not None:
            wanted["attendance"] = row["attendance"]
        closed = self.sessions[row["session"]].is_attendance_closed
        if closed and wanted.get("attendance", enrolment.attendance) == Attendance.UNMARKED:
            raise RowRefused("本梯次出席已結算，請填出席情形。", "attendance")
        change.updates.append((enrolment, wanted))

    def _seat(self, session, unit, change):
        """Take a seat; the mark of an enrolment for which there is none."""
        seats = self.seats[session.pk]
        full = seats.full(unit.pk)
        if not full:
            seats.take(unit.pk)
            return ""
        change.notes.append(f"{'、'.join(full)}，仍予錄取並註記「{IMPORTED}」。")
        return IMPORTED

    def applied(self, changes, *, by, at):
        self._align(by=by, at=at)

    def undone(self, *, by, at):
        """Called after an undo, in its transaction: the seats given back go to those who wait."""
        self.move_up(by=by, at=at)
        self._align(by=by, at=at)

    def _align(self, *, by, at):
        """The certificates of sessions that were settled before follow what the file says."""
        for session in self.programme.sessions.exclude(attendance_closed_at=None):
            actions.align_certificates(session, by=by, at=at)

    def export_rows(self):
        confirmed = Enrolment.objects.filter(session__programme=self.programme).confirmed()
        rows = confirmed.order_by("session__number", "unit__unit__code", "pk").values_list(
            "session__number",
            "unit__unit__code",
            "person__name",
            "person__title",
            "person__email",
            "attendance",
        )
        for *facts, email, attendance in rows.iterator():
            yield (*facts, email or None, Attendance(attendance).label if attendance else None)


def _words(row):
    return row["session"], row["unit"], row["name"], row["title"]
