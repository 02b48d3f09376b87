"""Fills an empty shop and prints an API token: `python -m tests.faults.fill`."""

import sys

import django

django.setup()

from config.kernel import clients, clock  # noqa: E402
from tests.factories import catalog, inventory  # noqa: E402

SKUS = [f"SE-BALL-{number}" for number in range(10, 20)] + ["COS-CREAM-50"]

if __name__ == "__main__":
    inventory.serves("DE", inventory.warehouse(), inventory.warehouse("LAX"))
    for sku in SKUS:
        product = (catalog.sports if sku.startswith("SE") else catalog.cosmetic)(sku=sku)
        inventory.receive(product, 3000, at=inventory.warehouse("BER"), now=clock.now())
        inventory.receive(product, 3000, at=inventory.warehouse("LAX"), now=clock.now())
    _, token = clients.create_client(
        name="load", scopes=list(clients.SCOPES), now=clock.now(), rate_limit_per_minute=0
    )
    sys.stdout.write(f"{token}\n")
