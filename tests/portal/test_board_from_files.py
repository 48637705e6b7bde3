"""From the county's files to the board, by the commands: in whatever order the files come, and however they are
written, `scoreboard --format json` equals what an independent recomputation makes of the raw rows.
"""

import csv
import io
import json
from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from agencies.models import Category, CompetitionGroup
from tests.scoring.recomputation import TAIPEI, recompute

STARTS_ON, ENDS_ON, DUE_ON = date(2016, 3, 1), date(2016, 9, 30), date(2016, 7, 1)
YEAR = {
    "reference_date": STARTS_ON,
    "starts_on": STARTS_ON,
    "ends_on": ENDS_ON,
    "update_multiplier": 2,
    "update_target_tenthousandths": 2000,
    "work_target": 1,
    "topic_target": 5,
    "reply_target": 10,
    "weight_updates": 25,
    "weight_workshop": 25,
    "weight_competition": 25,
    "weight_forum": 25,
}
CODES = ("10010140", "A1", "u05", "104731", "B.2-x")
GROUP_OF = dict.fromkeys(Category.values, CompetitionGroup.AGENCY)
GROUP_OF |= {"county_unit": CompetitionGroup.COUNTY_AND_SCHOOL, "school": CompetitionGroup.COUNTY_AND_SCHOOL}
GROUP_OF |= {"other": ""}
TOPICS = {"agency": ["嘉義新時代", "為民服務"], "county_and_school": ["人事業務", "嘉義新時代", "為民服務"]}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

HEADERS = {
    "units": ("機關代碼", "機關名稱", "類別", "上級機關", "單位人數"),
    "people": ("帳號", "姓名", "電子郵件", "機關代碼", "身分", "組別"),
    "quotas": ("梯次", "機關代碼", "名額"),
    "enrolments": ("梯次", "機關代碼", "姓名", "職稱", "電子郵件", "出席"),
    "entries": ("收件編號", "機關代碼", "主題", "作品名稱", "作者", "送件日期"),
    "updates": ("編號", "機關代碼", "標題", "更新日期"),
    "forum_topics": ("編號", "機關代碼", "主題", "網址", "發表日期", "回覆數"),
}


def days(*edges):
    """Days within the period, with those at the edges, where counting goes wrong first."""
    return st.sampled_from([day + timedelta(days=move) for day in edges for move in (-1, 0, 1)]).filter(
        lambda day: STARTS_ON <= day <= ENDS_ON
    )


@st.composite
def raw_rows(draw):
    """The rows of every kind of file, as tuples in the order of its columns."""
    codes = draw(st.lists(st.sampled_from(CODES), min_size=2, unique=True))
    code = st.sampled_from(codes)
    units = [
        (
            code,
            f"機關{code}",
            draw(st.sampled_from(Category.values)),
            draw(st.sampled_from([None, "嘉義縣政府", *codes[:place]])),
            draw(st.none() | st.integers(0, 30)),
        )
        for place, code in enumerate(codes)
    ]
    category_of = {unit[0]: unit[2] for unit in units}
    quotas = draw(st.dictionaries(st.tuples(st.sampled_from([1, 2]), code), st.integers(0, 3)))
    people = [
        (code, f"學員{number}", "課員", draw(st.sampled_from([None, f"p{number}@example.test"])))
        for number, code in enumerate(draw(st.lists(code, max_size=8)))
    ]
    attendance = st.sampled_from([None, None, "present", "late", "excused", "absent"])
    entrants = [code for code in codes if GROUP_OF[category_of[code]]]
    chosen = draw(st.lists(st.sampled_from(entrants), max_size=5)) if entrants else []
    counted = [draw(code) for _ in range(draw(st.integers(0, 25)))]
    topics = [draw(code) for _ in range(draw(st.integers(0, 12)))]
    return {
        "units": units,
        "people": [
            (None, name, email, code, "同仁", None)
            for code, name, _, email in people
            if email and draw(st.booleans())
        ],
        "quotas": [(session, code, seats) for (session, code), seats in quotas.items()],
        "enrolments": [
            (session, code, name, title, email, draw(attendance))
            for code, name, title, email in people
            for session in draw(st.sets(st.sampled_from([1, 2]), min_size=1))
        ],
        "entries": [
            (
                f"105-P-{number}",
                code,
                draw(st.sampled_from(TOPICS[GROUP_OF[category_of[code]]])),
                "作品",
                "林範例、王範例",
                draw(days(STARTS_ON, DUE_ON, ENDS_ON)),
            )
            for number, code in enumerate(chosen)
        ],
        "updates": [
            (f"U-{number}", code, "更新", draw(days(STARTS_ON, ENDS_ON)))
            for number, code in enumerate(counted)
        ],
        "forum_topics": [
            (
                f"F-{number}",
                code,
                "主題",
                f"https://forum.example.test/{number}",
                draw(days(STARTS_ON, ENDS_ON)),
                draw(st.integers(8, 11)),
            )
            for number, code in enumerate(topics)
        ],
    }


def facts_of(rows):
    """The raw facts that these rows state, in the words of `recompute`."""
    return {
        "programme": YEAR,
        "units": [
            {
                "code": code,
                "name": name,
                "category": category,
                "group": GROUP_OF[category],
                "on_board": True,
                "headcounts": [] if headcount is None else [(STARTS_ON, headcount)],
            }
            for code, name, category, _, headcount in rows["units"]
        ],
        "updates": [{"unit": code, "review": "accepted", "on": day} for _, code, _, day in rows["updates"]],
        "topics": [
            {"unit": code, "review": "accepted", "on": day, "replies": replies}
            for _, code, _, _, day, replies in rows["forum_topics"]
        ],
        "quotas": {(code, session): seats for session, code, seats in rows["quotas"]},
        "enrolments": [
            {"unit": code, "session": session, "state": "confirmed", "attendance": attendance}
            for session, code, *_, attendance in rows["enrolments"]
        ],
        "due_on": DUE_ON,
        "extensions": [],
        "entries": [
            {
                "unit": code,
                "state": "submitted",
                "submitted_at": datetime(day.year, day.month, day.day, 12, tzinfo=TAIPEI),
            }
            for _, code, _, _, _, day in rows["entries"]
        ],
    }


class Office:
    """Somebody who writes rows down in files, in their own way, and reads them in."""

    def __init__(self, random, folder):
        self.random, self.folder, self.files = random, folder, 0

    def in_two_files(self, kind, rows):
        """Every row in one of the files, some in both."""
        rows = self.shuffled(rows)
        cut = self.random.randint(0, len(rows))
        first, second = rows[:cut], rows[cut:]
        repeated = self.random.sample(first, self.random.randint(0, len(first)))
        return [(kind, first), (kind, self.shuffled(second + repeated))]

    def shuffled(self, items):
        return self.random.sample(list(items), len(items))

    def read_in(self, kind, rows):
        name = self.folder / f"{kind}-{self.files}.{self.random.choice(['csv', 'xlsx'])}"
        self.files += 1
        written = [self.written(kind, row) for row in rows]
        if name.suffix == ".xlsx":
            sheet = Workbook(write_only=True)
            page = sheet.create_sheet()
            for line in [HEADERS[kind], *written]:
                page.append(line)
            sheet.save(name)
        else:
            text = io.StringIO()
            csv.writer(text).writerows([HEADERS[kind], *written])
            name.write_bytes(text.getvalue().encode(self.random.choice(["utf-8", "utf-8-sig", "cp950"])))
        call_command(f"import_{kind}", "105", str(name), stdout=io.StringIO())

    def written(self, kind, row):
        cells = [self.cell(value) for value in row]
        if kind == "units":
            cells[2] = self.random.choice([row[2], Category(row[2]).label])
        return cells

    def cell(self, value):
        if isinstance(value, date):
            return self.random.choice(
                [
                    f"{value.year - 1911}年{value.month}月{value.day}日",
                    f"民國 {value.year - 1911} 年 {value.month} 月 {value.day} 日",
                    f"{value.year - 1911}/{value.month:02}/{value.day:02}",
                    f"{value.year - 1911}.{value.month}.{value.day}".translate(FULL_WIDTH),
                    f"{value.year - 1911}{value.month:02}{value.day:02}",
                    value.isoformat(),
                ]
            )
        if isinstance(value, int):
            return self.random.choice([value, f" {value} ", str(value).translate(FULL_WIDTH)])
        return value


@pytest.mark.django_db
@pytest.mark.both_databases
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=raw_rows(), random=st.randoms(use_true_random=False))
def test_board_is_what_the_files_say_in_whatever_order_they_come(rows, random, tmp_path):
    office = Office(random, tmp_path)
    # What others refer to comes first; headcounts may come later, and one list knows fewer addresses and no marks.
    without_headcounts = [(*unit[:4], None) for unit in rows["units"]]
    unmarked = [(*row[:4], random.choice([row[4], None]), None) for row in rows["enrolments"]]
    later = [("units", rows["units"]), ("people", rows["people"]), ("enrolments", unmarked)]
    for kind in ("quotas", "enrolments", "entries", "updates", "forum_topics"):
        later += office.in_two_files(kind, rows[kind])

    with transaction.atomic():
        call_command("open_programme", "105", stdout=io.StringIO())
        office.read_in("units", without_headcounts)
        for kind, part in office.shuffled(later):
            if part:
                office.read_in(kind, part)
        board = io.StringIO()
        call_command("scoreboard", "105", format="json", stdout=board)
        call_command("check_invariants", stdout=io.StringIO())
        transaction.set_rollback(True)

    assert json.loads(board.getvalue())["units"] == recompute(facts_of(rows))
