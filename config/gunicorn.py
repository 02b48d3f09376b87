"""How gunicorn serves Backroom: on one machine (`manage.py serve`) and in a container."""

import os
from typing import Any

from gunicorn.http import message

wsgi_app = "config.wsgi:application"
bind = f"{os.environ.get('BACKROOM_BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
# A thread that waits for a slow client does not stop its worker's heartbeat; this is for a hang.
timeout = 120
# An address may name 200 SKUs of 40 characters each, which is more than gunicorn's own most.
limit_request_line = message.MAX_REQUEST_LINE = 16_384
graceful_timeout = 5
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
# Load the code once and fork: half the memory and a start in half the time.
preload_app = True
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")


def post_worker_init(worker: Any) -> None:
    """What is no HTTP is refused as the API refuses: never with a page."""
    from gunicorn import util

    from config.serving.http import write_problem

    util.write_error = write_problem


def child_exit(server: Any, worker: Any) -> None:
    """Let the figures of a worker that is gone leave /metrics' live gauges."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
