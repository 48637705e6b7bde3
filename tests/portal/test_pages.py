"""Statements for everyone, and what is shown when something is refused or breaks."""

import logging
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import reverse

from chiayi_elearn import pages
from chiayi_elearn.importers import IMPORTERS


@pytest.fixture
def asking():
    request = RequestFactory().get("/somewhere/")
    request.user = None
    return request


def text_of(response):
    return re.sub(r"<[^>]+>|\s", "", response.content.decode().partition("<main")[2])


@pytest.mark.parametrize(
    ("name", "heading"),
    (
        ("accessibility", "無障礙聲明"),
        ("privacy", "隱私權政策"),
        ("help", "操作說明"),
        ("sitemap", "網站導覽"),
    ),
)
def test_statements_are_public(client, name, heading):
    response = client.get(reverse(f"portal:{name}"))

    assert response.status_code == 200
    assert f"<h1>{heading}</h1>" in response.content.decode()


def test_help_names_the_files_in_the_order_of_the_import_page(client):
    titles = "、".join(importer.title for importer in IMPORTERS.values())

    assert titles in text_of(client.get(reverse("portal:help")))


@pytest.mark.parametrize(
    ("status", "heading"),
    (
        (400, "這次送出的內容不完整"),
        (403, "這一頁不在您的權限內"),
        (404, "找不到這一頁"),
        (405, "請回到表單再送出"),
        (409, "資料已經變動"),
        (413, "送出的內容太大"),
        (429, "請稍候再試"),
        (503, "系統維護中"),
    ),
)
def test_error_page_says_it_in_words_with_a_reference_that_the_log_has(asking, caplog, status, heading):
    with caplog.at_level(logging.WARNING, logger="portal.errors"):
        response = pages.error_page(asking, status)

    assert response.status_code == status
    assert heading in text_of(response)
    assert str(status) not in text_of(response).partition("參考代碼")[0]
    reference = re.search(r"<code>([0-9A-Za-z-]+)</code>", response.content.decode())[1]
    assert f"reference={reference}" in caplog.text


def test_error_page_gives_the_reason_of_our_own_refusals_only(asking):
    ours = pages.page_not_found(asking, Http404("沒有「104」年度。"))
    framework = pages.page_not_found(asking, Http404("No Unit matches the given query."))
    forbidden = pages.permission_denied(asking, PermissionDenied("這一頁由人事處承辦人使用。"))

    assert "沒有「104」年度。" in text_of(ours)
    assert "NoUnitmatches" not in text_of(framework)
    assert "這一頁由人事處承辦人使用。" in text_of(forbidden)


def test_error_page_escapes_the_reason(asking):
    response = pages.page_not_found(asking, Http404("沒有「<script>」年度。"))

    assert "<script>」" not in response.content.decode()


def test_a_failure_is_shown_without_database_or_context_processors(asking):
    # No `db` mark: any query would fail this test.
    response = pages.server_error(asking)

    assert response.status_code == 500
    assert "這一頁暫時無法顯示" in text_of(response)


@pytest.mark.django_db
def test_a_form_without_its_token_is_told_how_to_go_on():
    response = Client(enforce_csrf_checks=True).post(reverse("login"), {"username": "a"})

    assert response.status_code == 403
    assert "這份表單要重新開啟" in text_of(response)


@pytest.mark.django_db
def test_an_unknown_address_and_an_unknown_year_keep_the_frame(client):
    unknown = client.get("/no/such/page/")

    assert unknown.status_code == 404
    assert 'class="top"' in unknown.content.decode()
