"""The methods of databases, which are those of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services.sql_admin import refusals, resources

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox
    from netra_sandbox.servers.postgres import PostgresServer

Resource = dict[str, Any]
METHODS = "sql.databases"
_LONGEST_NAME = 63
_KNOWN = (
    "SELECT datname, pg_encoding_to_char(encoding), datcollate FROM pg_database "
    "WHERE NOT datistemplate AND datname <> 'cloudsqladmin' ORDER BY datname"
)


@handles(f"{METHODS}.list")
async def list_databases(sandbox: Sandbox, call: Call) -> Resource:
    """Return the server's databases."""
    return {"kind": "sql#databasesList", "items": await _databases(sandbox, call.parameters["instance"])}


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a database."""
    return await _existing(sandbox, call.parameters["instance"], call.parameters["database"])


@handles(f"{METHODS}.insert")
async def insert(sandbox: Sandbox, call: Call) -> Resource:
    """Create a database."""
    instance, name = call.parameters["instance"], str(call.body.get("name") or "")
    if not 0 < len(name.encode()) <= _LONGEST_NAME:
        raise refusals.invalid(f"Invalid database name ({name}).")
    if call.body.get("charset", "UTF8") != "UTF8":
        raise refusals.invalid(f"Invalid charset ({call.body['charset']}): only UTF8 is supported.")
    if any(known["name"] == name for known in await _databases(sandbox, instance)):
        raise refusals.invalid(
            f'Invalid request: failed to create database {name}. Detail: database "{name}" already exists.'
        )
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    server = resources.running(sandbox, instance)
    return resources.begin(sandbox, call, instance, "CREATE_DATABASE", execute(server, statement))


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Drop a database; one that is in use stays, and the operation says so."""
    instance, name = call.parameters["instance"], call.parameters["database"]
    await _existing(sandbox, instance, name)
    statement = sql.SQL("DROP DATABASE {}").format(sql.Identifier(name))
    server = resources.running(sandbox, instance)
    return resources.begin(sandbox, call, instance, "DELETE_DATABASE", execute(server, statement))


async def execute(server: PostgresServer, *statements: sql.Composed | sql.SQL) -> Resource:
    """Execute statements on the server; what it refuses becomes the operation's error, in its own words."""
    async with await server.connect() as connection:
        try:
            for statement in statements:
                await connection.execute(statement)
        except psycopg.Error as error:
            raise refusals.invalid(f"Invalid request: {error.diag.message_primary}.") from None
    return {}


async def _existing(sandbox: Sandbox, instance: str, name: str) -> Resource:
    for known in await _databases(sandbox, instance):
        if known["name"] == name:
            return known
    raise refusals.missing(f"The database {name}")


async def _databases(sandbox: Sandbox, instance: str) -> list[Resource]:
    server = resources.running(sandbox, instance)
    async with await server.connect() as connection:
        rows = await (await connection.execute(_KNOWN)).fetchall()
    return [
        {
            "kind": "sql#database",
            "name": name,
            "charset": charset,
            "collation": collation,
            "instance": instance,
            "project": sandbox.project,
            "selfLink": f"{resources.LINKS}/{sandbox.project}/instances/{instance}/databases/{name}",
        }
        for name, charset, collation in rows
    ]
