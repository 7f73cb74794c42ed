"""The Django app: checks, and the hooks where requests are to be audited."""

from django.apps import AppConfig

from queryaudit import capture, checks, conf, tasks
from queryaudit.errors import log_once


class QueryAuditConfig(AppConfig):
    """Registers the checks; stands in the hooks unless ``ENABLED`` is off."""

    name = "queryaudit"
    verbose_name = "Query audit"

    def ready(self) -> None:
        """Install the auditor before the first connection is opened."""
        checks.register()
        if conf.is_enabled():
            try:
                capture.install()
                tasks.connect()
            except Exception:  # noqa: BLE001
                log_once("installing its hooks")
