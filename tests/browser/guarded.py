"""The same settings under a strict Content-Security-Policy, with parameters kept."""

from pathlib import Path
from typing import Any

import django

from tests.browser.settings import *  # noqa: F403
from tests.browser.settings import ALLOWED_HOSTS, MIDDLEWARE, QUERYAUDIT

ROOT_URLCONF = "tests.browser.urls"
# The page of the tests is no part of the demo.
QUERYAUDIT = {**QUERYAUDIT, "PARAMS": True, "OWN": [str(Path(__file__).parent)]}
# A name that leads here without being localhost: to a browser no secure context.
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "shop.test"]

# Outermost, as its policy is for all that the others answer.
if django.VERSION >= (6, 0):
    from django.utils.csp import CSP

    MIDDLEWARE = [
        "django.middleware.csp.ContentSecurityPolicyMiddleware",
        "tests.browser.policy.use_nonce",
        *MIDDLEWARE,
    ]
    SECURE_CSP: dict[str, Any] = {
        "default-src": [CSP.SELF],
        "script-src": [CSP.NONCE, CSP.STRICT_DYNAMIC],
        "base-uri": [CSP.NONE],
        "object-src": [CSP.NONE],
    }
else:
    MIDDLEWARE = ["tests.browser.policy.set_policy", *MIDDLEWARE]
