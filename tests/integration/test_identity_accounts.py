"""Accounts and directories: who may sign in, on SQLite and PostgreSQL."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, text, update

from directory_contract import NAME, PASSWORD, DirectoryContract
from roadworthy.errors import Conflict, NotAllowed, NotFound, StorageError, UsageError
from roadworthy.platform.identity import schema
from roadworthy.platform.identity.directory import LocalDirectory
from roadworthy.platform.identity.identity import MIGRATIONS, open_identity
from roadworthy.platform.identity.members import Members
from roadworthy.platform.store.database import Database
from roadworthy.platform.store.platform import open_platform
from roadworthy.platform.store.schema import member, project

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.platform.identity.directory import Directory
    from roadworthy.platform.identity.identity import Identity


class TestLocalDirectory(DirectoryContract):
    """The accounts of the platform are a directory."""

    @pytest.fixture
    def directory(self, identity: Identity) -> Directory:
        """Give the local accounts, with Ada among them."""
        identity.accounts.create(NAME, PASSWORD)
        return LocalDirectory(identity.accounts)

    def test_a_disabled_account_is_nobody(self, directory: Directory, identity: Identity) -> None:
        """Its password is of no use, until it may again."""
        identity.accounts.disable(NAME)
        off = (directory.authenticate(NAME, PASSWORD), directory.groups(NAME))
        identity.accounts.disable(NAME, disabled=False)

        assert off == (None, None)
        assert directory.authenticate(NAME, PASSWORD) == frozenset()


def test_the_migrations_make_the_tables_that_the_code_names(identity: Identity) -> None:
    """No column, key or index stands in the code and not in the database, or the other way."""
    with identity.database.read() as connection:
        options = {"version_table": "alembic_version_identity"}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), schema.TABLES)

    assert differences == []


def test_old_accounts_survive_every_migration(database_url: str) -> None:
    """A database of the first version, with an account in it, is brought up to date with the account in it."""
    old = Database.open(database_url, MIGRATIONS, to="0001")
    with old.write() as connection:
        row = "INSERT INTO account (name, display, is_admin, created_at) VALUES ('ada', 'Ada', 1, 7)"
        connection.execute(text(row))
    old.close()

    new = open_identity(database_url)
    found = new.accounts.find("ada")
    new.close()
    assert found is not None
    assert (found.display, found.is_admin, found.created_at, found.is_disabled) == ("Ada", True, 7, False)


def test_the_index_and_the_secrets_can_share_a_database(database_url: str) -> None:
    """Each has a version of its own; both open again."""
    for _ in range(2):
        open_platform(database_url).close()
        open_identity(database_url).close()


def test_the_file_of_secrets_is_its_owners_alone(tmp_path: Path) -> None:
    """Neither it nor the log beside it can be read by others, even where it could before."""
    (tmp_path / "identity.db").touch(0o644)
    opened = open_identity(f"sqlite:///{tmp_path / 'identity.db'}")
    opened.accounts.create("ada", None)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    opened.close()

    assert modes == {0o600}


def test_a_place_without_a_folder_is_told(tmp_path: Path) -> None:
    """Nothing is made where nobody said to make it."""
    with pytest.raises(StorageError, match="cannot be opened"):
        open_identity(f"sqlite:///{tmp_path / 'none' / 'identity.db'}")


def test_a_name_is_given_once(identity: Identity) -> None:
    """The second who asks for it is refused, and the first keeps the password."""
    identity.accounts.create("ada", PASSWORD, display=" Ada\n\u202e Lovelace ")
    with pytest.raises(Conflict, match="an account ada already"):
        identity.accounts.create("ada", "another good password")

    (found,) = identity.accounts.all()
    assert found.display == "Ada Lovelace"
    assert identity.sign_in("ada", PASSWORD) == "ada"


@pytest.mark.parametrize("name", ["", "Ada", "a b", "../x", "-a", "a" * 41, "runner", "group:x", "ä", "a\n"])
def test_what_cannot_be_a_name_is_refused(identity: Identity, name: str) -> None:
    """Names are short, of small letters, and none is one that the platform acts under."""
    with pytest.raises(UsageError, match="cannot name an account"):
        identity.accounts.create(name, PASSWORD)


def test_signing_in_tells_nothing_about_who_there_is(identity: Identity) -> None:
    """A wrong password, an unknown name and a disabled account get the same words."""
    identity.accounts.create("ada", PASSWORD)
    identity.accounts.create("off", PASSWORD)
    identity.accounts.disable("off")
    said = set()
    for name, password in [("ada", "wrong but long"), ("babbage", PASSWORD), ("off", PASSWORD)]:
        with pytest.raises(NotAllowed) as caught:
            identity.sign_in(name, password)
        said.add(str(caught.value))

    assert len(said) == 1


def test_another_password_ends_the_sessions_of_the_old_one(identity: Identity) -> None:
    """Whoever knew it is out."""
    identity.accounts.create("ada", PASSWORD)
    secret = identity.sessions.begin("ada")
    identity.accounts.change_password("ada", "analytical engine")

    assert identity.by_session(secret) is None
    assert identity.sign_in("ada", "analytical engine") == "ada"
    with pytest.raises(NotFound, match="no account babbage"):
        identity.accounts.change_password("babbage", PASSWORD)


def test_a_password_hashed_in_an_old_way_is_hashed_anew(identity: Identity) -> None:
    """Signing in brings it up to the parameters in force, and it goes on to match."""
    # "difference engine no 2" with 64 KiB and one pass.
    old = "$argon2id$v=19$m=64,t=1,p=1$VTMn8oNlB+6OjwUVWunuzg$wuAwRFzanE0hQtRuNxvnEdWBYi2zXhEj0z0eQItfpQE"
    with identity.database.write() as connection:
        connection.execute(
            insert(schema.account).values(name="ada", password_hash=old, display="", is_admin=0, created_at=1)
        )
    first = identity.accounts.authenticate("ada", PASSWORD)
    with identity.database.read() as connection:
        kept = connection.execute(schema.account.select()).one().password_hash

    assert first
    assert "m=32768" in kept
    assert identity.accounts.authenticate("ada", PASSWORD)


def test_an_admin_who_is_disabled_is_none(identity: Identity) -> None:
    """The platform knows whether anybody administers it."""
    before = identity.accounts.has_admin()
    identity.accounts.create("grace", None, is_admin=True)
    during = identity.accounts.has_admin()
    identity.accounts.disable("grace")

    assert (before, during, identity.accounts.has_admin()) == (False, True, False)


def test_roles_are_those_of_active_projects(database: Database) -> None:
    """A project that was removed gives nobody a role."""
    with database.write() as connection:
        connection.execute(insert(project).values(name="flights", state="active", created_at=1, record="blake3:0"))
        connection.execute(insert(member).values(project="flights", who="ada", role="reader"))
    members = Members(database)
    before, was_there = members.roles("flights"), members.has("flights")
    with database.write() as connection:
        connection.execute(update(project).values(state="removed"))

    assert before == {"ada": "reader"}
    assert was_there
    assert not any(members.has(name) for name in ("flights", "none", "a\0b"))
    assert members.roles("flights") == members.roles("none") == members.roles("a\0b") == {}
