"""Who may do what: a table from role to permissions. After migrate the groups equal it."""

from collections.abc import Mapping, Sequence

SEE_CATALOGUE = [
    f"catalog.view_{model}"
    for model in (
        "barcode",
        "brand",
        "bundleproduct",
        "category",
        "channel",
        "cosmeticproduct",
        "market",
        "partner",
        "price",
        "pricelist",
        "product",
        "producttext",
        "skualias",
        "sportsproduct",
        "taxclass",
        "variant",
    )
] + ["promotions.view_bundle"]
SEE_STOCK = [
    f"inventory.view_{model}"
    for model in (
        "allocation",
        "cyclecount",
        "inboundmessage",
        "location",
        "lot",
        "lothold",
        "marketwarehouse",
        "recall",
        "reservation",
        "reservationline",
        "returnauthorization",
        "serialnumber",
        "shipmentnotice",
        "shipmentnoticeline",
        "stocklevel",
        "stockmovement",
        "transfer",
        "transferitem",
        "stockupdateline",
        "warehouse",
    )
]
SEE_IMPORTS = [f"catalog.view_{model}" for model in ("columnmapping", "importrow", "importrun")]
# What the books say of a count is not for those who count.
SEE_COUNTED_LINES = ["inventory.view_countline"]
SEE_DOSSIERS = [
    f"compliance.view_{model}"
    for model in ("certificaterequirement", "document", "dossier", "responsibleperson")
]
KEEP_DOSSIERS = [
    *(
        f"compliance.{verb}_{model}"
        for verb in ("add", "change")
        for model in ("certificaterequirement", "dossier", "responsibleperson")
    ),
    "compliance.add_document",
    "compliance.withdraw_document",
]
SEE_CLEARANCES = [f"compliance.view_{model}" for model in ("clearance", "decision", "finding")]
DECIDE_CLEARANCES = [
    *SEE_CLEARANCES,
    "compliance.change_formulaline",
    "compliance.decide_clearance",
    "compliance.export_label",
    "compliance.view_assessment",
    "compliance.view_formulaline",
]
SEE_ALERTS = ["kernel.view_alert"]
SEE_THE_SHOP = [*SEE_CATALOGUE, *SEE_STOCK, *SEE_ALERTS]

RECALL = [f"inventory.{verb}_recall" for verb in ("start", "record", "close", "withdraw")]

RUN_IMPORTS = [
    *SEE_IMPORTS,
    "catalog.add_importrun",
    "catalog.change_importrun",
    "catalog.apply_importrun",
    "catalog.undo_importrun",
    "catalog.change_columnmapping",
    "catalog.delete_columnmapping",
]
DESCRIBE_PRODUCTS = [
    f"catalog.{verb}_{model}"
    for verb in ("add", "change")
    for model in (
        "barcode",
        "brand",
        "bundleproduct",
        "category",
        "cosmeticproduct",
        "product",
        "producttext",
        "skualias",
        "sportsproduct",
        "variant",
    )
] + [
    "promotions.change_bundle",
    "catalog.delete_barcode",
    "catalog.delete_producttext",
    "catalog.delete_skualias",
]

SEE_SUBSTANCES = [
    f"compliance.view_{model}"
    for model in ("nameanswer", "substance", "substancename", "substancenumber", "unknownname")
]
KEEP_SUBSTANCES = [
    "compliance.import_substances",
    "compliance.settle_name",
    "compliance.add_substance",
    "compliance.change_substance",
    "compliance.add_substancename",
    "compliance.change_substancename",
    "compliance.delete_substancename",
    "compliance.add_substancenumber",
    "compliance.change_substancenumber",
    "compliance.delete_substancenumber",
]

SEE_RULEBOOKS = [
    f"compliance.view_{model}" for model in ("rulebook", "rulebookversion", "ruleentry")
]
KEEP_RULEBOOKS = [
    "compliance.import_rulebook",
    "compliance.activate_rulebook",
    "compliance.review_rule",
]

ROLES: Mapping[str, Sequence[str]] = {
    "Merchandiser": [
        *SEE_THE_SHOP,
        *SEE_CLEARANCES,
        *SEE_DOSSIERS,
        *SEE_COUNTED_LINES,
        "inventory.approve_count",
        *RUN_IMPORTS,
        *DESCRIBE_PRODUCTS,
        "catalog.activate_product",
        "catalog.add_price",
        "catalog.change_price",
        "inventory.place_lothold",
        "inventory.release_lothold",
        "inventory.write_off_stock",
        "inventory.return_to_supplier",
        "inventory.release_reservation",
        "inventory.authorise_return",
        "inventory.authorise_blind_return",
        "inventory.close_return",
        "inventory.receive_expiry_digest",
        *RECALL,
        "kernel.resolve_alert",
    ],
    "Warehouse": [
        *SEE_THE_SHOP,
        "inventory.plan_count",
        "inventory.enter_count",
        "inventory.receive_stock",
        "inventory.plan_transfer",
        "inventory.dispatch_transfer",
        "inventory.receive_transfer",
        "inventory.authorise_return",
        "inventory.receive_return",
        "inventory.inspect_return",
        "inventory.close_return",
        "inventory.name_serialnumber",
        "inventory.move_stock",
        "inventory.adjust_stock",
        "inventory.open_containers",
        "inventory.write_off_stock",
        "inventory.place_lothold",
        "inventory.record_recall",
        "kernel.resolve_alert",
    ],
    "Compliance officer": [
        *SEE_THE_SHOP,
        *SEE_RULEBOOKS,
        *KEEP_RULEBOOKS,
        *SEE_SUBSTANCES,
        *KEEP_SUBSTANCES,
        *DECIDE_CLEARANCES,
        *SEE_DOSSIERS,
        *KEEP_DOSSIERS,
        "inventory.place_lothold",
        "inventory.release_lothold",
        "inventory.receive_expiry_digest",
        *RECALL,
        "kernel.resolve_alert",
    ],
    "Buyer": [
        *SEE_THE_SHOP,
        *SEE_CLEARANCES,
        *SEE_DOSSIERS,
        *SEE_COUNTED_LINES,
        *RUN_IMPORTS,
        "catalog.add_partner",
        "catalog.change_partner",
        "catalog.add_price",
        "catalog.change_price",
        "inventory.cancel_shipmentnotice",
        "inventory.date_shipmentnotice",
        "inventory.plan_transfer",
        "inventory.return_to_supplier",
        "inventory.receive_expiry_digest",
        "kernel.resolve_alert",
    ],
    "Auditor": [
        *SEE_THE_SHOP,
        *SEE_SUBSTANCES,
        *SEE_RULEBOOKS,
        *SEE_CLEARANCES,
        *SEE_DOSSIERS,
        *SEE_COUNTED_LINES,
        *SEE_IMPORTS,
        "auth.view_group",
        "auth.view_user",
        "kernel.view_apiclient",
        "kernel.view_apitoken",
        "kernel.view_outboxevent",
    ],
}


def permissions_missing(known: Sequence[str]) -> list[str]:
    """Permissions that the table names and nobody defines; `known` are `app.codename`."""
    return sorted({name for names in ROLES.values() for name in names} - set(known))


def sync_roles(**_: object) -> None:
    """Make a group of every role with exactly its permissions. Safe to run at any time."""
    from django.contrib.auth.models import Group, Permission
    from django.db import transaction

    rows = Permission.objects.values_list("content_type__app_label", "codename", "pk")
    ids = {f"{app}.{codename}": pk for app, codename, pk in rows}
    with transaction.atomic():
        for role, names in ROLES.items():
            group, _created = Group.objects.get_or_create(name=role)
            group.permissions.set([ids[name] for name in sorted(set(names)) if name in ids])
