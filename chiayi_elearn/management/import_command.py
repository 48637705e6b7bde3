"""What every `import_…` command does; each names only its kind of file."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agencies.models import Programme
from chiayi_elearn.importers import IMPORTERS
from foundation import importing
from foundation.errors import Refused


class ImportCommand(BaseCommand):
    """Reads a spreadsheet into a year: all rows or none.

    Exit code 1, with one line per problem on standard error, when anything is refused.
    """

    kind = ""

    def add_arguments(self, parser):
        parser.add_argument("year", type=int, help="民國年度，例：105")
        parser.add_argument("file", type=Path, help=".xlsx、.ods 或 .csv")
        parser.add_argument("--dry-run", action="store_true", help="只顯示預覽，不寫入")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *, year, file, dry_run, format, **options):
        try:
            programme = Programme.objects.get(year=year)
            content = file.read_bytes()
        except Programme.DoesNotExist:
            raise CommandError(f"沒有{year}年度；請先執行 open_programme {year}。") from None
        except OSError as error:
            raise CommandError(f"讀不到檔案「{file}」：{error.strerror}") from None
        importer = IMPORTERS[self.kind](programme)
        try:
            programme.require_open()
            plan = self.plan(importer, content, file.name, dry_run=dry_run)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.report(plan, format=format, with_rows=dry_run)
        if plan.refusals:
            raise CommandError("\n".join(plan.refusals))

    def plan(self, importer, content, name, *, dry_run):
        """The plan of the file; carried out unless it is a dry run or holds refused rows."""
        at = timezone.now()
        if dry_run:
            return importing.make_plan(importer, content, name, by=None, at=at)
        return importing.run(importer, content=content, filename=name, by=None, at=at)

    def report(self, plan, *, format, with_rows):
        if format == "json":
            answer = {"counts": plan.counts, "ignored": plan.ignored}
            if with_rows:
                answer["rows"] = [
                    {"row": row.number, "outcome": row.outcome, "label": row.label, "differences": row.differences, "problems": row.problems}
                    for row in plan.rows
                ]
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        if with_rows:
            for row in plan.rows:
                self.stdout.write(f"第 {row.number} 列　{importing.OUTCOMES[row.outcome]}　{row.label}")
                for what, before, after in row.differences:
                    self.stdout.write(f"　　{what}：{before} → {after}")
        counts = "、".join(f"{label} {plan.counts[key]}" for key, label in importing.OUTCOMES.items())
        self.stdout.write(f"{counts} 列。")
        if plan.ignored:
            self.stdout.write(f"略過的欄位：{'、'.join(plan.ignored)}")
