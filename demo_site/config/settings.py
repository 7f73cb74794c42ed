"""Settings of the record shop: an ordinary small project on SQLite."""

import os
from pathlib import Path
from typing import Any

from config.environment import read_milliseconds

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "the-demo-keeps-no-secrets"
DEBUG = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
INTERNAL_IPS = ["127.0.0.1"]

# What every round trip to the database takes on top, as if the database were on another machine.
DEMO_LATENCY_MS = read_milliseconds(os.environ, "LATENCY")

# The address of DynamoDB Local, which `make demo DYNAMODB=1` starts. Without it the pages that need
# it are left out, and the front page says why.
DEMO_DYNAMODB = os.environ.get("DEMO_DYNAMODB", "")
DEMO_DYNAMODB_LACKS = os.environ.get("DEMO_DYNAMODB_LACKS", "")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "shop",  # before the auditors, see shop/round_trips.py
    "debug_toolbar",
    "queryaudit",
]

MIDDLEWARE = [
    # Outside the toolbar, which would replace the Server-Timing header.
    "queryaudit.middleware.QueryAuditMiddleware",
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    "shop.middleware.RoundTripsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context_processors.show_round_trips",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DEMO_DATABASE", BASE_DIR / "shop.sqlite3"),
        # Two visitors who order wait for each other, instead of one being told of a lock.
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"

# AUDIT=0 shows the shop without the auditor.
QUERYAUDIT: dict[str, Any] = {
    "ENABLED": os.environ.get("AUDIT", "1") != "0",
    # Counts by layer, and forbids none; {"allowed": ["shop.providers"]} would.
    "LAYERS": {"names": {"provider": ["shop.providers"]}},
    # Which files of shop/masterdata/ are loaded beside base: development, staging, production.
    "MASTERDATA": {"ENVIRONMENT": os.environ.get("DEMO_ENVIRONMENT", "development")},
    "DYNAMODB": {
        "HOST": DEMO_DYNAMODB,
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "TABLE_PREFIX": "shop",
    },
}

DEBUG_TOOLBAR_PANELS = [
    "debug_toolbar.panels.history.HistoryPanel",
    "queryaudit.panel.QueryAuditPanel",
    "debug_toolbar.panels.timer.TimerPanel",
    "debug_toolbar.panels.request.RequestPanel",
    "debug_toolbar.panels.templates.TemplatesPanel",
]
DEBUG_TOOLBAR_CONFIG = {
    # The toolbar refuses to stand beside tests; the shop's own tests want to see it.
    "IS_RUNNING_TESTS": False,
}
