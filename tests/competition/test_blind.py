"""The judge's crawl: what names the unit or the people behind a work is found nowhere, by no question.

Routes come from the URLconf, so that a new page is visited without being listed here. The same crawl is run
with one protection switched off at a time, and must then find something: else it would prove nothing.
"""

import io
import json
import re
import zipfile
from base64 import urlsafe_b64decode
from itertools import product
from urllib.parse import quote, unquote

import pikepdf
import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Q
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from django.utils import timezone

from competition import judging
from competition.models import Author, EntryFile, Judge
from competition.views import judging as views
from foundation import files, inspection
from foundation.certificates import clean_code
from foundation.models import FileCheck
from tests import factories as make
from tests.factories import taipei
from tests.foundation import materials
from tests.foundation.hostile import make_zip

pytestmark = pytest.mark.django_db
DURING = taipei(2016, 7, 10)
CANARIES = {
    "機關": "金絲雀機關",
    "機關代碼": "CANARY-UNIT",
    "作者": "金絲雀作者",
    "職稱": "金絲雀職稱",
    "收件編號": "CANARY-RECEIPT",
    "檔名": "金絲雀檔名",
    "聯絡人": "金絲雀聯絡人",
    "聯絡人帳號": "canary-contact",
    "文件屬性": materials.CANARY,
    "迴避理由": "金絲雀親屬",
    "延期理由": "金絲雀颱風",
    "他人評語": "金絲雀評語",
    "他人分數": "37.5",
}
NONSENSE = "查無此字"
# What people write into an address by hand, or a page may one day understand.
PARAMETERS = (
    "q",
    "sort",
    "order",
    "unit",
    "code",
    "author",
    "receipt",
    "state",
    "group",
    "topic",
    "category",
    "file",
    "judge",
    "next",
)
OWN_PAGES = {
    "competition:judging_archive",
    "competition:judging_file",
    "competition:judging_list",
    "competition:judging_offline_sheet",
    "competition:judging_sheet",
    "competition:judging_upload",
    "competition:result_list",
}


@pytest.fixture(scope="module")
def contents():
    """(ending, bytes) of files that name the canary wherever such a file can name anybody."""
    return (
        ("pptx", make_zip(materials.pptx_parts())),
        ("pdf", materials.pdf()),
        ("jpg", materials.picture()),
        ("zip", make_zip({f"{CANARIES['檔名']}/index.html": "<!doctype html><p>教材"})),
    )


@pytest.fixture
def entry(contents):
    unit = make.make_unit(code=CANARIES["機關代碼"], name=CANARIES["機關"])
    entry = make.make_entry(unit=unit, title="看得到的作品", receipt=CANARIES["收件編號"], work_code="AAAAAA")
    Author.objects.create(entry=entry, position=1, name=CANARIES["作者"], title=CANARIES["職稱"])
    for position, (ending, content) in enumerate(contents, start=1):
        stored = files.store(content, name=f"{CANARIES['檔名']}.{ending}", by=None, at=DURING)
        EntryFile.objects.create(
            entry=entry, stored=stored, position=position, added_by=make.make_staff(), added_at=DURING
        )
        inspection.request(stored, by=None, at=timezone.now())
    call_command("run_worker", "--once")
    contact = make.make_user(name=CANARIES["聯絡人"], username=CANARIES["聯絡人帳號"])
    make.make_contact(unit=unit, user=contact)
    make.make_extension(unit=unit, due_on=entry.competition.programme.ends_on, reason=CANARIES["延期理由"])
    other = make.make_judge()
    make.make_sheet(entry=entry, judge=other, marks=("37.5", 20, 10, 5), comment=CANARIES["他人評語"])
    return entry


@pytest.fixture
def judge(entry):
    judge = Judge.objects.get(user=make.make_judge())
    # A second work before the judge, and one that staff have kept away, for a reason that names somebody.
    second = make.make_entry(unit=entry.unit, title="看得到的第二件", work_code="BBBBBB")
    make.make_sheet(entry=second, judge=judge.user, marks=(30, 20, 10, 5), signed_at=None)
    pinned = make.make_entry(unit=entry.unit, title="看不到的作品", work_code="CCCCCC")
    make.make_conflict(entry=pinned, judge=judge.user, by=make.make_staff(), reason=CANARIES["迴避理由"])
    return judge


@pytest.fixture
def judge_client(client, judge):
    client.force_login(judge.user)
    with time_machine.travel(DURING, tick=False):
        yield client


# What is signed can be read by all ---------------------------------------------------------------


def test_no_address_tells_a_judge_the_number_of_a_row(judge_client, entry):
    """Rows are numbered as they come: that would tell what was handed in before what."""
    page = judge_client.get(reverse("competition:judging_sheet", args=["AAAAAA"]))
    signed = re.findall(r"/materials/(?:show|open)/([^/:]+):", page.text)
    told = [json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in signed]

    assert len(told) >= entry.files.count()
    assert set(re.findall(r"viewer-(\d+)", page.text)) == {"4"}  # the place among the files
    assert all(len(digest) == 64 for digest, _, _ in told)


# Asking -----------------------------------------------------------------------------------------


def routes():
    """(name, converters by argument) of every route of the portal."""

    def walk(patterns, namespaces=(), arguments=None):
        for pattern in patterns:
            here = {**(arguments or {}), **pattern.pattern.converters}
            if isinstance(pattern, URLPattern):
                yield ":".join([*namespaces, pattern.name]), here
            else:
                yield from walk(pattern.url_patterns, (*namespaces, *filter(None, [pattern.namespace])), here)

    return sorted(walk(get_resolver().url_patterns), key=lambda route: route[0])


def addresses(entry, judge):
    """(route, path) with every fitting value for every argument."""
    pks = [entry.pk, judge.pk, judge.group_id, *entry.files.values_list("pk", flat=True)[:1]]
    by_name = {"code": ["AAAAAA", "BBBBBB", CANARIES["機關代碼"]], "fmt": ["xlsx", "ods", "pdf", "csv"]}
    by_kind = {"IntConverter": sorted({1, 2, 3, 105, *pks})}
    for name, converters in routes():
        values = [
            by_name.get(argument) or by_kind.get(type(converter).__name__) or ["AAAAAA", "xlsx"]
            for argument, converter in converters.items()
        ]
        for chosen in product(*values):
            try:
                yield name, reverse(name, kwargs=dict(zip(converters, chosen, strict=True)))
            except NoReverseMatch:
                continue


def answer(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content, str(response.headers)


def readable(content):
    """Everything that stands in an answer: itself, and what is packed inside it."""
    yield content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                yield member.filename.encode()
                yield from readable(archive.read(member))
    elif content.startswith(b"%PDF"):
        with pikepdf.open(io.BytesIO(content)) as document:
            yield " ".join(str(value) for value in document.docinfo.values()).encode()
            plain = io.BytesIO()
            document.save(
                plain,
                compress_streams=False,
                stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
            )
            yield plain.getvalue()


def canaries_in(content, headers):
    found = set()
    for part in (*readable(content), headers.encode(), unquote(headers).encode()):
        for name, canary in CANARIES.items():
            forms = {
                canary.encode(),
                canary.encode("utf-16-be"),
                canary.encode("utf-16-le"),
                quote(canary).encode(),
            }
            if any(form in part for form in forms):
                found.add(name)
    return found


# What differs between two answers to the same question.
CHANGING = re.compile(
    r"csrfmiddlewaretoken\" value=\"\w+|X-CSRFToken\": \"\w+|csrftoken=\w+|'X-Reference': '\w+'|參考碼[^<]*<|reference[^<]*<"
    r"|&quot;X-CSRFToken&quot;: &quot;\w+|'Content-Length': '\d+'"
    r"|/workshops/check-in/[0-9A-Z-]*/"  # the typed code's letters, handed on to the page that reads them
)


def asked(client, path, word):
    """The answer when every parameter is this word, with the word itself taken out."""
    query = "&".join(f"{name}={quote(word)}" for name in PARAMETERS)
    content, headers = answer(client.get(f"{path}?{query}"))
    text = content.decode(errors="replace") + headers
    for echo in (quote(word), quote(word, safe=""), word, clean_code(word)):
        text = text.replace(echo, "＊")
    return CHANGING.sub("", text)


def crawl(client, entry, judge, *, only=""):
    """(pages opened, {finding, …}): canaries in answers, and pages that tell a canary from nonsense."""
    opened, findings = set(), set()
    for name, path in addresses(entry, judge):
        if not name.startswith(only):
            continue
        response = client.get(path)
        met = canaries_in(*answer(response)) - {what for what, each in CANARIES.items() if each in path}
        findings |= {f"{name}: {what}" for what in met}
        if response.status_code != 200:
            continue
        opened.add(name)
        if response.streaming or "text/html" not in response["Content-Type"]:
            continue
        nothing = asked(client, path, NONSENSE)
        for what, canary in CANARIES.items():
            if asked(client, path, canary) != nothing:
                findings.add(f"{name}: {what} can be asked for")
    findings |= posted(client, entry)
    return opened, findings


def posted(client, entry):
    """What the sheet answers when it refuses: wrong marks, an old version, a signature too early."""
    findings = set()
    criterion = entry.competition.criteria.first()
    for route in ("judging_sheet", "judging_save"):
        path = reverse(f"competition:{route}", args=["BBBBBB"])
        for data in (
            {},
            {"version": "0", f"marks_{criterion.pk}": "999"},
            {"version": "0", f"marks_{criterion.pk}": "12"},
            {"version": "1", "act": "sign"},
        ):
            response = client.post(path, data)
            assert response.status_code in (409, 422, 302, 200)
            findings |= {f"{route}: {canary}" for canary in canaries_in(*answer(response))}
    return findings


# The crawl -----------------------------------------------------------------------------------------


def test_a_judge_finds_no_canary(judge_client, entry, judge):
    opened, findings = crawl(judge_client, entry, judge)

    assert sorted(findings) == []
    assert {name for name in opened if name.startswith("competition:")} == OWN_PAGES


def test_every_canary_is_there_to_be_found(client, entry, judge):
    """Staff meet each of them somewhere, in the same rows."""
    client.force_login(make.make_administrator())
    found = set()
    paths = [
        entry.get_absolute_url(),
        reverse("competition:entry_detail", args=[entry.pk + 2]),
        *(
            reverse("competition:entry_file", args=[entry.pk, pk])
            for pk in entry.files.values_list("pk", flat=True)
        ),
        *(reverse(name) for name in ("competition:sheet_list", "competition:extension_list")),
        reverse("agencies:unit_detail", args=[CANARIES["機關代碼"]]),
        reverse("agencies:account_list"),
        reverse("portal:import_export", args=["scores", "csv"]),
    ]
    for path in paths:
        found |= canaries_in(*answer(client.get(path)))

    assert found == set(CANARIES)


class Named(judging.Work):
    """A work that shows who handed it in."""

    def __init__(self, entry, state):
        super().__init__(entry, state)
        self.synopsis = f"{entry.unit} {entry.receipt}"


class Telling(judging.Queue):
    """A queue in which one can search what one does not see."""

    def found(self, *, state="", text=""):
        entries = super().found(state=state)
        return entries.filter(Q(title__icontains=text) | Q(unit__name__icontains=text)) if text else entries


class Gossip(judging.Queue):
    """A queue that repeats what staff wrote."""

    conflicts = property(lambda self: [(code, reason) for code, reason, _ in self._standing_back])


@pytest.mark.parametrize(
    ("switched_off", "finding"),
    [
        ((views, "Work", Named), "competition:judging_sheet: 機關"),
        ((views, "Queue", Telling), "competition:judging_list: 機關 can be asked for"),
        ((views, "Queue", Gossip), "competition:judging_list: 迴避理由"),
        ((FileCheck, "neutral", property(lambda check: check.stored)), "competition:judging_file: 文件屬性"),
        (
            (EntryFile, "neutral_name", property(lambda each: each.stored.name)),
            "competition:judging_file: 檔名",
        ),
    ],
    ids=["fields", "search", "reasons", "properties", "file names"],
)
def test_with_a_protection_switched_off_the_crawl_finds_it(
    judge_client, entry, judge, monkeypatch, switched_off, finding
):
    monkeypatch.setattr(*switched_off)

    assert finding in crawl(judge_client, entry, judge, only="competition:judging")[1]
