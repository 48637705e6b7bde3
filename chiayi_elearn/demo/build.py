"""Fills an empty portal, once."""

from django.db import transaction
from django.utils import timezone

from agencies.models import Programme
from foundation.rocdate import roc_year, taipei_date

from .accounts import make_accounts
from .current import make_current_year
from .finished import make_finished_year

FINISHED_YEAR = 105


@transaction.atomic
def build(*, at=None, say=lambda text: None):
    """The sample logins as (hat, username, password), or None when there are years already."""
    if Programme.objects.exists():
        return None
    at = at or timezone.now()
    say("建立範例帳號…")
    people = make_accounts(at=at)
    say("建立 105 年度…")
    make_finished_year(people=people, year=FINISHED_YEAR)
    year = roc_year(taipei_date(at))
    say(f"建立 {year} 年度（今天進行中）…")
    make_current_year(people=people, year=year, like=FINISHED_YEAR, at=at)
    return people.logins
