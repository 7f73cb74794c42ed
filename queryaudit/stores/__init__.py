"""Where audits stay: ``current()`` is the store that the settings name."""

import os

from queryaudit import conf
from queryaudit.stores.choice import current, default_path

__all__ = ["current", "default_path"]

conf.when_changed(current.cache_clear)
if hasattr(os, "register_at_fork"):
    # Not on Windows, which does not fork. Locks and connections belong to the parent.
    os.register_at_fork(after_in_child=current.cache_clear)
