"""Which tables a statement takes ACCESS EXCLUSIVE on: nobody reads or writes them until the transaction ends.

PostgreSQL's manual, 13.3; tried on 15 and 18.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strangler_migrations.lint.model import Node, Statement
from strangler_migrations.lint.reading import commands, constraint_of, names, table_of

_WEAKER: Final = frozenset(
    {
        "AT_ValidateConstraint",  # SHARE UPDATE EXCLUSIVE, and so the next four
        "AT_SetStatistics",
        "AT_SetOptions",
        "AT_ResetOptions",
        "AT_AttachPartition",
        "AT_EnableTrig",  # SHARE ROW EXCLUSIVE, and so the next
        "AT_DisableTrig",
    }
)
_WHOLE: Final = frozenset({"TruncateStmt", "ClusterStmt", "RefreshMatViewStmt", "ReindexStmt"})


def exclusive(statement: Statement) -> Iterator[str]:
    """Tables, by name."""
    node = statement.node
    if statement.kind == "AlterTableStmt":
        if any(_strong(kind, command) for kind, command in commands(statement)):
            yield table_of(node["relation"])
    elif statement.kind == "RenameStmt" and node.get("relation"):
        yield table_of(node["relation"])
    elif statement.kind == "DropStmt" and not node.get("concurrent"):
        yield from dropped(node)
    elif statement.kind == "TruncateStmt":
        yield from (table_of(each["RangeVar"]) for each in node["relations"])
    elif statement.kind in _WHOLE and not node.get("concurrent"):
        yield table_of(node.get("relation"))
    elif statement.kind == "VacuumStmt" and full(node):
        yield from (table_of(each["VacuumRelation"].get("relation")) for each in node.get("rels", ()))
    elif statement.kind == "LockStmt" and node.get("mode") == 8:
        yield from (table_of(each["RangeVar"]) for each in node["relations"])


def dropped(node: Node) -> Iterator[str]:
    """What a DROP takes away, of tables, views and indexes; of a trigger, its table."""
    if node.get("removeType") in {"OBJECT_TABLE", "OBJECT_INDEX", "OBJECT_TRIGGER", "OBJECT_MATVIEW"}:
        for each in node["objects"]:
            parts = names(each.get("List", {}).get("items", []))
            if node["removeType"] == "OBJECT_TRIGGER":
                parts = parts[:-1]
            yield ".".join(part for part in parts if part != "public")


def full(node: Node) -> bool:
    """VACUUM FULL."""
    return any(each["DefElem"]["defname"] == "full" for each in node.get("options", ()))


def _strong(kind: str, command: Node) -> bool:
    if kind == "AT_AddConstraint":
        return constraint_of(command).get("contype") != "CONSTR_FOREIGN"
    if kind == "AT_DetachPartition":
        return not command.get("def", {}).get("PartitionCmd", {}).get("concurrent")
    return kind not in _WEAKER
