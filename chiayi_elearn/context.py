"""What the frame of every page shows: the year, the sections of this person's hat, unread notices.

Each is worked out when a template asks for it. A visitor who is not logged in costs no query, others at most four.
"""

from functools import cached_property

from django.db.models import Exists, F, OuterRef, Subquery
from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from agencies.current import chosen_programme
from agencies.models import Contact, Curator, Programme, User
from competition.models import Judge
from workshops.models import Tutor

HOME = ("首頁", "portal:home", ())
BOARD = ("完成度", "scoring:board", ())
JUDGING = ("評審作業", "competition:judging_list", ())
ROOMS = (
    ("研習班", "workshops:session_list", ()),
    ("競賽", "competition:entry_list", ()),
    ("經驗傳承", "platform_updates:update_list", ()),
)
STAFF_SECTIONS = (
    HOME,
    BOARD,
    ("機關與人員", "agencies:unit_list", ()),
    *ROOMS,
    ("匯入", "portal:import_list", ()),
)
# Jobs and letters for the office; administrators begin with the record of who did what.
OFFICE_MACHINERY = (("系統", "foundation:job_list", ()),)
ADMINISTRATOR_SECTIONS = (("稽核與工作", "foundation:event_list", ()),)
OWN_SESSIONS = ("我的研習", "workshops:enrolment_mine", ())
TUTORS = ("輔導教師", "workshops:tutor_list", ())
NAMES = (
    "programme",
    "years",
    "sections",
    "hat",
    "notice_count",
    "notices_url",
    "year_query",
    "year_more",
    "can_search",
)


def portal(request):
    """The context processor."""
    frame = Frame(request)
    return {name: SimpleLazyObject(lambda name=name: getattr(frame, name)) for name in NAMES}


class Frame:
    def __init__(self, request):
        self.request = request
        # An error page may be made before the middleware that finds the user has run.
        user = getattr(request, "user", None)
        self.user = user if user is not None and user.is_authenticated else None

    @cached_property
    def programme(self):
        if self.user is None:
            return None
        try:
            return chosen_programme(self.request)
        except Http404:  # The page that says so needs a frame too.
            return None

    @property
    def shown(self):
        """The year of what the page shows: the row of an earlier year keeps its year without being asked."""
        return getattr(self.request, "shown_programme", None) or self.programme

    @cached_property
    def years(self):
        """(label, link, current) of every year, newest first."""
        if self.programme is None:
            return []
        return [
            (f"{year}年度", f"{self._year_page}?year={year}", year == self.shown.year)
            for year in Programme.objects.order_by("-year").values_list("year", flat=True)
        ]

    @cached_property
    def hat(self):
        """The one thing this person is here for; staff first, as their pages hold everything."""
        if self.user is None:
            return ""
        if self.user.is_staff:
            return "系統管理者" if self.user.is_superuser else "承辦人"
        facts = self._facts
        if facts["unit_code"]:
            return "職務代理" if facts["is_deputy"] else "機關聯絡人"
        hats = (("is_judge", "評審"), ("is_tutor", "輔導教師"), ("is_curator", "策展人"))
        return next((label for fact, label in hats if facts[fact]), "同仁")

    @cached_property
    def sections(self):
        """(label, link, current) of the pages this person may open; none of them leads nowhere."""
        found = [(label, _link(name, *arguments)) for label, name, arguments in self._own_sections()]
        found = [(label, link) for label, link in found if link]
        here = self._section_here([link for _, link in found])
        return [(label, f"{link}{self.year_query}", link == here) for label, link in found]

    @cached_property
    def can_search(self):
        return self.user is not None and (self.user.is_staff or bool(self._facts["unit_code"]))

    @cached_property
    def notice_count(self):
        return 0 if self.user is None else self.user.notices.filter(read_at=None).count()

    @cached_property
    def notices_url(self):
        return "" if self.user is None else _link("agencies:notice_list")

    def _own_sections(self):
        if self.user is None:
            return ()
        if self.user.is_superuser:
            return STAFF_SECTIONS + ADMINISTRATOR_SECTIONS
        if self.user.is_staff:
            return STAFF_SECTIONS + OFFICE_MACHINERY
        judging = (JUDGING,) if self._facts["is_judge"] else ()
        code = self._facts["unit_code"]
        if code:
            return (HOME, ("本機關", "scoring:scorecard", (code,)), BOARD, *ROOMS, *judging)
        return (HOME, *judging) if self.hat == "策展人" else (HOME, *judging, OWN_SESSIONS, TUTORS)

    def _section_here(self, links):
        """The section whose address begins this page's, the longest such; else one of the same first word."""
        path, home = self.request.path, _link("portal:home")
        if path == home:
            return home
        others = [link for link in links if link != home]
        beginnings = [link for link in others if path.startswith(link)]
        if beginnings:
            return max(beginnings, key=len)
        return next((link for link in others if _first_word(link) == _first_word(path)), None)

    @cached_property
    def year_query(self):
        """What links append to stay in a year that was chosen on purpose, or that is shown."""
        if self.shown is None or ("year" not in self.request.GET and self.shown == self.programme):
            return ""
        return f"?year={self.shown.year}"

    @property
    def year_more(self):
        """The same behind another parameter."""
        return self.year_query.replace("?", "&")

    @property
    def _year_page(self):
        """Where another year is shown: this page, or the list it belongs to when it is about one row."""
        match = self.request.resolver_match
        if match is None or "pk" in match.kwargs:
            return next((link for _, link, current in self.sections if current), "").partition("?")[0]
        return ""

    @cached_property
    def _facts(self):
        """Every hat of this person in one query."""
        own_first = F("deputy_for").asc(nulls_first=True)
        contacts = Contact.objects.in_force().filter(user=OuterRef("pk")).order_by(own_first, "pk")
        programme = self.programme
        return (
            User.objects.filter(pk=self.user.pk)
            .annotate(
                unit_code=Subquery(contacts.values("unit__code")[:1]),
                is_deputy=Subquery(contacts.values("deputy_for")[:1]),
                is_judge=Exists(
                    Judge.objects.serving().filter(
                        user=OuterRef("pk"), group__competition__programme=programme
                    )
                ),
                is_tutor=Exists(Tutor.objects.serving().filter(user=OuterRef("pk"), programme=programme)),
                is_curator=Exists(Curator.objects.in_force().filter(user=OuterRef("pk"))),
            )
            .values("unit_code", "is_deputy", "is_judge", "is_tutor", "is_curator")
            .get()
        )


def _link(name, *arguments):
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def _first_word(path):
    return path.strip("/").partition("/")[0]
