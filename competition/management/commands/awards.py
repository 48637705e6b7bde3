"""`awards YEAR --format json|xlsx|ods|pdf [--output FILE]` (design §4)."""

import sys
from pathlib import Path

from django.core.management.base import CommandError

from competition import awards
from competition.management.competition_command import CompetitionCommand
from competition.results import final_results
from foundation.errors import Refused

FORMATS = ("json", *awards.FORMATS)


class Command(CompetitionCommand):
    help = "印出一個年度已定案的得獎名單。"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--format", default="json", help="、".join(FORMATS))
        parser.add_argument("--output", type=Path, help="寫入的檔案；未填時寫到標準輸出")

    def handle(self, *, year, format, output, **options):
        if format not in FORMATS:
            raise CommandError(f"不認得格式「{format}」；可用 {'、'.join(FORMATS)}。")
        competition = self.competition(year)
        results = list(final_results(competition))
        if not results:
            raise CommandError(f"{competition.programme.year}年度還沒有定案的結果。")
        if format == "json":
            self._json(competition, results, output)
        else:
            self._file(competition, results, format, output)

    def _json(self, competition, results, output):
        value = {"year": competition.programme.year, "groups": awards.award_list(results)}
        text = self.as_json(value)
        if output is None:
            self.stdout.write(text)
        else:
            self._write(output, text.encode())

    def _file(self, competition, results, format, output):
        try:
            content = awards.export(competition, results, format, with_marks=True).content
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        if output is not None:
            self._write(output, content)
        elif sys.stdout.isatty():
            raise CommandError(f"{format} 不能顯示在畫面上，請以 --output 指定檔案。")
        else:
            sys.stdout.buffer.write(content)

    def _write(self, output, content):
        try:
            output.write_bytes(content)
        except OSError as error:
            raise CommandError(f"無法寫入「{output}」：{error.strerror}。") from None
