"""Settings of the admin for keys of several columns, as tests/composite has it."""

from tests.browser.settings import *  # noqa: F403
from tests.browser.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.composite"]
ROOT_URLCONF = "tests.browser.goods_urls"
