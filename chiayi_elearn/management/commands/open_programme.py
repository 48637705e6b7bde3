"""open_programme YEAR [--like YEAR]: a new draft year, by the document or as a copy of another."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chiayi_elearn.programmes import open_programme
from foundation.errors import Refused


class Command(BaseCommand):
    help = "開辦一個新年度：依計畫預設，或比照另一年度並移動日期。"

    def add_arguments(self, parser):
        parser.add_argument("year", type=int, help="民國年度，例如 106")
        parser.add_argument("--like", type=int, metavar="YEAR", help="比照的年度")

    def handle(self, *args, year, like, **options):
        try:
            programme = open_programme(year=year, like=like, by=None, at=timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"已開辦{programme}（{programme.get_state_display()}）。")
        if like is not None:
            self.stdout.write("單位人數與研習名額未複製，請重新匯入。")
