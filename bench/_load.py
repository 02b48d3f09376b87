"""Asks a web server as fast as it answers, over connections that stay open.

`python -m bench._load PORT SECONDS CONNECTIONS FILE`: the file holds JSON, a list of requests in
full; each is sent once by one of the connections, and the list is begun anew where `{n}` makes each
one different. Prints how many answers came, how long that took, and their times in milliseconds.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

_NUMBER = b"{nnnnnnnnn}"


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    answer: bytearray = field(default_factory=bytearray)


def main() -> None:
    """Ask for so many seconds, then tell."""
    port, seconds, connections = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    requests = cycle([r.encode() for r in json.loads(Path(sys.argv[4]).read_text())])
    numbers = iter(range(int(time.time() * 1000) % 10**6 * 1000, 10**10))
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        opened = socket.create_connection(("127.0.0.1", port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(opened, selectors.EVENT_READ, _Connection(opened))
    started = time.perf_counter()
    deadline = started + seconds
    for key in list(selector.get_map().values()):
        _send(key.data, next(requests), numbers)
    times: list[float] = []
    statuses: Counter[int] = Counter()
    waiting = connections
    while waiting:
        for key, _ in selector.select(timeout=10):
            connection: _Connection = key.data
            piece = connection.socket.recv(65536)
            if not piece:
                raise SystemExit("the server closed a connection")
            connection.answer += piece
            status = _whole(connection.answer)
            if not status:
                continue
            now = time.perf_counter()
            statuses[status] += 1
            times.append(now - connection.sent_at)
            connection.answer.clear()
            if now < deadline:
                _send(connection, next(requests), numbers)
            else:
                waiting -= 1
                selector.unregister(connection.socket)
    took = time.perf_counter() - started
    times.sort()
    figures = {
        "rate": len(times) / took,
        "p50": times[len(times) // 2] * 1000,
        "p99": times[len(times) * 99 // 100] * 1000,
        "statuses": dict(statuses),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _send(connection: _Connection, request: bytes, numbers: object) -> None:
    if _NUMBER in request:
        number = b"%011d" % next(numbers)  # type: ignore[call-overload]
        request = request.replace(_NUMBER, number)
    connection.sent_at = time.perf_counter()
    connection.socket.sendall(request)


def _whole(answer: bytearray) -> int:
    """The status of an answer that is complete, else 0."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = bytes(answer[:end]).lower()
    status = int(head[9:12])
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    return status if len(answer) >= end + 4 + length else 0


if __name__ == "__main__":
    main()
