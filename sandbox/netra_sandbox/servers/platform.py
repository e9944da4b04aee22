"""The product's database: its role, its tables, its golden path user."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from importlib import resources

from psycopg import sql

from netra_sandbox.servers.postgres import PostgresServer

DATABASE = "netra_staging"


@dataclass(frozen=True)
class Accounts:
    """Who may log in: to the database, and to the product."""

    database_user: str
    database_password: str
    golden_path_email: str
    golden_path_password: str


async def fill(server: PostgresServer, accounts: Accounts) -> None:
    """Make the database anew, whatever it was before."""
    role, password = sql.Identifier(accounts.database_user), sql.Literal(accounts.database_password)
    async with await server.connect() as connection:
        await connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
        await connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        await connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        await connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role))
    async with await server.connect(DATABASE) as connection:
        await connection.execute(sql.SQL("SET ROLE {}").format(role))
        await connection.execute(resources.files(__package__).joinpath("platform.sql").read_bytes())
        await connection.execute(
            "INSERT INTO users (email, password_hash) VALUES (%s, %s)",
            (accounts.golden_path_email, hash_password(accounts.golden_path_password)),
        )


def hash_password(password: str) -> str:
    """Hash a password as the product does (application/shared/passwords.py)."""
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=2**13, r=8, p=1).hex()}"
