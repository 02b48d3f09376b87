"""The admin pages and imports of every room of catalog, where Django looks for them."""

from catalog.markets.admin import *
from catalog.partners.admin import *
from catalog.partners.imports import *
from catalog.pricing.admin import *
from catalog.products.admin import *
from catalog.products.imports import *
from catalog.supplier_files.admin import *
