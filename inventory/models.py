"""The models of every room of inventory, where Django looks for them."""

from inventory.availability.models import *
from inventory.counting.models import *
from inventory.expiry.models import *
from inventory.integration.models import *
from inventory.lots.models import *
from inventory.purchasing.models import *
from inventory.recalls.models import *
from inventory.reservations.models import *
from inventory.returns.models import *
from inventory.stock.models import *
from inventory.transfers.models import *
from inventory.warehouses.models import *
