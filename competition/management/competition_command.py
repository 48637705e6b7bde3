"""What the competition's commands share: the year is read as text, and a refusal is one line."""

import json

from django.core.management.base import BaseCommand, CommandError

from agencies.models import Programme
from competition.models import Competition
from foundation.numbers import parse_int


class CompetitionCommand(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("year", help="民國年度，例：105")

    def competition(self, year):
        try:
            programme = Programme.objects.get(year=parse_int(year, name="年度"))
        except Programme.DoesNotExist:
            raise CommandError(f"沒有{year}年度。") from None
        except ValueError as error:
            raise CommandError(str(error)) from None
        competition = Competition.objects.select_related("programme").filter(programme=programme).first()
        if competition is None:
            raise CommandError(f"{programme.year}年度還沒有設定競賽。")
        return competition

    def as_json(self, value):
        return json.dumps(value, ensure_ascii=False, indent=2)
