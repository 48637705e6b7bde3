"""`verify_results YEAR`: does each stored result follow from its own inputs, and is it the one decided?"""

from django.core.management.base import CommandError

from competition.management.competition_command import CompetitionCommand
from competition.models import ResultSet
from competition.verification import differences
from foundation.models import Event


class Command(CompetitionCommand):
    help = "以定案時存下的評分重算一個年度的每一版結果，並核對指紋。"

    def handle(self, *, year, **options):
        competition = self.competition(year)
        results = ResultSet.objects.filter(group__competition=competition).select_related("group")
        results = list(results.order_by("group__key", "number"))
        problems = [f"{result}：{problem}" for result in results for problem in _problems(result)]
        problems += _lost(competition, {result.sha256 for result in results})
        if problems:
            raise CommandError("\n".join(problems))
        for result in results:
            self.stdout.write(f"{result}：由所存的評分重算相符，指紋 {result.sha256}。")
        if not results:
            self.stdout.write(f"{competition.programme.year}年度還沒有定案的結果。")


def _problems(result):
    if not result.is_intact:
        yield "內容與指紋不符。"
    yield from differences(result.payload)


def _lost(competition, kept):
    """What the audit log says was decided and is no longer there as it was."""
    decided = Event.objects.filter(action="result.finalised", scope=str(competition.programme.year))
    for event in decided.order_by("pk"):
        if event.data["sha256"] not in kept:
            yield f"稽核紀錄所載的這一版不在：{event.summary}（指紋 {event.data['sha256']}）。"
