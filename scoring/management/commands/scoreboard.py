"""`scoreboard YEAR --format json|csv|xlsx|ods|pdf [--category C] [--output FILE]` (design §4)."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agencies.models import Category, Programme
from foundation.errors import Refused
from foundation.numbers import parse_int
from scoring.board import compute_board
from scoring.exports import FORMATS, write_board

TEXT_FORMATS = ("json", "csv")


class Command(BaseCommand):
    help = "印出一個年度各機關的完成度。"

    # Everything is read as text and checked here: a refusal is one line and exit code 1.
    def add_arguments(self, parser):
        parser.add_argument("year", nargs="?", default="", help="民國年度，例：105")
        parser.add_argument("--format", default="json", help="、".join(FORMATS))
        parser.add_argument("--category", help="只列一類機關：類別代號或中文名稱")
        parser.add_argument("--output", type=Path, help="寫入的檔案；未填時寫到標準輸出")

    def handle(self, *, year, format, category, output, **options):
        if format not in FORMATS:
            raise CommandError(f"不認得格式「{format}」；可用 {'、'.join(FORMATS)}。")
        programme = self._programme(year)
        board = compute_board(programme, at=timezone.now(), category=self._category(category))
        try:
            content = write_board(board, format).content
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        if output is None:
            self._print(content, format)
            return
        try:
            output.write_bytes(content)
        except OSError as error:
            raise CommandError(f"無法寫入「{output}」：{error.strerror}。") from None

    def _programme(self, year):
        try:
            return Programme.objects.get(year=parse_int(year, name="年度"))
        except Programme.DoesNotExist:
            raise CommandError(f"沒有{year}年度。") from None
        except ValueError as error:
            raise CommandError(str(error)) from None

    def _category(self, text):
        """A category by its key or its Chinese name."""
        if text is None:
            return None
        for category in Category:
            if text.strip() in (category.value, category.label):
                return category.value
        raise CommandError(f"不認得類別「{text}」；可用 {'、'.join(Category.labels)}。")

    def _print(self, content, format):
        if format in TEXT_FORMATS:
            self.stdout.write(content.decode("utf-8"), ending="")
        elif sys.stdout.isatty():
            raise CommandError(f"{format} 不能顯示在畫面上，請以 --output 指定檔案。")
        else:
            sys.stdout.buffer.write(content)
