"""A way in translates, makes one call and translates back: it writes nothing itself."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("catalog", "compliance", "inventory", "promotions")
WAYS_IN = ("admin", "api", "imports", "tasks", "subscribers")
WRITES = {
    "bulk_create",
    "bulk_update",
    "create",
    "delete",
    "get_or_create",
    "select_for_update",
    "update_or_create",
}
# Saving what an inline form of the admin holds is the admin's own work, not a rule.
ALLOWED = {("catalog/products/admin/products.py", "save")}


def ways_in() -> list[Path]:
    found: list[Path] = []
    for app in APPS:
        for name in WAYS_IN:
            found += (ROOT / app).glob(f"*/{name}.py")
            found += (ROOT / app).glob(f"*/{name}/**/*.py")
    return sorted(found)


def test_there_are_ways_in_to_look_at():
    names = {path.relative_to(ROOT).as_posix() for path in ways_in()}

    assert "catalog/products/admin/products.py" in names
    assert "inventory/reservations/api/v1.py" in names
    assert "inventory/expiry/tasks.py" in names


@pytest.mark.parametrize("path", ways_in(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_way_in_writes_nothing_itself(path):
    name = path.relative_to(ROOT).as_posix()
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = ast.unparse(node.func.value)
        is_write = node.func.attr in WRITES and "objects" in owner
        is_save = node.func.attr == "save" and owner not in ("super()", "form", "formset")
        if (is_write or is_save) and (name, node.func.attr) not in ALLOWED:
            found.append(f"{name}:{node.lineno} {owner}.{node.func.attr}()")

    assert found == []
