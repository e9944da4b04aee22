"""The methods of users, which are the server's roles that may log in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.servers.postgres import GROUP, SUPERUSER
from netra_sandbox.services.sql_admin import refusals, resources
from netra_sandbox.services.sql_admin.databases import execute

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox
    from netra_sandbox.servers.postgres import PostgresServer

Resource = dict[str, Any]
METHODS = "sql.users"
_LONGEST_NAME = 63
_KNOWN = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname <> %s ORDER BY rolname"


@handles(f"{METHODS}.list")
async def list_users(sandbox: Sandbox, call: Call) -> Resource:
    """Return the users; never their passwords."""
    return {"kind": "sql#usersList", "items": await _users(sandbox, call.parameters["instance"])}


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a user."""
    return await _existing(sandbox, call.parameters["instance"], call.parameters["name"])


@handles(f"{METHODS}.insert")
async def insert(sandbox: Sandbox, call: Call) -> Resource:
    """Create a user who may do what Cloud SQL's own administrators may."""
    instance, name = call.parameters["instance"], str(call.body.get("name") or "")
    if not 0 < len(name.encode()) <= _LONGEST_NAME or name.startswith(("pg_", "cloudsql")):
        raise refusals.invalid(f"Invalid user name ({name}).")
    if call.body.get("type", "BUILT_IN") != "BUILT_IN":
        raise refusals.invalid("The sandbox has users with passwords only: type BUILT_IN.")
    if any(known["name"] == name for known in await _users(sandbox, instance)):
        raise refusals.invalid(f'Invalid request: role "{name}" already exists.')
    statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE IN ROLE {}")
    made = statement.format(sql.Identifier(name), sql.Identifier(GROUP))
    work = _with_password(resources.running(sandbox, instance), name, call.body.get("password"), made)
    return resources.begin(sandbox, call, instance, "CREATE_USER", work)


@handles(f"{METHODS}.update")
async def update(sandbox: Sandbox, call: Call) -> Resource:
    """Change a user's password."""
    instance = call.parameters["instance"]
    name = str(call.parameters.get("name") or call.body.get("name") or "")
    await _existing(sandbox, instance, name)
    work = _with_password(resources.running(sandbox, instance), name, call.body.get("password"))
    return resources.begin(sandbox, call, instance, "UPDATE_USER", work)


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Drop a user; one that owns something stays, and the operation says so."""
    instance, name = call.parameters["instance"], str(call.parameters.get("name") or "")
    await _existing(sandbox, instance, name)
    statement = sql.SQL("DROP ROLE {}").format(sql.Identifier(name))
    work = execute(resources.running(sandbox, instance), statement)
    return resources.begin(sandbox, call, instance, "DELETE_USER", work)


async def _with_password(
    server: PostgresServer, name: str, password: str | None, *statements: sql.Composed
) -> Resource:
    await execute(server, *statements)
    if password:
        await server.set_password(name, password)
    return {}


async def _existing(sandbox: Sandbox, instance: str, name: str) -> Resource:
    for known in await _users(sandbox, instance):
        if known["name"] == name:
            return known
    raise refusals.missing(f"The user {name}")


async def _users(sandbox: Sandbox, instance: str) -> list[Resource]:
    server = resources.running(sandbox, instance)
    async with await server.connect() as connection:
        rows = await (await connection.execute(_KNOWN, (SUPERUSER,))).fetchall()
    made = {"kind": "sql#user", "instance": instance, "project": sandbox.project, "host": "", "type": "BUILT_IN"}
    return [{**made, "name": name} for (name,) in rows]
