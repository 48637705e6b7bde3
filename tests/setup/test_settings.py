"""The settings file stops the start on an odd value with one line, and is safe without any."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEY = "k3J9xQ2mZ7vB5nT1cW8rY4pL6sD0fG_hA-uEiOqXzRtVyNbMwCjKlPaSdFgHe123"
SHOWN = """
import json
from chiayi_elearn import settings
names = ("DEBUG", "SITE_URL", "ALLOWED_HOSTS", "MATERIALS_URL", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS",
    "SESSION_COOKIE_SECURE", "SESSION_COOKIE_AGE", "EMAIL_BACKEND", "SECRET_KEY", "STORAGES", "DATABASES")
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""


def start(**environment):
    """The settings read in a process of their own, with this environment and no other."""
    return subprocess.run(
        [sys.executable, "-c", SHOWN],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
    )


def settings_of(**environment):
    done = start(**environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("DEBUG", "maybe"),
        ("DEBUG", "2"),
        ("SITE_URL", "elearn.example.gov.tw"),
        ("SITE_URL", "ftp://elearn.example.gov.tw"),
        ("SITE_URL", "https://elearn.example.gov.tw/portal"),
        ("SITE_URL", "https://user@elearn.example.gov.tw"),
        ("MATERIALS_URL", "//materials.example.gov.tw"),
        ("DATABASE_URL", "mysql://localhost/portal"),
        ("DATABASE_URL", "portal.sqlite3"),
        ("DATABASE_URL", "postgres://localhost/"),
        ("DATABASE_URL", "postgres://localhost:port/portal"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "elearn.example.gov.tw:8000"),
        ("ALLOWED_HOSTS", "a,b c"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "django-insecure-" + KEY),
        ("EMAIL_URL", "http://mail.example.gov.tw"),
        ("EMAIL_URL", "smtp://"),
        ("EMAIL_URL", "smtp://mail.example.gov.tw:twenty-five"),
        ("STORAGE_URL", "files"),
        ("STORAGE_URL", "ftp://files.example.gov.tw/portal"),
        ("IDLE_MINUTES", "0"),
        ("IDLE_MINUTES", "half an hour"),
        ("PROXIES", "-1"),
        ("LOG_FORMAT", "xml"),
    ),
)
def test_an_odd_value_stops_the_start_with_one_line_that_names_it(tmp_path, name, value):
    done = start(**{"DATA_DIR": str(tmp_path), name: value})

    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"設定有誤：{name}：")


def test_debug_is_refused_on_a_site_that_others_reach(tmp_path):
    done = start(DATA_DIR=str(tmp_path), DEBUG="on", SITE_URL="http://elearn.example.gov.tw")

    assert (done.returncode, done.stderr) == (1, "設定有誤：DEBUG：SITE_URL 不在本機時不可開啟。\n")


def test_a_data_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    done = start(DATA_DIR=str(tmp_path / "file" / "data"))

    assert done.returncode == 1
    assert done.stderr.startswith("設定有誤：DATA_DIR：無法建立資料夾 ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_without_the_right_to_write_is_refused(tmp_path):
    tmp_path.chmod(0o500)

    done = start(DATA_DIR=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.endswith("不能寫入。\n")


def test_the_defaults_are_safe_on_one_machine(tmp_path):
    found = settings_of(DATA_DIR=str(tmp_path))

    assert found["DEBUG"] is False
    assert found["SITE_URL"] == found["MATERIALS_URL"] == "http://localhost:8000"
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "[::1]", "localhost"]
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend"
    assert found["STORAGES"]["default"]["OPTIONS"] == {"location": f"{tmp_path}/files"}
    assert found["DATABASES"]["default"]["NAME"] == f"{tmp_path}/portal.sqlite3"
    assert found["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found["SESSION_COOKIE_AGE"] == 30 * 60


@pytest.mark.parametrize(("scheme", "secure"), (("http", False), ("https", True)))
def test_https_is_asked_for_exactly_when_the_address_says_so(tmp_path, scheme, secure):
    found = settings_of(DATA_DIR=str(tmp_path), SITE_URL=f"{scheme}://elearn.example.gov.tw/")

    assert found["SITE_URL"] == f"{scheme}://elearn.example.gov.tw"
    assert "elearn.example.gov.tw" in found["ALLOWED_HOSTS"]
    assert found["SECURE_SSL_REDIRECT"] is found["SESSION_COOKIE_SECURE"] is secure
    assert bool(found["SECURE_HSTS_SECONDS"]) is secure


def test_the_key_is_made_once_and_kept_from_others(tmp_path):
    first = settings_of(DATA_DIR=str(tmp_path))["SECRET_KEY"]
    second = settings_of(DATA_DIR=str(tmp_path))["SECRET_KEY"]

    assert first == second == (tmp_path / "secret-key").read_text()
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret-key"]


def test_a_kept_key_that_others_can_read_is_refused(tmp_path):
    (tmp_path / "secret-key").write_text(KEY)
    (tmp_path / "secret-key").chmod(0o644)

    assert "不可讓他人讀取" in start(DATA_DIR=str(tmp_path)).stderr


def test_postgresql_by_its_address(tmp_path):
    url = "postgres://portal:p%40ss@db.example.gov.tw:5433/elearn"

    database = settings_of(DATA_DIR=str(tmp_path), DATABASE_URL=url)["DATABASES"]["default"]

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("portal", "p@ss")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.gov.tw", 5433, "elearn")


def test_postgresql_by_its_socket(tmp_path):
    url = "postgres://portal@%2Frun%2FPostgres/elearn"

    database = settings_of(DATA_DIR=str(tmp_path), DATABASE_URL=url)["DATABASES"]["default"]

    assert (database["HOST"], database["PORT"], database["NAME"]) == ("/run/Postgres", "", "elearn")
