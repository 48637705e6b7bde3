"""The tags and components that every page is made of."""

import re
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.templatetags.static import static
from django.test import RequestFactory

from foundation.paging import paginate
from foundation.templatetags import portal

HALF = Fraction(1, 2)


def render(source, *, path="/", **context):
    context["request"] = RequestFactory().get(path)
    return Template("{% load portal %}" + source).render(Context(context)).strip()


# Dates and figures


@pytest.mark.parametrize(
    ("tag", "shown"),
    (
        ("roc", "民國105年7月1日"),
        ("roc_plain", "105年7月1日"),
        ("roc_short", "7月1日（五）"),
    ),
)
def test_dates(tag, shown):
    assert render(f"{{{{ day|{tag} }}}}", day=date(2016, 7, 1)) == shown
    assert render(f"{{{{ day|{tag} }}}}", day=None) == ""


def test_a_moment_is_shown_in_taipei_time():
    assert portal.roc_dt(datetime(2016, 6, 23, 1, 40, tzinfo=UTC)) == "105年6月23日 09:40"


@pytest.mark.parametrize(
    ("moment", "shown"),
    (
        # 2016-07-02 00:00 in Taipei: the first moment that is too late.
        (datetime(2016, 7, 1, 16, 0, tzinfo=UTC), "7月1日（五）24:00"),
        (datetime(2016, 4, 12, 9, 0, tzinfo=UTC), "4月12日（二）17:00"),
    ),
)
def test_a_deadline_at_midnight_belongs_to_the_day_before(moment, shown):
    assert portal.roc_deadline(moment) == shown


def test_range():
    source = "{% roc_range start end %}"
    assert render(source, start=date(2016, 3, 1), end=date(2016, 9, 30)) == "105年3月1日至9月30日"


@pytest.mark.parametrize(
    ("value", "shown"),
    (
        (Fraction(643, 1000), "64.3%"),
        (Fraction(9999, 10000), "99.9%"),
        (Fraction(1), "100.0%"),
        (Fraction(6, 5), "120.0%"),
        (Fraction(0), "0.0%"),
        (None, "不適用"),
    ),
)
def test_percentage(value, shown):
    assert portal.percentage(value) == shown
    assert portal.percent(value) == shown.removesuffix("%")


def test_numbers_are_grouped_by_three():
    assert (portal.grouped(1234567), portal.grouped(None)) == ("1,234,567", "")


@pytest.mark.parametrize(
    ("value", "css"),
    (
        (None, "cna"),
        (Fraction(0), "c0"),
        (Fraction(1, 10_000), "c1"),
        (Fraction(3999, 10_000), "c1"),
        (Fraction(4, 10), "c2"),
        (Fraction(69_999, 100_000), "c2"),
        (Fraction(7, 10), "c3"),
        (Fraction(99_999, 100_000), "c3"),
        (Fraction(1), "c4"),
        (Fraction(6, 5), "c4"),
    ),
)
def test_heat_steps_are_chosen_on_exact_values(value, css):
    assert portal.heat_class(value) == css


# Components


def test_icon_is_silent_beside_words_and_named_alone():
    assert render('{% icon "check" %}') == (
        '<svg class="i" aria-hidden="true" viewBox="0 0 24 24">'
        f'<use href="{static("icons.svg")}#check"/></svg>'
    )
    assert 'role="img" aria-label="達成"' in render('{% icon "check" label="達成" %}')


def test_status_says_it_in_word_and_shape_and_escapes_the_word():
    html = render('{% status "wait" text %}', text="候補 <2>")

    assert html.startswith('<span class="st st-wait"><svg class="i"')
    assert html.endswith("候補 &lt;2&gt;</span>")
    assert "#hourglass" in html


def test_bar_is_full_only_when_done():
    assert 'class="f" fill="#3f8148" width="200.0"' in portal.bar(Fraction(99_999, 100_000))
    assert 'class="d" fill="#2b6637" width="200.0"' in portal.bar(Fraction(6, 5))
    assert portal.bar(None).count("<rect") == 1


def test_tian_keeps_each_indicator_in_its_plot():
    html = portal.tian(HALF, Fraction(0), None, Fraction(1))

    assert 'aria-label="經驗傳承更新 50.0%、薦送研習 0.0%、教材參賽 不適用、論壇主題 100.0%"' in html
    # Top left grows from below: 8.8 of 17.5, rounded.
    assert '<rect class="f" fill="#3f8148" x="1.0" y="9.7" width="17.5" height="8.8" rx="1"/>' in html
    assert '<rect class="n" fill="#fff" stroke="#848d80" stroke-width=".5" x="1.0" y="21.5"' in html
    assert '<rect class="d" fill="#2b6637" x="21.5" y="21.5" width="17.5" height="17.5" rx="1"/>' in html
    assert html.count('class="k"') == 1
    assert html.count('class="p"') == 3


def test_spark_passes_over_weeks_without_a_figure():
    html = render("{% spark values %}", values=[None, Fraction(0), HALF, Fraction(1)])

    assert 'points="2.0,20.0 38.0,11.0 74.0,2.0"' in html
    assert 'aria-label="近 3 週由 0.0% 到 100.0%"' in html
    assert render("{% spark values %}", values=[None]) == ""


@pytest.mark.parametrize(
    ("path", "href", "order"),
    (
        ("/", "?sort=name", None),
        ("/?sort=name&year=105&page=3", "?sort=-name&amp;year=105", "ascending"),
        ("/?sort=-name", "?sort=name", "descending"),
        ("/?sort=code", "?sort=name", None),
    ),
)
def test_sort_link_turns_round_and_keeps_the_rest(path, href, order):
    html = render('{% sort_link "name" "機關" %}', path=path)

    assert f'href="{href}"' in html
    assert (f'aria-sort="{order}"' in html) if order else ("aria-sort" not in html)


def test_sort_link_knows_the_order_in_force():
    html = render('{% sort_link "name" "機關" default="name" %}')

    assert 'aria-sort="ascending"' in html
    assert 'href="?sort=-name"' in html


def test_pager_counts_and_keeps_the_query():
    page = paginate(RequestFactory().get("/?page=2"), list(range(191)), per_page=25)

    html = render('{% pager page "個" "機關" %}', path="/?q=竹崎&page=2", page=page)

    assert "第 26–50 個，共 191 個機關" in html
    assert 'href="?q=%E7%AB%B9%E5%B4%8E&amp;page=3" rel="next"' in html
    assert html.count('aria-current="page"') == 1


def test_pager_of_one_page_only_counts():
    page = paginate(RequestFactory().get("/"), ["甲", "乙"])

    html = render('{% pager page "個" "機關" %}', page=page)

    assert "第 1–2 個，共 2 個機關" in html
    assert "<a " not in html


@pytest.mark.parametrize(("asked", "number"), (("2", 2), ("9", 3), ("0", 3), ("x", 1), ("", 1)))
def test_paginate_answers_any_page_number(asked, number):
    page = paginate(RequestFactory().get("/", {"page": asked}), list(range(250)))

    assert page.number == number


@pytest.mark.parametrize(
    ("kind", "role", "icon"),
    (("", "status", "info-circle"), ("ok", "status", "circle-check"), ("no", "alert", "circle-x")),
)
def test_note_speaks_up_only_for_a_refusal(kind, role, icon):
    html = render(
        '{% include "components/note.html" with kind=kind lead="未送出。" text=text only %}',
        kind=kind,
        text="名額 <b> 已滿。",
    )

    assert f'role="{role}"' in html
    assert f"#{icon}" in html
    assert "<b>未送出。</b>名額 &lt;b&gt; 已滿。" in html


@pytest.mark.parametrize(
    ("level", "kind"), (("success", "ok"), ("warning", "due"), ("error", "no"), ("info", ""))
)
def test_messages_are_carried_by_the_note_of_their_kind(level, kind):
    assert portal.note_kind(level) == kind


def test_empty_says_what_to_do_next():
    html = render(
        '{% include "components/empty.html" with text="還沒有紀錄。" url="/new/" label="新增紀錄" only %}'
    )

    assert "<p>還沒有紀錄。</p>" in html
    assert '<a class="btn btn-quiet" href="/new/">新增紀錄</a>' in html


def test_pick_marks_the_one_chosen():
    items = [("全部", "?", False, 191), ("學校", "?category=school", True, None)]

    html = render('{% include "components/pick.html" with label="類別" items=items only %}', items=items)

    assert '<a href="?">全部 <small>191</small></a>' in html
    assert '<a href="?category=school" aria-current="true">學校</a>' in html


def test_foot_says_when_all_of_it_is_made_up():
    sample = SimpleNamespace(year=116, is_sample=True)

    assert "均為範例" in render('{% include "components/foot.html" %}', programme=sample)
    assert "均為範例" not in render('{% include "components/foot.html" %}', programme=None)


def test_every_icon_that_a_template_names_is_in_the_sprite():
    sprite = Path(finders.find("icons.svg")).read_text()
    templates = (path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html"))
    named = {name for source in templates for name in re.findall(r'(?:{% icon |\bicon=)"([^"]+)"', source)}
    named |= {*portal.STATUS_ICONS.values(), *portal.NOTE_ICONS.values()}

    assert {name for name in named if f'id="{name}"' not in sprite} == set()


def test_numbers_with_hyphens_stay_whole_and_the_rest_is_escaped():
    assert portal.whole_codes("尚無法排名：115-A-0003、<b>。") == (
        '尚無法排名：<span class="nb">115-A-0003</span>、&lt;b&gt;。'
    )
