"""The portal's one settings file. Every choice comes from the environment; an odd one stops the start.

docs/operator.md lists the variables.
"""

import os
import re
import secrets
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
MAIL_SCHEMES = ("smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "filemail")


def refuse(name, reason):
    """Stop the start with one line that names the variable."""
    sys.exit(f"設定有誤：{name}：{reason}")


def read(name, default=""):
    return os.environ.get(name, "").strip() or default


def read_flag(name, *, default):
    text = read(name).lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    return default if not text else refuse(name, f"須為 true 或 false，不是「{text}」。")


def read_number(name, default, *, least, most):
    text = read(name, str(default))
    if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= most:
        refuse(name, f"須為 {least} 到 {most} 的整數，不是「{text}」。")
    return int(text)


def read_choice(name, *choices):
    text = read(name, choices[0])
    return text if text in choices else refuse(name, f"須為 {'、'.join(choices)} 之一，不是「{text}」。")


def read_site(name, default):
    """An origin: scheme and host, perhaps a port, and nothing else."""
    url = read(name, default).rstrip("/")
    if not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", url, re.IGNORECASE):
        refuse(name, f"須為 http:// 或 https:// 開頭、只有主機與連接埠的網址，不是「{url}」。")
    return url


def read_hosts(name, default):
    hosts = [host.strip() for host in read(name).split(",") if host.strip()] or default
    for host in hosts:
        if not re.fullmatch(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-f:]+\]", host):
            refuse(name, f"須為以逗號分隔的主機名稱（不含 * 與連接埠），不是「{host}」。")
    return hosts


def read_data_dir():
    folder = Path(read("DATA_DIR", str(BASE_DIR / "var"))).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse("DATA_DIR", f"無法建立資料夾 {folder}（{error.strerror}）。")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        refuse("DATA_DIR", f"資料夾 {folder} 不能寫入。")
    return folder


def read_secret_key(folder):
    """The key from the environment, else one made once and kept beside the data."""
    key = read("SECRET_KEY") or kept_secret_key(folder / "secret-key")
    if len(key) < 50 or len(set(key)) < 10 or key.startswith("django-insecure-"):
        refuse("SECRET_KEY", "須為 50 個字元以上的亂數。")
    return key


def kept_secret_key(kept):
    """Made under another name and then linked: of two processes that start at once, one wins, none reads half."""
    try:
        if not kept.exists():
            made = kept.with_name(f"{kept.name}.{os.getpid()}")
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(64))
            try:
                os.link(made, kept)
            except FileExistsError:
                pass
            finally:
                made.unlink()
        if kept.stat().st_mode & 0o077:
            refuse("SECRET_KEY", f"{kept} 不可讓他人讀取，請執行 chmod 600。")
        return kept.read_text().strip()
    except OSError as error:
        return refuse("SECRET_KEY", f"無法讀寫 {kept}（{error.strerror}）。")


def read_database(folder):
    """SQLite beside the data, unless DATABASE_URL says PostgreSQL (design §5)."""
    url = read("DATABASE_URL")
    if url and not re.match(r"(postgres|postgresql)://|sqlite:///", url):
        refuse("DATABASE_URL", "須為 postgres://帳號:密碼@主機/資料庫 或 sqlite:///路徑。")
    try:
        database = environ.Env.db_url_config(url) if url else {"NAME": folder / "portal.sqlite3"}
    except (ValueError, environ.ImproperlyConfigured):
        return refuse("DATABASE_URL", "無法判讀；密碼中的特殊字元須以 %XX 表示。")
    if not database["NAME"]:
        refuse("DATABASE_URL", "缺少資料庫名稱。")
    if url.startswith("postgres"):
        host = unquote(database["HOST"])  # %2Frun%2Fpostgresql is the folder of a socket.
        return {**database, "HOST": host, "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": database["NAME"],
        "OPTIONS": {
            # Writers queue from the start of their transaction instead of failing half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def read_storage(folder):
    """Where stored files are: on disk, beside the data unless STORAGE_URL names another folder."""
    url = read("STORAGE_URL", f"file://{folder / 'files'}")
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
        refuse("STORAGE_URL", f"須為 file:///路徑，不是「{url}」。")
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": parts.path},
    }


def read_mail(folder):
    """Letters are files beside the data until EMAIL_URL names a mail server."""
    url = read("EMAIL_URL", f"filemail:///{folder / 'mail'}")
    parts = urlsplit(url)
    if parts.scheme not in MAIL_SCHEMES or (parts.scheme.startswith("smtp") and not parts.hostname):
        refuse(
            "EMAIL_URL",
            "須為 smtp://、smtp+tls://、smtp+ssl:// 加主機，或 consolemail://、filemail:///路徑。",
        )
    try:
        return environ.Env.email_url_config(url)
    except ValueError:
        return refuse("EMAIL_URL", "連接埠須為數字；帳號密碼中的特殊字元須以 %XX 表示。")


def read_prefix(name):
    """A path of the proxy such as /stored/, or nothing."""
    prefix = read(name)
    if prefix and not re.fullmatch(r"/([A-Za-z0-9_-]+/)+", prefix):
        refuse(name, f"須為以 / 開頭並以 / 結尾的路徑，不是「{prefix}」。")
    return prefix


def read_scanner():
    """Where clamd listens: a socket on this machine or a host and port; empty: nothing is scanned."""
    url = read("SCANNER_URL")
    if url and not re.fullmatch(r"clamd://(/[^\0]+|([A-Za-z0-9.-]+|\[[0-9a-f:]+\]):[0-9]{1,5})", url):
        refuse("SCANNER_URL", f"須為 clamd:///socket 的路徑或 clamd://主機:埠，不是「{url}」。")
    return url


DATA_DIR = read_data_dir()
DEBUG = read_flag("DEBUG", default=False)
SITE_URL = read_site("SITE_URL", "http://localhost:8000")
SITE_HOST = urlsplit(SITE_URL).hostname
SITE_IS_LOCAL = SITE_HOST in ("localhost", "127.0.0.1", "::1")
if DEBUG and not SITE_IS_LOCAL:
    refuse("DEBUG", "SITE_URL 不在本機時不可開啟。")
IS_HTTPS = SITE_URL.startswith("https://")
MATERIALS_URL = read_site("MATERIALS_URL", SITE_URL)
SECRET_KEY = read_secret_key(DATA_DIR)
HOST_OF_SITE = f"[{SITE_HOST}]" if ":" in SITE_HOST else SITE_HOST
ALLOWED_HOSTS = read_hosts("ALLOWED_HOSTS", sorted({HOST_OF_SITE, "localhost", "127.0.0.1", "[::1]"}))
if MATERIALS_URL != SITE_URL:
    # Teaching packages have a host of their own (foundation/packages.py).
    ALLOWED_HOSTS.append(urlsplit(MATERIALS_URL).hostname)
# How many proxies of ours stand in front: that many entries at the right of X-Forwarded-For are true.
PROXIES = read_number("PROXIES", 0, least=0, most=5)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "foundation",
    "agencies",
    "workshops",
    "competition",
    "platform_updates",
    "scoring",
    "chiayi_elearn",
]

MIDDLEWARE = [
    "foundation.middleware.ReferenceMiddleware",
    "foundation.middleware.MaterialsHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "foundation.middleware.IdleLogoutMiddleware",
    # Before CSRF, which would read a whole multipart body of anybody.
    "foundation.middleware.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "foundation.middleware.NotAllowedMiddleware",
]

ROOT_URLCONF = "chiayi_elearn.urls"
WSGI_APPLICATION = "chiayi_elearn.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chiayi_elearn.context.portal",
            ],
        },
    }
]
CSRF_FAILURE_VIEW = "chiayi_elearn.pages.csrf_failure"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASES = {"default": read_database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Words, dates, numbers ----------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hant"
TIME_ZONE = "Asia/Taipei"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["foundation.formats"]
USE_THOUSAND_SEPARATOR = False

# Accounts -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "agencies.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "agencies.passwords.NotOneOfTheLastThree"}]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600
# 資通系統防護基準 附表十: 5 failures lock for at least 15 minutes. Per account and address, so that
# nobody locks a rival out from elsewhere.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/lockout.html"
AXES_CLIENT_IP_CALLABLE = "foundation.middleware.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
# 附表十, 中: automatic logout when idle.
SESSION_ENGINE = "foundation.sessions"
SESSION_COOKIE_AGE = 60 * read_number("IDLE_MINUTES", 30, least=5, most=720)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True

# Headers ------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
# gunicorn speaks plain http: with https there is a proxy of ours in front, which sets this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
# Subdomains belong to other offices of the county, and a preload list to its network administrators.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # the style sheet's own marks
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "frame-src": [SELF, MATERIALS_URL],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Files --------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build/collected"
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / "build/static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": read_storage(DATA_DIR),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# How large a file of each kind of material may be (foundation/inspection/limits.py), in MB.
FILE_LIMITS_MB = {
    kind: read_number(f"LIMIT_{kind.upper()}_MB", default, least=1, most=20_480)
    for kind, default in (
        ("video", 2048),
        ("slides", 200),
        ("pdf", 100),
        ("package", 500),
        ("image", 25),
        ("document", 100),
    )
}
# What one person may have under way: files not yet in a form, and their size together.
UPLOADS_PER_PERSON = read_number("UPLOADS_PER_PERSON", 30, least=1, most=1000)
UPLOAD_MB_PER_PERSON = read_number("UPLOAD_MB_PER_PERSON", 6144, least=1, most=999_999)
# How many parts one web process takes at a time; fewer than its threads, so that pages find some free.
UPLOADS_AT_ONCE = read_number("UPLOADS_AT_ONCE", 40, least=1, most=1000)
# What uploads leave free on the disk of the files, for all else that has to be written there.
UPLOAD_RESERVE_MB = read_number("UPLOAD_RESERVE_MB", 1024, least=0, most=999_999)
# How long a file that was taken out of a work can be put back, unless a version lists it: then it stays.
REMOVED_FILE_DAYS = read_number("REMOVED_FILE_DAYS", 30, least=1, most=3650)
# Where nginx serves the stored files from for X-Accel-Redirect (docs/operator.md); empty: this program sends them.
X_ACCEL_PREFIX = read_prefix("X_ACCEL_PREFIX")
SCANNER_URL = read_scanner()

# Mail and jobs ------------------------------------------------------------------------------------
vars().update(read_mail(DATA_DIR))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = read("FROM_EMAIL", f"no-reply@{SITE_HOST}")
# The modules that hold `@job` and `@periodic` functions and what uploads and checks call.
JOB_MODULES = [
    "foundation.uploads",
    "foundation.sweeping",
    "foundation.inspection",
    "workshops.papers",
    "foundation.packages",
    "workshops.background",
    "workshops.reminders",
    "competition.actions.entry_files",
    "competition.background",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "foundation.logs.LineFormatter"},
        "json": {"()": "foundation.logs.JSONFormatter"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": read_choice("LOG_FORMAT", "line", "json")}
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "axes": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
