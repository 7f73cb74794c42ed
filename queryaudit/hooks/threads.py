"""Where code is handed to another thread."""

from queryaudit.hooks.patches import Patch

# Runs when ``sync_to_async(function)(...)`` is called, and for every ORM method
# that is awaited: the thread does not show who awaits.
await_sync = Patch("asgiref.sync:SyncToAsync.__call__", ("self", "args", "kwargs"))
