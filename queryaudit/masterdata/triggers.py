"""Triggers of PostgreSQL that tell of the writes of every client: statements, not rows."""

from typing import Any, Final

from queryaudit.masterdata.coherence.postgresql import CHANNEL
from queryaudit.masterdata.registry import tables_of

NAME: Final = "queryaudit_masterdata"

_FUNCTION: Final = f"""\
CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM pg_notify('{CHANNEL}', ':' || TG_TABLE_NAME);
    RETURN NULL;
END
$body$"""


def install_sql(connection: Any) -> list[str]:
    """Return the statements that make the triggers on each table master data comes from."""
    return [_FUNCTION, *(_trigger(connection, table) for table in _tables(connection))]


def remove_sql(connection: Any) -> list[str]:
    """Return the statements that take all of them away, whatever table they are on."""
    quote = connection.ops.quote_name
    drops = [f"DROP TRIGGER IF EXISTS {NAME} ON {quote(table)}" for table in _tables(connection)]
    return [*drops, f"DROP FUNCTION IF EXISTS {NAME}() CASCADE"]


def _trigger(connection: Any, table: str) -> str:
    return (
        f"CREATE OR REPLACE TRIGGER {NAME} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE "
        f"ON {connection.ops.quote_name(table)} FOR EACH STATEMENT EXECUTE FUNCTION {NAME}()"
    )


def _tables(connection: Any) -> list[str]:
    """Return the tables that there are: views have no such triggers."""
    wanted = tables_of(connection.alias)
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_list(cursor)
    return sorted(one.name for one in found if one.type in "tp" and one.name.lower() in wanted)
