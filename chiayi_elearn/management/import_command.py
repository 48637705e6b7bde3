"""What every `import_…` command does; each names only its kind of file."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agencies.models import Programme
from chiayi_elearn.importers import IMPORTERS
from foundation import importing
from foundation.errors import Refused
from foundation.numbers import parse_int

FORMATS = ("text", "json")


class ImportCommand(BaseCommand):
    """Reads a spreadsheet into a year: all rows or none.

    Exit code 1, with one line per problem on standard error, when anything is refused.
    """

    kind = ""

    # Everything is read as text and checked here: a refusal is one line and exit code 1.
    def add_arguments(self, parser):
        parser.add_argument("year", help="民國年度，例：105")
        parser.add_argument("file", type=Path, help=".xlsx、.ods 或 .csv")
        parser.add_argument("--dry-run", action="store_true", help="只顯示預覽，不寫入")
        parser.add_argument("--format", default="text", help="、".join(FORMATS))

    def handle(self, *, year, file, dry_run, format, **options):
        if format not in FORMATS:
            raise CommandError(f"不認得格式「{format}」；可用 {'、'.join(FORMATS)}。")
        try:
            plan = self.plan(self.programme(year), file, dry_run=dry_run)
        except Refused as refusal:
            plan, problems = importing.ImportPlan(), [str(refusal)]
        else:
            problems = plan.refusals
        written = not (dry_run or problems)
        if format == "json":
            self.print_json(plan, problems, written=written, with_rows=dry_run)
        elif plan.rows or not problems:
            self.print_text(plan, problems, with_rows=dry_run)
        if problems:
            raise CommandError("\n".join(problems))

    def programme(self, year):
        number = parse_int(year, name="年度")
        try:
            return Programme.objects.get(year=number)
        except Programme.DoesNotExist:
            raise Refused(f"沒有{number}年度；請先執行 open_programme {number}。") from None

    def plan(self, programme, file, *, dry_run):
        """The plan of the file; carried out unless it is a dry run or holds refused rows."""
        programme.require_open()
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            raise Refused(f"沒有「{file}」這個檔案。") from None
        except OSError as error:
            raise Refused(f"讀不到檔案「{file}」：{error.strerror}。") from None
        importer, at = IMPORTERS[self.kind](programme), timezone.now()
        if dry_run:
            return importing.make_plan(importer, content, file.name, by=None, at=at)
        return importing.run(importer, content=content, filename=file.name, by=None, at=at)

    def print_json(self, plan, problems, *, written, with_rows):
        answer = {
            "written": written,
            "counts": plan.counts,
            "ignored": plan.ignored,
            "warnings": plan.warnings,
            "problems": problems,
        }
        if with_rows:
            answer["rows"] = [
                {
                    "row": row.number,
                    "outcome": row.outcome,
                    "label": row.label,
                    "differences": row.differences,
                    "problems": row.problems,
                    "notes": row.notes,
                }
                for row in plan.rows
            ]
        self.stdout.write(json.dumps(answer, ensure_ascii=False))

    def print_text(self, plan, problems, *, with_rows):
        if with_rows:
            for row in plan.rows:
                self.stdout.write(f"第 {row.number} 列　{importing.OUTCOMES[row.outcome]}　{row.label}")
                for what, before, after in row.differences:
                    self.stdout.write(f"　　{what}：{before} → {after}")
                for note in row.notes:
                    self.stdout.write(f"　　{note}")
        counts = "、".join(f"{label} {plan.counts[key]}" for key, label in importing.OUTCOMES.items())
        self.stdout.write(f"{counts} 列。{'有資料列被拒絕，整批都沒有寫入。' if problems else ''}")
        for warning in plan.warnings:
            self.stdout.write(f"請核對：{warning}")
        if plan.ignored:
            self.stdout.write(f"略過的欄位：{'、'.join(plan.ignored)}")
