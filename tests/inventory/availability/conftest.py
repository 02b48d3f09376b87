"""The shop of the reservations' tests: Germany is served from Berlin, then from Los Angeles."""

from tests.inventory.reservations.conftest import (  # noqa: F401
    ball,
    berlin,
    cream,
    germany,
    los_angeles,
)
