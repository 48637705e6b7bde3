"""`ranking YEAR --format json [--method mean|trimmed|rank_sum]` (design §4)."""

from django.core.management.base import CommandError

from competition.management.competition_command import CompetitionCommand
from competition.ranking import METHODS
from competition.standings import standings
from foundation.numbers import six_places


class Command(CompetitionCommand):
    help = "印出一個年度各組作品依現有簽名評分表的排名。"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--format", default="json", help="json")
        parser.add_argument("--method", help="、".join(METHODS) + "；未填時用本年度設定的方法")

    def handle(self, *, year, format, method, **options):
        if format != "json":
            raise CommandError(f"不認得格式「{format}」；可用 json。")
        if method is not None and method not in METHODS:
            raise CommandError(f"不認得方法「{method}」；可用 {'、'.join(METHODS)}。")
        competition = self.competition(year)
        method = method or competition.method
        groups = standings(competition, method=method)
        value = {
            "year": competition.programme.year,
            "method": method,
            "groups": [
                {"name": str(each.group), "entries": [_entry(each, ranked) for ranked in each.ranking]}
                for each in groups
            ],
        }
        self.stdout.write(self.as_json(value))


def _entry(standing, ranked):
    entry = standing.entries[ranked.entry]
    return {
        "receipt": entry.receipt,
        "title": entry.title,
        "code": entry.unit.unit.code,
        "sheets": ranked.sheets,
        "score": six_places(ranked.figure),
        "rank": ranked.rank,
        "tied": ranked.tied,
        "award": standing.award_of(ranked),
    }
