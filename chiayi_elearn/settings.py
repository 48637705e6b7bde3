"""The portal's one settings file. Every choice comes from the environment; an odd one stops the start.

docs/operator.md lists the variables.
"""

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def refuse(name, reason):
    """Stop the start with one line that names the variable."""
    sys.exit(f"設定有誤：{name}：{reason}")


def read_flag(name, default):
    text = os.environ.get(name, "").strip().lower()
    if text in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return default if text == "" else text in ("1", "true", "yes", "on")
    return refuse(name, f"須為 true 或 false，不是「{text}」。")


def read_url(name, default, *, schemes=("http", "https")):
    url = os.environ.get(name, "").strip() or default
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.netloc:
        refuse(name, f"須為 {'、'.join(schemes)} 開頭的完整網址，不是「{url}」。")
    return url.rstrip("/")


def read_data_dir():
    folder = Path(os.environ.get("DATA_DIR", "").strip() or BASE_DIR / "var").absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse("DATA_DIR", f"無法建立資料夾 {folder}（{error.strerror}）。")
    if not os.access(folder, os.W_OK | os.X_OK):
        refuse("DATA_DIR", f"資料夾 {folder} 不能寫入。")
    return folder


def read_secret_key(folder):
    """The key from the environment, else one made once and kept beside the data."""
    key = os.environ.get("SECRET_KEY", "")
    if not key:
        kept = folder / "secret-key"
        if not kept.exists():
            descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(64))
        key = kept.read_text().strip()
    if len(key) < 50:
        refuse("SECRET_KEY", "至少需要 50 個字元。")
    return key


def read_database(folder):
    """SQLite beside the data unless DATABASE_URL says PostgreSQL (design §5)."""
    url = os.environ.get("DATABASE_URL", "").strip()
    if url and urlsplit(url).scheme not in ("sqlite", "postgres", "postgresql"):
        refuse("DATABASE_URL", "須為 postgres:// 或 sqlite:// 開頭。")
    if urlsplit(url).scheme in ("postgres", "postgresql"):
        return {**environ.Env.db_url_config(url), "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}
    name = environ.Env.db_url_config(url)["NAME"] if url else folder / "portal.sqlite3"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "OPTIONS": {
            # Writers queue from the start of their transaction instead of failing half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }


DATA_DIR = read_data_dir()
DEBUG = read_flag("DEBUG", default=False)
SECRET_KEY = read_secret_key(DATA_DIR)
SITE_URL = read_url("SITE_URL", "http://localhost:8000")
SITE_HOST = urlsplit(SITE_URL).hostname
SITE_IS_LOCAL = SITE_HOST in ("localhost", "127.0.0.1", "::1")
if DEBUG and not SITE_IS_LOCAL:
    refuse("DEBUG", "SITE_URL 不在本機時不可開啟。")
IS_HTTPS = SITE_URL.startswith("https://")
MATERIALS_URL = read_url("MATERIALS_URL", SITE_URL)
ALLOWED_HOSTS = [
    host.strip() for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host.strip()
] or sorted({SITE_HOST, "localhost", "127.0.0.1", "[::1]"})
if "*" in ALLOWED_HOSTS:
    refuse("ALLOWED_HOSTS", "不可用 * 接受任何主機名稱。")

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
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Before CSRF, which would read a whole multipart body of anybody.
    "foundation.middleware.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
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
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600
# 資通系統防護基準 附表十: 5 failures lock for at least 15 minutes. Per account and address, so that
# nobody locks a rival out from elsewhere.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/lockout.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
# 附表十, 中: automatic logout when idle.
SESSION_COOKIE_AGE = 60 * int(os.environ.get("IDLE_MINUTES", "30"))
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True

# Headers ------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Files --------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor", BASE_DIR / "build/vendor"),
    BASE_DIR / "build/static",
]
STATICFILES_DIRS = [entry for entry in STATICFILES_DIRS if Path(entry[1] if isinstance(entry, tuple) else entry).is_dir()]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Mail ---------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = os.environ.get("FROM_EMAIL", f"no-reply@{SITE_HOST}")
EMAIL_TIMEOUT = 20
if os.environ.get("EMAIL_URL", "").strip():
    try:
        vars().update(env.email_url("EMAIL_URL"))
    except (KeyError, environ.ImproperlyConfigured):
        refuse("EMAIL_URL", "須為 smtp://、smtp+tls:// 等開頭的網址。")
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"axes": {"level": "ERROR"}, "fontTools": {"level": "ERROR"}},
}
