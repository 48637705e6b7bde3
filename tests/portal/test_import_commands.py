"""The `import_…` commands: exit codes, standard output and standard error (design §4)."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agencies.models import Programme, ProgrammeUnit
from chiayi_elearn.importers import IMPORTERS
from foundation.models import ImportBatch
from tests import factories as make

pytestmark = pytest.mark.django_db
HEADER = "機關代碼,機關名稱,類別,上級機關,單位人數"
GOOD = "A1,民政處,county_unit,嘉義縣政府,３０"
BAD = ("A1,民政處,不存在,,-3", "A2,某校,學校,沒這個,4")
BAD_PROBLEMS = [
    "第 2 列「類別」：沒有「不存在」這個類別；可用的類別：本府單位、所屬一級機關、家畜疾病防治所、地政事務所、鄉鎮市公所、學校、其他。",
    "第 2 列「單位人數」：單位人數「-3」不可為負數。",
    "第 3 列「上級機關」：檔案與本年度都沒有「沒這個」這個機關。",
]


@pytest.fixture
def file(tmp_path):
    def write(*lines):
        path = tmp_path / "機關.csv"
        path.write_text("\n".join((HEADER, *lines)))
        return str(path)

    return write


def run(*arguments, kind="units"):
    """What the command wrote to standard output, and its problems; none when it succeeded."""
    out = StringIO()
    try:
        call_command(f"import_{kind}", *arguments, stdout=out)
    except CommandError as refusal:
        assert refusal.returncode == 1
        return out.getvalue(), str(refusal).split("\n")
    return out.getvalue(), []


def nothing_is_written():
    return not ProgrammeUnit.objects.exists() and not ImportBatch.objects.exists()


def counts(added=0, changed=0, unchanged=0, refused=0):
    return {"added": added, "changed": changed, "unchanged": unchanged, "refused": refused}


@pytest.mark.parametrize("year", ("105", "１０５"))
def test_reads_a_file_in_and_says_so(file, year):
    make.make_programme(state=Programme.State.DRAFT)

    out, problems = run(year, file(GOOD))

    assert (out, problems) == ("新增 1、變更 0、不變 0、拒絕 0 列。\n", [])
    assert ProgrammeUnit.objects.with_headcount().get().headcount == 30


def test_dry_run_prints_each_row_and_writes_nothing(file):
    make.make_programme()

    out, problems = run("105", file(GOOD), "--dry-run")

    assert (out, problems) == ("第 2 列　新增　A1 民政處\n新增 1、變更 0、不變 0、拒絕 0 列。\n", [])
    assert nothing_is_written()


def test_dry_run_in_json_has_every_row_with_differences_and_notes(file, tmp_path):
    programme = make.make_programme()
    make.make_unit(programme=programme, code="A1", name="舊名", category="county_unit", headcount=30)
    make.make_session(programme=programme, number=1)
    quota_free = tmp_path / "薦送.csv"
    quota_free.write_text("梯次,機關代碼,姓名,職稱\n1,A1,王範例,課員")

    renamed, _ = run("105", file(GOOD), "--dry-run", "--format", "json")
    beyond, _ = run("105", str(quota_free), "--dry-run", "--format", "json", kind="enrolments")

    assert json.loads(renamed) == {
        "written": False,
        "counts": counts(changed=1),
        "ignored": [],
        "warnings": [],
        "problems": [],
        "rows": [
            {
                "row": 2,
                "outcome": "changed",
                "label": "A1 民政處",
                "differences": [["機關名稱", "舊名", "民政處"]],
                "problems": [],
                "notes": [],
            }
        ],
    }
    assert json.loads(beyond)["rows"][0]["notes"] == ["本機關名額已滿，仍予錄取並註記「由試算表匯入」。"]


@pytest.mark.parametrize("dry_run", ([], ["--dry-run"]))
def test_refused_rows_are_one_line_each_and_nothing_is_written(file, dry_run):
    make.make_programme()

    out, problems = run("105", file(*BAD), *dry_run)

    assert problems == BAD_PROBLEMS
    assert out.endswith("新增 0、變更 0、不變 0、拒絕 2 列。有資料列被拒絕，整批都沒有寫入。\n")
    assert nothing_is_written()


def test_refused_rows_in_json_say_that_nothing_is_written(file):
    make.make_programme()

    out, problems = run("105", file(*BAD), "--format", "json")

    assert problems == BAD_PROBLEMS
    assert json.loads(out) == {
        "written": False,
        "counts": counts(refused=2),
        "ignored": [],
        "warnings": [],
        "problems": BAD_PROBLEMS,
    }


@pytest.mark.parametrize(
    ("arguments", "problem"),
    (
        (["104", "機關.csv"], "沒有104年度；請先執行 open_programme 104。"),
        (["今年", "機關.csv"], "年度「今年」不是數字。"),
        (["105", "不在.csv"], "沒有「不在.csv」這個檔案。"),
        (["105", "讀我.txt"], "只收 .xlsx、.ods、.csv 三種檔案。"),
        (["106", "機關.csv"], "106年度已凍結，資料不能再變更。"),
    ),
)
@pytest.mark.parametrize("options", ([], ["--dry-run"]))
def test_what_is_refused_before_any_row_is_one_line_and_json_stays_json(
    file, tmp_path, monkeypatch, arguments, problem, options
):
    make.make_programme()
    make.make_programme(year=106, state=Programme.State.FROZEN)
    file(GOOD)
    (tmp_path / "讀我.txt").write_text("文字")
    monkeypatch.chdir(tmp_path)

    assert run(*arguments, *options) == ("", [problem])
    out, problems = run(*arguments, *options, "--format", "json")

    assert problems == json.loads(out)["problems"] == [problem]
    assert nothing_is_written()


def test_an_unknown_format_is_refused(file):
    make.make_programme()

    assert run("105", file(GOOD), "--format", "yaml") == ("", ["不認得格式「yaml」；可用 text、json。"])


def test_what_the_file_may_have_lost_is_said(tmp_path):
    make.make_programme()
    lossy = tmp_path / "機關.csv"
    lossy.write_bytes(f"{HEADER}\nA1,民政?,本府單位,,3".encode("cp950"))
    warning = (
        "第 2 列「機關名稱」有「?」，可能是存成 Big5 時遺失的字，請核對；有罕用字時請另存為「CSV UTF-8」。"
    )

    out, _ = run("105", str(lossy))

    assert f"請核對：{warning}\n" in out
    assert ImportBatch.objects.get().warnings == [warning]


@pytest.mark.parametrize("kind", IMPORTERS)
def test_every_kind_of_file_has_its_command(kind, tmp_path):
    make.make_competition(programme=make.make_programme())
    empty = tmp_path / "空.csv"
    empty.write_text("無關的欄位\n1")

    _, problems = run("105", str(empty), kind=kind)

    assert len(problems) == 1 and "欄" in problems[0]
