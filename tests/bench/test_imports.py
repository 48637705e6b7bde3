"""Ten thousand rows in: queries, time against the same by hand, and what a worker holds after a day's work."""

import io
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import process_time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from foundation import importing
from foundation.sheets import OutColumn, write_table
from platform_updates.imports import UpdateImporter
from platform_updates.models import Review, Update
from tests import factories as make

from .test_lists import UNITS, fill, prepare

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
AT = make.taipei(2016, 7, 1)
MOST_MEMORY = 130  # megabytes


def update_file(codes, count):
    """An .xlsx of so many updates, spread over the units of these codes."""
    columns = [
        OutColumn("編號"),
        OutColumn("機關代碼"),
        OutColumn("標題"),
        OutColumn("更新日期", kind="date"),
    ]
    day = date(2016, 3, 1)
    rows = (
        (f"U-{number}", codes[number % len(codes)], f"業務經驗 {number}", day + timedelta(days=number % 200))
        for number in range(count)
    )
    return write_table("xlsx", title="資料更新", columns=columns, rows=rows).content


@pytest.fixture
def units():
    programme = make.the_programme()
    return [make.make_unit(programme=programme) for _ in range(UNITS)]


def run(units, content):
    """The file through the import engine; every row is new."""
    programme = units[0].programme
    plan = importing.run(UpdateImporter(programme), content=content, filename="u.xlsx", by=None, at=AT)
    assert plan.counts == {"added": len(plan.rows), "changed": 0, "unchanged": 0, "refused": 0}


def by_hand(units, content):
    """The same rows without checks, preview or record."""
    of_code = {unit.code: unit for unit in units}
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    rows = sheet.to_python()[1:]
    Update.objects.bulk_create(
        [
            Update(
                programme=units[0].programme,
                unit=of_code[code],
                title=title,
                external_id=number,
                updated_on=date(int(day[:3]) + 1911, int(day[4:6]), int(day[7:9])),
                review=Review.ACCEPTED,
                created_at=AT,
            )
            for number, code, title, day in rows
        ],
        batch_size=importing.WRITE_BATCH,
    )


def seconds(act, *arguments):
    """The processor's time for one act, which is then taken back."""
    with transaction.atomic():
        start = process_time()
        act(*arguments)
        taken = process_time() - start
        transaction.set_rollback(True)
    return taken


def queries(units, count):
    content = update_file([unit.code for unit in units], count)
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        run(units, content)
        transaction.set_rollback(True)
    return len(captured)


def test_import_queries(units, capsys):
    """One pass: what the rows of a file ask of the database is their inserts, a fixed number for every batch."""
    one, two, twenty = (queries(units, batches * importing.WRITE_BATCH) for batches in (1, 2, 20))
    with capsys.disabled():
        print(f"\nqueries for 500, 1,000, 10,000 rows: {one}, {two}, {twenty}; {two - one} for each 500")
    assert twenty - one <= 19 * (two - one)
    assert two - one <= 10
    assert one <= 25


def test_import_time(units, capsys):
    """10,000 rows checked, previewed, written and recorded ≤ 8 × the same rows read and inserted by hand."""
    content = update_file([unit.code for unit in units], 10_000)
    pairs = [(seconds(run, units, content), seconds(by_hand, units, content)) for _ in range(3)]
    imported, hand = (median(column) for column in zip(*pairs, strict=True))
    with capsys.disabled():
        print(f"\n10,000 rows: {imported:.2f} s, {imported / hand:.2f} × by hand")
    assert imported / hand <= 8


EXPORTS = (
    ("platform_updates:update_export", ["xlsx"]),
    ("platform_updates:topic_export", ["xlsx"]),
    ("workshops:enrolment_export", ["xlsx"]),
    ("workshops:tutor_export", ["xlsx"]),
    ("foundation:event_export", []),
    *(
        ("portal:import_export", [kind, "csv"])
        for kind in (
            "units",
            "people",
            "quotas",
            "enrolments",
            "entries",
            "scores",
            "updates",
            "forum_topics",
        )
    ),
)


def test_export_queries(client, capsys):
    """3,000 rows in ten queries at most."""
    fill(prepare(), 0, 3000)
    client.force_login(make.make_administrator())
    found = {}
    for name, arguments in EXPORTS:
        with CaptureQueriesContext(connection) as captured:
            response = client.get(reverse(name, args=arguments))
            assert response.status_code == 200
            for _ in response:
                pass
        found[f"{name} {' '.join(arguments)}"] = len(captured)
    with capsys.disabled():
        print("\n" + "\n".join(f"{export}: {count} queries" for export, count in found.items()))
    assert {export: count for export, count in found.items() if count > 10} == {}


def test_worker_memory(tmp_path, capsys):
    """The board, lists, exports, an import of 10,000 rows and its undo in one process."""
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "DATABASE_URL": ""}
    printed = ""
    for act in ("prepare", "work"):
        command = [sys.executable, "-m", "tests.bench.worker", act]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        printed = done.stdout
    peaks = json.loads(printed)
    with capsys.disabled():
        print("\n" + "\n".join(f"{step}: {peak} MB" for step, peak in peaks.items()))
    assert peaks["the board as PDF"] <= MOST_MEMORY
