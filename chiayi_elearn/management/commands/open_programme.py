"""open_programme YEAR [--like YEAR]: a new draft year, by the document or as a copy of another."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chiayi_elearn.programmes import open_programme
from foundation.errors import Refused
from foundation.numbers import parse_int


class Command(BaseCommand):
    help = "開辦一個新年度：依計畫預設，或比照另一年度並移動日期。"

    def add_arguments(self, parser):
        # Read as text and checked here: a refusal is one line and exit code 1.
        parser.add_argument("year", help="民國年度，例如 106")
        parser.add_argument("--like", metavar="YEAR", help="比照的年度")

    def handle(self, *args, year, like, **options):
        try:
            year = parse_int(year, name="年度")
            like = None if like is None else parse_int(like, name="比照的年度")
            programme = open_programme(year=year, like=like, by=None, at=timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"已開辦{programme}（{programme.get_state_display()}）。")
        if like is not None:
            self.stdout.write("單位人數與研習名額未複製，請重新匯入。")
