"""Django settings, read from the environment (docs/settings.md lists the names)."""

import os
import stat
from datetime import datetime
from pathlib import Path

import dj_database_url
import dj_email_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from iofacturo.lib import clock, env

PACKAGE = Path(__file__).resolve().parent
DEMO = env.flag("IOFACTURO_DEMO")
TESTING = env.flag("IOFACTURO_TESTING")  # set by the test suite's own plugin only
BUILDING = env.flag("IOFACTURO_BUILDING")  # collectstatic, makemigrations and mypy need no secrets
DATA = Path(env.text("IOFACTURO_DATA", "var")).resolve()

# -- the demo's fences ---------------------------------------------------------------------------

HACIENDA_ENV = env.text("HACIENDA_ENV", "sandbox-local" if DEMO else "stag")
if HACIENDA_ENV not in {"sandbox-local", "stag", "prod"}:
    raise ImproperlyConfigured("HACIENDA_ENV must be sandbox-local, stag or prod.")
if DEMO and HACIENDA_ENV != "sandbox-local":
    raise ImproperlyConfigured("The demo only talks to its own sandbox: unset HACIENDA_ENV.")
HACIENDA_URL = env.text("HACIENDA_URL")
HACIENDA_XSD_DIR = env.text("HACIENDA_XSD_DIR")
HACIENDA_CABYS = env.text("HACIENDA_CABYS")
HACIENDA_CA_DIR = env.text("HACIENDA_CA_DIR")

if DEMO or TESTING:
    if env.text("IOFACTURO_CLOCK_OFFSET"):  # handed down by `run`, so that its parts agree
        clock.shift(float(env.text("IOFACTURO_CLOCK_OFFSET")))
    elif env.text("IOFACTURO_NOW"):
        try:
            _start = datetime.fromisoformat(env.text("IOFACTURO_NOW"))
        except ValueError:
            raise ImproperlyConfigured("IOFACTURO_NOW must be an ISO instant.") from None
        clock.start_at(_start if _start.tzinfo else _start.replace(tzinfo=clock.COSTA_RICA))


def _demo_secret(name: str) -> str:
    """A secret of the demo, made on the spot and kept readable by its owner only."""
    import secrets

    folder = DATA / "secretos"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    try:
        descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR
        )
    except FileExistsError:
        return path.read_text().strip()
    import base64

    value = base64.b64encode(secrets.token_bytes(32)).decode()
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    return value


if DEMO:
    SECRET_KEY = env.text("IOFACTURO_SECRET_KEY") or _demo_secret("clave")
    KEYRING = env.text("IOFACTURO_KEYRING") or f"demo:{_demo_secret('llavero')}"
    ALLOWED_HOSTS = env.words("IOFACTURO_HOSTS", ("localhost", "127.0.0.1", "[::1]"))
    if not set(ALLOWED_HOSTS) <= {"localhost", "127.0.0.1", "[::1]"}:
        raise ImproperlyConfigured("The demo answers on loopback only: unset IOFACTURO_HOSTS.")
elif BUILDING:
    SECRET_KEY, KEYRING, ALLOWED_HOSTS = "building", "", []
else:
    SECRET_KEY = env.required("IOFACTURO_SECRET_KEY", "it signs sessions and links.")
    KEYRING = env.required("IOFACTURO_KEYRING", "it seals secrets at rest.")
    env.required("IOFACTURO_HOSTS", "the names this portal answers to, separated by commas.")
    ALLOWED_HOSTS = env.words("IOFACTURO_HOSTS")

DEBUG = False
HTTPS = not (DEMO or TESTING)

# -- applications --------------------------------------------------------------------------------

ROOT_URLCONF = "iofacturo.urls"
WSGI_APPLICATION = "iofacturo.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_altcha",  # for the widget's script alone
    "csp",
    "iofacturo.lib",
    "iofacturo.outbox",
    "iofacturo.uploads",
    "iofacturo.business_time",
    "iofacturo.accounts",
    "iofacturo.notifications",
    "iofacturo.folios",
    "iofacturo.help_center",
    "iofacturo.invoicing",
    "iofacturo.renewals",
    "iofacturo.support",
    "iofacturo.backoffice",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "iofacturo.lib.body.BoundedBodyMiddleware",
    "iofacturo.lib.policy.PolicyMiddleware",
    "iofacturo.invoicing.paper.public_door.PublicDoorMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "iofacturo.lib.nul.NoNulMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "iofacturo.accounts.middleware.PrivatePagesMiddleware",
    "iofacturo.accounts.middleware.CurrentCompanyMiddleware",
    "iofacturo.accounts.middleware.StaffMFAMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "iofacturo.portal.shell",
            ],
            "builtins": ["iofacturo.lib.templatetags.escritura"],
            "string_if_invalid": "",
        },
    }
]

# -- database and cache --------------------------------------------------------------------------

DATA_NEEDED = not BUILDING
if DATA_NEEDED:
    DATA.mkdir(parents=True, exist_ok=True)
_database = dj_database_url.parse(
    env.text("DATABASE_URL", f"sqlite:///{DATA / 'iofacturo.sqlite3'}")
)
# a thread keeps its connection from one request to the next; each of our backends looks cheaply
# whether it is still good
_database["CONN_MAX_AGE"] = 600
_database["CONN_HEALTH_CHECKS"] = True
if _database["ENGINE"].endswith("sqlite3"):
    _database["ENGINE"] = "iofacturo.lib.sqlite"
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: a folio that was taken stays taken when the power fails
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
    }
    if TESTING:
        _database["TEST"] = {"NAME": str(DATA / "test.sqlite3")}
else:
    if _database["ENGINE"] == "django.db.backends.postgresql":
        _database["ENGINE"] = "iofacturo.lib.postgresql"
    # `lib.statement` keeps its statements prepared; the ORM's own never are. `none` in the address
    # turns that off, for a pooler that cannot carry them from one connection to the next.
    _options = dict(_database.get("OPTIONS", {}))
    _prepare = str(_options.pop("prepare_threshold", 5))
    _options["prepare_threshold"] = None if _prepare == "none" else int(_prepare)
    _database["OPTIONS"] = _options
DATABASES = {"default": _database}
CACHES = {
    "default": {
        # shared by every process: throttling counts in it
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache"
        if TESTING
        else "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}

# -- files ---------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "static"]
STATIC_ROOT = DATA / "static"
if DATA_NEEDED:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
_storage_url = env.text("STORAGE_URL", f"file://{DATA / 'archivos'}")
if _storage_url.startswith("file://"):
    _default_storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": _storage_url.removeprefix("file://"),
            "base_url": None,  # nothing in it is ever served by address
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }
elif _storage_url.startswith("s3://"):
    _bucket, _, _prefix = _storage_url.removeprefix("s3://").partition("/")
    _default_storage = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _bucket,
            "location": _prefix,
            "default_acl": "private",
            "file_overwrite": False,
        },
    }
else:
    raise ImproperlyConfigured("STORAGE_URL must begin with file:// or s3://.")
STORAGES = {
    "default": _default_storage,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or BUILDING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 200  # purchases are dropped by the month
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# -- language and time ---------------------------------------------------------------------------

LANGUAGE_CODE = "es-cr"
LANGUAGES = [("es-cr", "Español de Costa Rica")]
if len(LANGUAGES) > 1:  # one language is nobody's choice
    MIDDLEWARE.insert(
        MIDDLEWARE.index("django.middleware.common.CommonMiddleware"),
        "django.middleware.locale.LocaleMiddleware",
    )
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_THOUSAND_SEPARATOR = False
USE_TZ = True
TIME_ZONE = "America/Costa_Rica"

# -- accounts ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["iofacturo.accounts.backend.AuthenticationBackend"]
SESSION_ENGINE = "iofacturo.accounts.session_store"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_ADAPTER = "iofacturo.accounts.adapter.AccountAdapter"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {
    "login": "iofacturo.accounts.login_forms.LoginForm",
    "reauthenticate": "iofacturo.accounts.login_forms.ReauthenticateForm",
    "reset_password": "iofacturo.accounts.login_forms.ResetPasswordForm",
    "reset_password_from_key": "iofacturo.accounts.login_forms.ResetPasswordKeyForm",
    "change_password": "iofacturo.accounts.login_forms.ChangePasswordForm",
    "set_password": "iofacturo.accounts.login_forms.SetPasswordForm",
    "add_email": "iofacturo.accounts.login_forms.AddEmailForm",
}
MFA_FORMS = {
    "authenticate": "iofacturo.accounts.login_forms.AuthenticateForm",
    "reauthenticate": "iofacturo.accounts.login_forms.ReauthenticateCodeForm",
    "activate_totp": "iofacturo.accounts.login_forms.ActivateTOTPForm",
    "add_webauthn": "iofacturo.accounts.login_forms.AddWebAuthnForm",
    "edit_webauthn": "iofacturo.accounts.login_forms.EditWebAuthnForm",
}
MFA_ADAPTER = "iofacturo.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
STAFF_MUST_HAVE_MFA = not DEMO
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("IOFACTURO_PROXIES", 0)

# -- security ------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^salud$"]
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# -- mail ----------------------------------------------------------------------------------------

vars().update(dj_email_url.parse(env.text("EMAIL_URL", "smtp://localhost:25")))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("IOFACTURO_FROM", "ioFacturo <avisos@localhost>")
EMAIL_TIMEOUT = 20
SITE_URL = env.text("IOFACTURO_URL", "http://localhost:8000")

# -- the provider's rules (design.md §5) -----------------------------------------------------------

PROMISED_HOURS = 4  # business hours to decide a request
SECOND_APPROVAL_FROM = env.number("IOFACTURO_SECOND_APPROVAL_FROM", 100_000)  # colones
AUTOMATIC_APPROVAL = env.flag("IOFACTURO_AUTOMATIC_APPROVAL")
READ_PROOFS = not (env.flag("IOFACTURO_UNREAD_PROOFS") or TESTING)  # tests that want it say so
UNDERPAID_TOLERANCE = env.number("IOFACTURO_TOLERANCE", 0)  # colones
GRACE_FOLIOS = env.number("IOFACTURO_GRACE_FOLIOS", 10)  # while a request waits; 0 for none
DAILY_REPORT_HOUR = env.number("IOFACTURO_DAILY_REPORT_HOUR", 8)  # in Costa Rica
if not 0 <= DAILY_REPORT_HOUR <= 23:
    raise ImproperlyConfigured("IOFACTURO_DAILY_REPORT_HOUR is an hour from 0 to 23.")
TICKET_HOURS = env.number("IOFACTURO_TICKET_HOURS", 4)  # business hours to answer a message
TICKET_REOPEN_DAYS = env.number("IOFACTURO_TICKET_REOPEN_DAYS", 14)
TICKET_MAIL = env.text("IOFACTURO_TICKET_MAIL")
TICKET_IMAP = env.text("IOFACTURO_TICKET_IMAP")
if TICKET_MAIL and (TICKET_MAIL.count("{}") != 1 or "@" not in TICKET_MAIL.partition("{}")[2]):
    raise ImproperlyConfigured(
        "IOFACTURO_TICKET_MAIL must be an address with {} before its @, such as soporte+{}@ejemplo.cr."
    )

# whoever knows the rest of such an address may open it: logs show its beginning only
SECRET_PATHS = [
    "/d/",
    "/hacienda/aviso/",
    "/empresa/invitacion/",
    "/cuenta/contrasena/olvido/",
    "/cuenta/correo/confirmar/",
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redaction": {"()": "iofacturo.lib.redaction.Redaction", "paths": SECRET_PATHS}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["redaction"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"iofacturo": {"level": "INFO"}},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
