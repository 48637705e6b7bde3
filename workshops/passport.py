"""終身學習時數: the 25-column file of the learner's passport, in Big5, with whom it could not take.

Who people are (身分證字號、生日) comes from a file that staff bring for this one answer. It is held in memory,
matched, written into the answer and forgotten: decision 009.
"""

import csv
import io
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

from foundation.errors import Refused
from foundation.idnumbers import clean_id_number
from foundation.rocdate import format_digits, parse_date
from foundation.sheets import Column, OutColumn, Written, read_table, write_table
from foundation.text import clean_code, clean_email, search_key

HEADER = (
    "*身分證字號,*課程名稱,*開課起始日期,*開課起始時間,*開課結束日期,*開課結束時間,*姓名,*學位學分,"
    "*課程類別代碼,*上課縣市,*期別,*訓練總數,*訓練總數單位,訓練成績,證件字號,出勤上課狀況,生日,*學習性質,"
    "*數位時數,*實體時數,課程代碼,*實際上課起始日期,*實際上課起始時間,*實際上課結束日期,*實際上課結束時間"
)
NO_DEGREE, IN_HOURS = "6", "1"  # 學位學分 無；訓練總數單位 小時
MOST_ROWS = 3000  # of one file
# Where the file goes reads code page 950, which is Big5 with the ETEN characters (碁 銹 裏 墻 恒 粧 嫺).
ENCODING = "cp950"
LEFT_OUT = "未列入名單"

IDENTIFIER_COLUMNS = (
    Column("unit", "機關代碼", required=False),
    Column("email", "電子郵件", required=False),
    Column("name", "姓名"),
    Column("id_number", "身分證字號", aliases=("統一證號",)),
    Column("born_on", "生日", required=False, aliases=("出生日期",)),
)


class PassportRefused(Refused):
    """The file cannot be made as things stand."""


@dataclass(frozen=True)
class Identity:
    """One row of the identifiers file: whom it means, and either who that is or why the row cannot be used."""

    row: int
    unit: str
    email: str
    name: str
    number: str = ""
    born_on: date | None = None
    problem: str = ""


def read_identities(content, filename, *, today):
    """The rows of the file that staff brought; SheetRefused when it cannot be read."""
    table = read_table(content, filename, columns=IDENTIFIER_COLUMNS)
    return [_identity(row, today) for row in table]


def _identity(row, today):
    try:
        known = {
            "unit": clean_code(row.get("unit")),
            "email": clean_email(row.get("email")),
            "name": search_key(str(row["name"] or "")),
        }
    except Refused as refusal:
        return Identity(row.number, "", "", "", problem=str(refusal))
    try:
        number = clean_id_number(row["id_number"])
        born_on = parse_date(row["born_on"]) if row.get("born_on") else None
    except Refused as refusal:
        # A date's refusal repeats what was typed; a number's never does.
        told = "生日看不懂" if "日" in str(refusal) and "身分證" not in str(refusal) else str(refusal)
        return Identity(row.number, **known, problem=f"識別資料第 {row.number} 列：{told}")
    if born_on and born_on >= today:
        return Identity(row.number, **known, problem=f"識別資料第 {row.number} 列：生日在今天之後")
    return Identity(row.number, **known, number=number, born_on=born_on)


class Identities:
    """The identifiers by what they are found with: e-mail first, else unit and name."""

    def __init__(self, rows):
        self.by_email, self.by_name = defaultdict(list), defaultdict(list)
        for row in rows:
            if row.email:
                self.by_email[row.email].append(row)
            if row.unit and row.name:
                self.by_name[row.unit, row.name].append(row)

    def of(self, enrolment, namesakes):
        """The identity of somebody who came; PassportRefused with the reason to leave them out."""
        person = enrolment.person
        name = search_key(person.name)
        found = self.by_email.get(person.email.lower(), []) if person.email else []
        if found and all(row.name != name for row in found):
            raise PassportRefused(f"識別資料第 {found[0].row} 列的電子郵件相符，姓名不同")
        if not found:
            key = (enrolment.unit.unit.code, name)
            # A row with another e-mail means somebody else of that name.
            found = [row for row in self.by_name[key] if not (row.email and person.email)]
            if found and namesakes[key] > 1:
                raise PassportRefused("本機關有同姓名的人，請在識別資料加電子郵件")
        if not found:
            raise PassportRefused("識別資料中沒有這個人")
        if len({(row.number, row.born_on, row.problem) for row in found}) > 1:
            rows = "、".join(str(row.row) for row in found)
            raise PassportRefused(f"識別資料第 {rows} 列都相符，內容不同")
        if found[0].problem:
            raise PassportRefused(found[0].problem)
        return found[0]


def require_ready(session):
    """What the file must have and the session does not say yet is refused, all at once."""
    missing = [
        words
        for words, value in (
            ("開始時間", session.starts_at),
            ("結束時間", session.ends_at),
            ("課程類別代碼", session.course_category),
            ("期別", session.course_term),
        )
        if not value
    ]
    if missing:
        raise PassportRefused(f"{session}還沒有填{'、'.join(missing)}，時數檔少不了這幾欄。")
    if not session.is_attendance_closed:
        raise PassportRefused(f"{session}出席還沒有結算；結算後才知道時數是誰的。")


def make(session, identities):
    """(the ZIP as Written, how many are in the file, how many were left out)."""
    require_ready(session)
    came = list(
        session.enrolments.came().select_related("unit__unit", "person").order_by("unit__unit__code", "pk")
    )
    namesakes = Counter((each.unit.unit.code, search_key(each.person.name)) for each in came)
    known, rows, left_out = Identities(identities), [], []
    for enrolment in came:
        try:
            identity = known.of(enrolment, namesakes)
            rows.append((enrolment, identity.number, _row(session, enrolment, identity)))
        except PassportRefused as refusal:
            left_out.append((enrolment, str(refusal)))
    rows, left_out = _without_doubles(rows, left_out)
    return _packed(session, [row for _, _, row in rows], left_out), len(rows), len(left_out)


def _row(session, enrolment, identity):
    """One line of the file; refused, naming the characters, when Big5 cannot hold it."""
    day = format_digits(session.held_on)
    starts, ends = f"{session.starts_at:%H:%M}", f"{session.ends_at:%H:%M}"
    row = (
        identity.number,
        f"{session.title}{session}",
        day,
        starts,
        day,
        ends,
        enrolment.person.name,
        NO_DEGREE,
        session.course_category,
        session.course_county,
        session.course_term,
        _hours(session.hours),
        IN_HOURS,
        "",
        "",
        "",
        format_digits(identity.born_on) if identity.born_on else "",
        session.learning_kind,
        _hours(session.online_hours),
        _hours(session.hours - session.online_hours),
        session.course_code,
        day,
        starts,
        day,
        ends,
    )
    if lacking := dict.fromkeys(c for value in row for c in value if not _fits(c)):
        named = "、".join(f"「{c}」（U+{ord(c):04X}）" for c in lacking)
        raise PassportRefused(f"Big5 沒有{named}，請到終身學習網站以網頁登錄")
    return row


def _fits(character):
    """Whether Big5 holds the character and gives the same one back."""
    try:
        return character.encode(ENCODING).decode(ENCODING) == character
    except UnicodeEncodeError:
        return False


def _hours(value):
    return f"{value.normalize():f}"


def _without_doubles(rows, left_out):
    """Two people under one number: neither goes out, for one of them would get the other's hours."""
    times = Counter(number for _, number, _ in rows)
    doubles = [
        (enrolment, "識別資料中有兩個人是同一個身分證字號")
        for enrolment, number, _ in rows
        if times[number] > 1
    ]
    return [row for row in rows if times[row[1]] == 1], left_out + doubles


def _packed(session, rows, left_out):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for first in range(0, len(rows), MOST_ROWS):
            part = rows[first : first + MOST_ROWS]
            name = f"{session.held_on.isoformat()}_({first + 1}~{first + len(part)}).csv"
            archive.writestr(name, as_csv(part))
        if left_out:
            archive.writestr(f"{LEFT_OUT}.ods", _left_out_sheet(session, left_out).content)
    return Written("application/zip", "zip", len(rows), packed.getvalue())


def as_csv(rows):
    """The exact header, every value in quotes, CRLF, Big5."""
    text = io.StringIO()
    text.write(f"{HEADER}\r\n")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(ENCODING)


def _left_out_sheet(session, left_out):
    columns = ("機關代碼", OutColumn("機關", width=28), "職稱", "姓名", OutColumn("沒有列入的理由", width=60))
    rows = [(e.unit.unit.code, e.unit.name, e.person.title, e.person.name, reason) for e, reason in left_out]
    return write_table("ods", title=f"{session}{LEFT_OUT}", columns=columns, rows=rows)
