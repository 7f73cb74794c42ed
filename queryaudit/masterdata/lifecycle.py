"""When a process begins with nothing: after a fork, and when a test overrides the settings."""

import os

from queryaudit import conf
from queryaudit.masterdata import coherence, places
from queryaudit.masterdata.generations import generations


def forget() -> None:
    """Forget rows, statistics and how processes hear of each other."""
    coherence.forget()
    places.forget()


def _begin_child() -> None:
    # Locks may be held by threads that the child does not have.
    generations.renew_lock()
    places.renew_lock()
    coherence.forget(is_child=True)
    places.forget()


def install() -> None:
    """Begin anew when there is reason to."""
    conf.when_changed(forget)
    os.register_at_fork(after_in_child=_begin_child)
