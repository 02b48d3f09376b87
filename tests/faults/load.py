"""Clients that reserve, commit and release all the time, and repeat what was not answered."""

import http.client
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field

from tests.faults.fill import SKUS

CLIENTS = 8
PATIENCE_SECONDS = 45


@dataclass
class Told:
    """What clients were told: promises by reference, sales by order, and what nobody wants."""

    reserved: dict = field(default_factory=dict)
    sold: dict = field(default_factory=dict)
    wrong: list = field(default_factory=list)
    unanswered: int = 0


class Load:
    """A number of clients, from `with` to its end; each finishes what it has begun."""

    def __init__(self, port, token):
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.told = Told()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._live, args=(number,)) for number in range(CLIENTS)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _live(self, number):
        chance = random.Random(number)
        while not self._stopping.is_set():
            self._shop(chance)

    def _shop(self, chance):
        reference = f"cart-{uuid.uuid4().hex}"
        skus = chance.sample(SKUS, chance.choice([1, 1, 2, 3]))
        body = {
            "reference": reference,
            "market": "DE",
            "ttl_seconds": chance.choice([1, 600]),
            "lines": [
                {"sku": s, "quantity": str(chance.randint(1, 3)), "unit": "each"} for s in skus
            ],
        }
        status, answer = self._insist("/api/v1/reservations", body)
        if status not in (200, 201):
            return
        self.told.reserved[reference] = answer["id"]
        what = chance.choice(["commit", "release", "keep", "keep", "ask"])
        path = f"/api/v1/reservations/{answer['id']}"
        if what == "commit":
            order = f"order-{reference}"
            status, _ = self._insist(f"{path}/commit", {"order_reference": order})
            if status == 200:
                self.told.sold[order] = sum(int(line["quantity"]) for line in body["lines"])
        elif what == "release":
            self._insist(f"{path}/release", {})
        elif what == "ask":
            self._send("GET", f"/api/v1/availability?sku={skus[0]}&market=DE", None, "")

    def _insist(self, path, body):
        """Send it with one key until it is answered."""
        key = uuid.uuid4().hex
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            status, answer = self._send("POST", path, body, key)
            if status and status != 503 and (status, answer.get("code")) != (
                409, "idempotency-key-in-use",
            ):  # fmt: skip
                return status, answer
            time.sleep(0.1)
        self.told.unanswered += 1
        return 0, {}

    def _send(self, method, path, body, key):
        """One request; no status where there was no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        try:
            connection.request(
                method, path, json.dumps(body) if body is not None else None, headers
            )
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()
        if "json" not in response.headers.get("Content-Type", "") or response.status == 500:
            self.told.wrong.append((response.status, text[:300]))
            return 0, {}
        return response.status, json.loads(text)
