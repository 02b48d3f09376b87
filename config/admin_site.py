"""How the admin looks: title, colours, sidebar."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Backroom",
    "SITE_HEADER": "Backroom",
    "SITE_SYMBOL": "storefront",
}
