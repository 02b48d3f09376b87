"""The models of every room of catalog, where Django looks for them."""

from catalog.identifiers.models import *
from catalog.markets.models import *
from catalog.partners.models import *
from catalog.pricing.models import *
from catalog.products.models import *
from catalog.supplier_files.models import *
