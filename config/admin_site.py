"""How the admin looks: title, colours, and one sidebar by task."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy


def _may(*permissions: str) -> Callable[[HttpRequest], bool]:
    """Shown to whoever has any of these permissions."""
    return lambda request: any(request.user.has_perm(name) for name in permissions)


def _on_deliveries(request: HttpRequest) -> bool:
    """Goods in lies among the pages of deliveries, but is an item of its own."""
    deliveries = reverse("admin:inventory_shipmentnotice_changelist")
    return request.path.startswith(deliveries) and request.path != reverse("admin:goods_in")


def _on_places(request: HttpRequest) -> bool:
    """Putting away lies among the pages of places, but is an item of its own."""
    places = reverse("admin:inventory_stocklevel_changelist")
    return request.path.startswith(places) and request.path != reverse("admin:put_away")


def _on_clearances(request: HttpRequest) -> bool:
    """The calendar lies among the pages of clearances, but is an item of its own."""
    clearances = reverse("admin:compliance_clearance_changelist")
    return request.path.startswith(clearances) and request.path != reverse(
        "admin:compliance_calendar"
    )


def _item(title: str, icon: str, url_name: str, *permissions: str, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{url_name}"),
        "permission": _may(*permissions),
        **more,
    }


NAVIGATION: list[dict[str, Any]] = [
    {
        "title": "Today",
        "items": [
            {"title": "Today", "icon": "today", "link": reverse_lazy("admin:index")},
            _item(
                "Alerts",
                "notifications",
                "kernel_alert_changelist",
                "kernel.view_alert",
                badge="config.dashboard.open_alert_count",
                badge_variant="danger",
            ),
        ],
    },
    {
        "title": "Expiry",
        "items": [
            _item(
                "Expiry board",
                "hourglass_bottom",
                "inventory_expiringlot_changelist",
                "inventory.view_lot",
            ),
        ],
    },
    {
        "title": "Compliance",
        "items": [
            _item(
                "Review queue",
                "fact_check",
                "compliance_waitingclearance_changelist",
                "compliance.view_clearance",
                badge="config.dashboard.waiting_clearance_count",
                badge_variant="warning",
            ),
            _item(
                "What becomes illegal",
                "event_busy",
                "compliance_calendar",
                "compliance.view_clearance",
            ),
            _item(
                "Clearances",
                "gavel",
                "compliance_clearance_changelist",
                "compliance.view_clearance",
                active=_on_clearances,
            ),
            _item(
                "Decisions",
                "how_to_reg",
                "compliance_decision_changelist",
                "compliance.view_decision",
            ),
            _item(
                "Dossiers",
                "folder_open",
                "compliance_dossier_changelist",
                "compliance.view_dossier",
            ),
            _item(
                "Documents",
                "description",
                "compliance_document_changelist",
                "compliance.view_document",
            ),
            _item(
                "Certificate requirements",
                "verified_user",
                "compliance_certificaterequirement_changelist",
                "compliance.view_certificaterequirement",
            ),
            _item(
                "Rulebooks",
                "menu_book",
                "compliance_rulebook_changelist",
                "compliance.view_rulebook",
            ),
            _item(
                "Versions of rulebooks",
                "history",
                "compliance_rulebookversion_changelist",
                "compliance.view_rulebookversion",
            ),
            _item(
                "Rules",
                "rule_folder",
                "compliance_ruleentry_changelist",
                "compliance.view_ruleentry",
            ),
            _item(
                "Substances",
                "science",
                "compliance_substance_changelist",
                "compliance.view_substance",
            ),
            _item(
                "Unknown names",
                "help",
                "compliance_unknownname_changelist",
                "compliance.view_unknownname",
            ),
            _item(
                "Answers about names",
                "fact_check",
                "compliance_nameanswer_changelist",
                "compliance.view_nameanswer",
            ),
            _item(
                "Responsible persons",
                "contact_mail",
                "compliance_responsibleperson_changelist",
                "compliance.view_responsibleperson",
            ),
        ],
    },
    {
        "title": "Goods in",
        "items": [
            _item("Receive by scan", "barcode_scanner", "goods_in", "inventory.receive_stock"),
            _item(
                "Expected deliveries",
                "local_shipping",
                "inventory_shipmentnotice_changelist",
                "inventory.view_shipmentnotice",
                active=_on_deliveries,
            ),
            _item("Put away", "shelves", "put_away", "inventory.move_stock"),
        ],
    },
    {
        "title": "Transfers",
        "items": [
            _item(
                "Transfers",
                "local_shipping",
                "inventory_transfer_changelist",
                "inventory.view_transfer",
            ),
            _item(
                "Goods on the road",
                "route",
                "inventory_transferitem_changelist",
                "inventory.view_transferitem",
            ),
        ],
    },
    {
        "title": "Stock",
        "items": [
            _item(
                "Stock by product",
                "inventory",
                "inventory_stockedvariant_changelist",
                "inventory.view_stocklevel",
            ),
            _item(
                "Stock by place",
                "grid_view",
                "inventory_stocklevel_changelist",
                "inventory.view_stocklevel",
                active=_on_places,
            ),
            _item("Lots", "package_2", "inventory_lot_changelist", "inventory.view_lot"),
            _item(
                "Movements",
                "swap_vert",
                "inventory_stockmovement_changelist",
                "inventory.view_stockmovement",
            ),
            _item(
                "Counts",
                "playlist_add_check",
                "inventory_cyclecount_changelist",
                "inventory.view_cyclecount",
            ),
            _item(
                "Counted lines",
                "rule",
                "inventory_countline_changelist",
                "inventory.view_countline",
            ),
            _item(
                "Stock updates",
                "move_to_inbox",
                "inventory_inboundmessage_changelist",
                "inventory.view_inboundmessage",
            ),
            _item(
                "Serial numbers",
                "tag",
                "inventory_serialnumber_changelist",
                "inventory.view_serialnumber",
            ),
            _item(
                "Serials to be named",
                "label_important",
                "inventory_unnamedmovement_changelist",
                "inventory.view_stockmovement",
            ),
            _item(
                "Reservations",
                "bookmark",
                "inventory_reservation_changelist",
                "inventory.view_reservation",
            ),
            _item(
                "Shortages",
                "production_quantity_limits",
                "inventory_shortline_changelist",
                "inventory.view_reservation",
            ),
            _item(
                "Returns",
                "assignment_return",
                "inventory_returnauthorization_changelist",
                "inventory.view_returnauthorization",
            ),
            _item("Recalls", "report", "inventory_recall_changelist", "inventory.view_recall"),
        ],
    },
    {
        "title": "Catalogue",
        "items": [
            _item("Products", "inventory_2", "catalog_product_changelist", "catalog.view_product"),
            _item("Bundles", "redeem", "promotions_bundle_changelist", "promotions.view_bundle"),
            _item("Variants", "style", "catalog_variant_changelist", "catalog.view_variant"),
            _item("Brands", "sell", "catalog_brand_changelist", "catalog.view_brand"),
            _item(
                "Categories", "account_tree", "catalog_category_changelist", "catalog.view_category"
            ),
            _item("Prices", "payments", "catalog_price_changelist", "catalog.view_price"),
        ],
    },
    {
        "title": "Imports",
        "items": [
            _item(
                "Supplier files",
                "upload_file",
                "catalog_importrun_changelist",
                "catalog.view_importrun",
            ),
            _item(
                "Column mappings",
                "view_column",
                "catalog_columnmapping_changelist",
                "catalog.view_columnmapping",
            ),
        ],
    },
    {
        "title": "Settings",
        "collapsible": True,
        "items": [
            _item("Markets", "public", "catalog_market_changelist", "catalog.view_market"),
            _item("Channels", "storefront", "catalog_channel_changelist", "catalog.view_channel"),
            _item(
                "Warehouses",
                "warehouse",
                "inventory_warehouse_changelist",
                "inventory.view_warehouse",
            ),
            _item("Partners", "handshake", "catalog_partner_changelist", "catalog.view_partner"),
            _item(
                "Price lists", "list_alt", "catalog_pricelist_changelist", "catalog.view_pricelist"
            ),
            _item("Tax classes", "percent", "catalog_taxclass_changelist", "catalog.view_taxclass"),
            _item("API clients", "key", "kernel_apiclient_changelist", "kernel.view_apiclient"),
            _item("Events", "bolt", "kernel_outboxevent_changelist", "kernel.view_outboxevent"),
            _item("Users", "person", "auth_user_changelist", "auth.view_user"),
            _item("Roles", "badge", "auth_group_changelist", "auth.view_group"),
            _item(
                "Schedule",
                "schedule",
                "django_celery_beat_periodictask_changelist",
                "django_celery_beat.view_periodictask",
            ),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Backroom",
    "SITE_HEADER": "Backroom",
    "SITE_SUBHEADER": "Cosmetics and sports, one stock",
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("backroom/favicon.svg"),
        }
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "config.dashboard.environment",
    "DASHBOARD_CALLBACK": "config.dashboard.today",
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "240 253 250",
            "100": "204 251 241",
            "200": "153 246 228",
            "300": "94 234 212",
            "400": "45 212 191",
            "500": "20 184 166",
            "600": "13 148 136",
            "700": "15 118 110",
            "800": "17 94 89",
            "900": "19 78 74",
            "950": "4 47 46",
        },
    },
    "STYLES": [lambda request: static("backroom/admin.css")],
    "SCRIPTS": [lambda request: static("backroom/scan.js")],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": NAVIGATION,
    },
}
