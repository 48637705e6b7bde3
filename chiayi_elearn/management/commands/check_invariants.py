from django.core.management.base import BaseCommand, CommandError

import agencies.invariants
import competition.invariants
import foundation.invariants
import platform_updates.invariants
import scoring.invariants
import workshops.invariants

ROOMS = (
    foundation.invariants,
    agencies.invariants,
    workshops.invariants,
    competition.invariants,
    platform_updates.invariants,
    scoring.invariants,
)


class Command(BaseCommand):
    help = "檢查資料必須恆常成立的規則；每一項不符印一行，有任何一項即以 1 結束"

    def handle(self, **options):
        found = [breach for room in ROOMS for breach in room.breaches()]
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write("全部成立。")
