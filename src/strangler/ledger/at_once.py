"""Many rows in one piece: the database writes them as JSON, msgspec reads it.

Row by row, fifty thousand take the better part of a second of Python, in which no other thread of the process gets far.
One text is read in a tenth of that, and while the database writes it others work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection


def rows(
    connection: Connection, *columns: ColumnElement[Any], only: ColumnElement[bool] | None = None
) -> ColumnElement[str | None]:
    """An aggregate: a JSON array with an array of these columns (texts and whole numbers) for each row (of which `only`
    is true), in no order. PostgreSQL says NULL where there is none.
    """
    if connection.dialect.name == "sqlite":
        made = func.json_group_array(func.json_array(*columns))
        return made if only is None else made.filter(only)
    listed = func.json_agg(func.json_build_array(*columns))
    return cast(listed if only is None else listed.filter(only), Text)
