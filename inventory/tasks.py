"""The tasks of every room of inventory, where Celery looks for them."""

from inventory.counting.tasks import *
from inventory.expiry.tasks import *
from inventory.reservations.tasks import *
from inventory.returns.tasks import *
from inventory.transfers.tasks import *
