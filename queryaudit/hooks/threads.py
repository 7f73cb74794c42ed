"""Where code is handed to another thread or task."""

from queryaudit.hooks.patches import Patch

# Runs when ``sync_to_async(function)(...)`` is called, and for every ORM method
# that is awaited: the thread does not show who awaits.
await_sync = Patch("asgiref.sync:SyncToAsync.__call__", ("self", "args", "kwargs"))

# Runs for create_task(), gather() and task groups: a task does not show who made it.
create_task = Patch("asyncio.base_events:BaseEventLoop.create_task", ("self", "coro", ...))

# Run where threads begin, and where a pool gets work: neither carries a context.
start_thread = Patch("threading:Thread.start", ("self",))
submit = Patch("concurrent.futures.thread:ThreadPoolExecutor.submit", ("self", "fn", ...))

# Run where an awaitable question is made, which may be awaited elsewhere.
_QUERYSET = (
    *("aaggregate", "abulk_create", "abulk_update", "acontains", "acount", "acreate", "adelete"),
    *("aearliest", "aexists", "afirst", "aget", "aget_or_create", "ain_bulk", "alast", "alatest"),
    *("aupdate", "aupdate_or_create"),
)
ask_async = (
    *(Patch(f"django.db.models.query:QuerySet.{name}", ("self", ...)) for name in _QUERYSET),
    *(
        Patch(f"django.db.models.base:Model.{name}", ("self", ...))
        for name in ("adelete", "arefresh_from_db", "asave")
    ),
)
