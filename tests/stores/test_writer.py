import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from queryaudit import errors
from queryaudit.stores import writer as module
from queryaudit.stores.health import Health
from queryaudit.stores.writer import Writer


def append_to(done: list[tuple[int, str]], number: int) -> None:
    done.append((number, threading.current_thread().name))


def wait_until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_jobs_run_in_order_on_a_thread_of_their_own() -> None:
    writer = Writer()
    done: list[tuple[int, str]] = []
    for number in range(5):
        assert writer.submit(partial(append_to, done, number))
    assert writer.drain()
    assert done == [(number, "queryaudit") for number in range(5)]


def test_what_does_not_fit_the_queue_is_dropped_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health()
    writer, gate = Writer(limit=2, health=health), threading.Event()
    started = threading.Event()

    def block() -> None:
        started.set()
        gate.wait(10)

    writer.submit(block)
    assert started.wait(10)
    start = time.perf_counter()
    accepted = [writer.submit(lambda: None) for _ in range(50)]
    assert time.perf_counter() - start < 5
    assert accepted.count(True) == 2
    assert not writer.drain(0.01)
    problem = health.problem()
    assert problem is not None
    assert (problem.part, problem.reason) == ("queueing", "more than 2 wait to be kept")
    assert problem.dropped == 48
    gate.set()
    assert writer.drain()
    assert writer.submit(lambda: None)
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith("queryaudit: audits are dropped: more than 2 wait to be kept. ")
    writer._hurry.set()
    wait_until(lambda: health.problem() is None)


def test_a_job_that_fails_is_logged_once_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "_told", set())
    writer, done = Writer(), []

    def fail() -> None:
        raise OSError("disk full")

    for job in (fail, fail, lambda: done.append(1)):
        writer.submit(job)
    assert writer.drain()
    assert done == [1]
    assert [r.levelno for r in caplog.records] == [logging.ERROR]
    assert "disk full" in caplog.text


def test_an_idle_thread_ends_and_the_next_job_starts_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.0)
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.001)
    writer = Writer()
    done: list[tuple[int, str]] = []
    for number in range(3):
        writer.submit(partial(append_to, done, number))
        thread = writer._thread
        if thread is not None:
            thread.join(10)
        assert len(done) == number + 1
        assert writer._thread is None


def test_a_thread_that_does_not_start_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    writer, done = Writer(), []
    start = threading.Thread.start

    def fail(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    with pytest.raises(RuntimeError):
        writer.submit(lambda: done.append(1))
    monkeypatch.setattr(threading.Thread, "start", start)
    writer.submit(lambda: done.append(2))
    assert writer.drain()
    assert done == [1, 2]


def test_a_job_left_by_a_finalizer_is_done_with_the_next_one() -> None:
    writer = Writer()
    done: list[tuple[int, str]] = []
    writer.leave(partial(append_to, done, 1))
    assert done == []
    writer.submit(partial(append_to, done, 2))
    assert writer.drain()
    assert [number for number, _ in done] == [1, 2]


def test_nothing_submitted_nothing_to_wait_for() -> None:
    assert Writer().drain(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_a_thread_of_its_own() -> None:
    from queryaudit.stores.writer import writer

    writer.submit(lambda: None)
    assert writer.drain()
    child = os.fork()
    if child == 0:
        done: list[int] = []
        writer.submit(lambda: done.append(1))
        os._exit(0 if writer.drain(5) and done else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
