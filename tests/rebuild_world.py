"""A platform at work, small and real: bare repositories, buckets, an audit, and the index that a server would keep."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, insert, select

from roadworthy.app.server.home import Home
from roadworthy.app.server.sources import HomeSources
from roadworthy.declare.profile import Environment, Profile
from roadworthy.errors import Conflict
from roadworthy.ledger import ledger
from roadworthy.ledger.objects.folder import addresses_in
from roadworthy.platform.change import said
from roadworthy.platform.change.change import changes
from roadworthy.platform.change.merge import Standing, Wish, merge, message
from roadworthy.platform.change.propose import Proposal, close, follow, propose
from roadworthy.platform.change.said import moment
from roadworthy.platform.change.verdict import Checked, state_checked
from roadworthy.platform.identity.audit import Audit, Entry
from roadworthy.platform.rebuild.facts import index_fact
from roadworthy.platform.rebuild.form import FORMS
from roadworthy.platform.rebuild.rows import APPROXIMATE
from roadworthy.platform.store import schema
from roadworthy.platform.store.platform import open_platform
from roadworthy.platform.workspace import project as projects
from roadworthy.platform.workspace.apply import apply
from roadworthy.platform.workspace.keep import FIRST, IndexHost, state_applied, there
from roadworthy.platform.workspace.plan import plan
from roadworthy.platform.workspace.resource import wanted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from roadworthy.declare.profile import Role
    from roadworthy.ledger.objects.address import Address
    from roadworthy.platform.change.change import Change
    from roadworthy.platform.store.database import Database

NAMES = ("flights", "loans", "wine")
PEOPLE = ("user:ada", "user:grace", "group:ops", "user:zoë")
ROLES: tuple[Role, ...] = ("maintainer", "contributor", "reader")
OUTCOMES: tuple[Literal["passed", "failed"], ...] = ("passed", "failed")
HEADS = "refs/heads/"
THINGS = ("push", "push", "open", "open", "merge", "merge", "conflict", "close", "apply", "main", "audit", "delete",
          "remove", "say", "say")  # fmt: skip
# What a rebuilt index does not hold as it was, and why.
EXCLUDED_TABLES = {
    "delivery": "a trace: what hooks told",
    "event": "a trace: reconciling writes new ones for what is unfinished",
    "job": "a trace: reconciling asks again for what is unfinished",
}
EXCLUDED_COLUMNS = {
    "resource": (APPROXIMATE["resource"], "the database's milliseconds; the record of the workspace knows the second"),
}


def dump(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return every row that is restored, without what is excluded."""
    found: dict[str, list[dict[str, Any]]] = {}
    with database.read() as connection:
        for table in schema.TABLES.sorted_tables:
            if table.name in EXCLUDED_TABLES:
                continue
            left_out = EXCLUDED_COLUMNS.get(table.name, (frozenset(), ""))[0]
            order = [column.name for column in table.primary_key.columns]
            rows = [dict(row._mapping) for row in connection.execute(select(table))]
            rows.sort(key=lambda row, order=order: [row[name] for name in order])  # type: ignore[misc]
            found[table.name] = [{name: value for name, value in row.items() if name not in left_out} for row in rows]
    return found


def story(folder: Path) -> Path:
    """Make the home of a platform with two projects: one change merged, one open, a few entries in the audit."""
    live = open_platform(f"sqlite:///{folder / 'live.db'}")
    world = World(folder, live, 5)
    for name in ("flights", "loans"):
        world.create(name)
        world.commit(name, "feature/1")
        world.merge(world.open(name, "feature/1"))
        world.commit(name, "feature/2")
        world.open(name, "feature/2")
    for _ in range(4):
        world.audit("flights")
    live.close()
    return folder


class World:
    """What a server, its runners and the people of three projects do."""

    def __init__(self, folder: Path, database: Database, seed: int = 0) -> None:
        self.database = database
        self.home = Home(folder)
        self.own = ledger.open_bucket(folder / "audit", self.home.key, "platform")
        self.sources = HomeSources(self.home, self.own)
        self.random = random.Random(seed)
        self.count = 0
        self.ledgers = {name: self.home.ledger(name, "ada") for name in self.sources.projects()}
        self.indexed: set[Address] = set()

    # What the server does.

    def create(self, name: str) -> None:
        """Make a project, with a first commit on main and develop."""
        self._git(name, "init", "--quiet", "--bare", "--initial-branch=main", ".")
        self.ledgers[name] = self.home.ledger(name, "ada")
        projects.state_created(self.ledgers[name], name)
        self._row(name)
        with self.database.write() as connection:
            IndexHost(connection, name).put("member", "ada", FIRST)
        self.apply(name, self.commit(name, "main"))
        self.move(name, "develop", self.heads(name)["main"])

    def remove(self, name: str) -> None:
        """Remove a project, or bring it back."""
        found = projects.latest(self.ledgers[name])
        assert found is not None
        state = projects.state_removed if found.state == "active" else projects.state_restored
        state(self.ledgers[name], name)
        self._row(name)

    def apply(self, name: str, commit: str) -> None:
        """Apply a profile with some members, branches and environments."""
        pick = self.random
        members = {who: pick.choice(ROLES) for who in pick.sample(PEOPLE, 2)}
        places = {"staging": Environment(from_="develop"), "production": Environment(from_="main")}
        profile = Profile(
            "roadworthy/v1alpha1", name, members=members, branches=pick.choice(["gitflow", "trunk"]),
            environments={one: places[one] for one in pick.sample(sorted(places), pick.randint(0, 2))},
        )  # fmt: skip
        resources = wanted(profile)
        with self.database.write() as connection:
            steps = plan(resources, there(connection, self.ledgers[name], name))
            state_applied(self.ledgers[name], commit, resources)
            apply(steps, IndexHost(connection, name))
        self.settle(name)

    def move(self, name: str, branch: str, commit: str | None) -> None:
        """Move a branch, and reconcile: its row, its changes, its check."""
        self._git(name, "update-ref", *(["-d", HEADS + branch] if commit is None else [HEADS + branch, commit]))
        row = {"project": name, "name": HEADS + branch}
        with self.database.write() as connection:
            connection.execute(delete(schema.ref).filter_by(**row))
            if commit is not None:
                connection.execute(insert(schema.ref).values(**row, object=commit))
                follow(connection, name, branch, commit)
        if commit is not None:
            self.check(name, branch, commit)

    def check(self, name: str, branch: str, commit: str) -> None:
        """Check a commit, and on main let a version and its deployment follow."""
        kept, outcome = self.ledgers[name], self.random.choice(OUTCOMES)
        run = kept.keep("run", {"project": name, "commit": commit, "dirty": [], "outputs": {"build/model": "x" * 500}})
        proof = kept.keep("proof", {"run": run, "commit": commit, "measures": {"ece": 0.1 + self.random.random()}})
        follows = branch == "main" and outcome == "passed"
        state_checked(kept, Checked(
            name, commit, branch, "main" if branch == "develop" else "develop", "full", outcome, "It says so.",
            run, proof, releases=follows, deploys=("production",) if follows else (),
        ))  # fmt: skip
        if follows:
            self.release(name, commit, run, proof)
        self.settle(name)

    def release(self, name: str, commit: str, run: str, proof: str) -> None:
        """Make a version of a commit, and deploy it."""
        kept, self.count = self.ledgers[name], self.count + 1
        body = {"model": name, "version": f"v1.{self.count}.0", "commit": commit, "run": run, "proof": proof}
        version = kept.keep("version", {**body, "project": "", "tag": f"{name}@v1.{self.count}.0"})
        self._git(name, "tag", "--annotate", "--message", f"Record: {version}", f"{name}@v1.{self.count}.0", commit)
        kept.keep("deployment", {"model": name, "environment": "production", "version_record": version})
        tag = f"refs/tags/{name}@v1.{self.count}.0"
        with self.database.write() as connection:
            row = {"project": name, "name": tag, "object": self._git(name, "rev-parse", tag)}
            connection.execute(insert(schema.ref).values(**row))

    def audit(self, name: str | None) -> None:
        """State that somebody did something."""
        with self.database.write() as connection:
            Audit(self.own).state(connection, Entry("ada", "change.merge", f"{name}/1", name, {"count": self.count}))

    # What people do.

    def commit(self, name: str, branch: str) -> str:
        """Push a commit to a branch, and return it; the server does its work."""
        made = self.push(name, branch)
        self.move(name, branch, made)
        return made

    def push(self, name: str, branch: str) -> str:
        """Push a commit to a branch, and return it; the server has not seen it yet."""
        heads = self.heads(name)
        parent = heads.get(branch) or heads.get("develop")
        made = self._committed(name, f"Commit {self.count}", *([parent] if parent else []))
        self._git(name, "update-ref", HEADS + branch, made)
        return made

    def open(self, name: str, branch: str) -> Change:
        """Propose a branch for develop."""
        head = self.heads(name)[branch]
        found = propose(self.database, self.ledgers[name], Proposal(name, branch, "develop", "A title", "ada", head))
        self.settle(name)
        return found

    def close(self, change: Change) -> None:
        """Close a change."""
        close(self.database, self.ledgers[change.project], change.project, change.number)
        self.settle(change.project)

    def say(self, change: Change) -> None:
        """Approve a change, comment on it and resolve that, hold it, ask somebody to look, and give a command."""
        told: dict[str, object] = {
            "project": change.project, "number": change.number, "key": "", "made": moment(None), "head": change.head,
            "perspective": "software", "says": "yes", "by": "user:ada", "note": "", "files": ["a.py"], "proof": None,
            "page": None, "seen": {"code": "c", "data": "d", "model": None, "report": None}, "text": "Why?",
            "anchor": {}, "answers": None, "comment": "blake3:0", "state": "held", "reason": "", "of": ["ada"],
            "who": "ada", "name": "hold", "done": True, "answer": "It is held.", "link": "",
            "outcome": "ready", "review": {}, "document": "blake3:1", "markdown": "blake3:2",
        }  # fmt: skip
        for kind in said.KINDS:
            self.ledgers[change.project].keep(kind, {key: told[key] for key in FORMS[kind]})
        self.settle(change.project)

    def merge(self, change: Change, do: Callable[[Change, str, Address], str] | None = None) -> None:
        """Merge a change with the commit that its branch has."""
        tip = self.heads(change.project).get(change.branch)
        standing = Standing(change, tip, "passed", "Every test holds.")
        merge(self.database, self.ledgers[change.project], standing, Wish("ada", is_maintainer=True), do or self.merged)
        self.settle(change.project)
        self.move(change.project, change.target, self.heads(change.project)[change.target])

    def merged(self, change: Change, tip: str, record: Address) -> str:
        """Make the merge commit, as the forge does."""
        onto = self.heads(change.project)[change.target]
        made = self._committed(change.project, message(change, record), onto, tip)
        self._git(change.project, "update-ref", HEADS + change.target, made, onto)
        return made

    def week(self, operations: int = 100) -> None:
        """Do *operations* things, one after another, as the seed has them."""
        for name in NAMES:
            self.create(name)
        for _ in range(operations):
            self.one(self.random.choice(NAMES))

    def one(self, name: str) -> None:
        """Do one thing in a project; where there is nothing to do it with, push."""
        pick, self.count = self.random, self.count + 1
        with self.database.read() as connection:
            opened = [one for one in changes(connection, name, "open") if one.branch in self.heads(name)]
        features = [one for one in self.heads(name) if one.startswith("feature/")]
        things: dict[str, Callable[[], object]] = {
            "apply": lambda: self.apply(name, self.heads(name)["main"]),
            "audit": lambda: self.audit(pick.choice([None, name])),
            "main": lambda: self.commit(name, "main"),
            "push": lambda: self.commit(name, f"feature/{pick.randint(1, 6)}"),
            "remove": lambda: self.remove(name),
        }
        if features:
            things["open"] = lambda: self.open(name, pick.choice(features))
        if opened:
            things |= {
                "close": lambda: self.close(pick.choice(opened)),
                "conflict": lambda: self.conflict(pick.choice(opened)),
                "merge": lambda: self.merge(pick.choice(opened)),
                "say": lambda: self.say(pick.choice(opened)),
            }
        elif features:
            things["delete"] = lambda: self.move(name, pick.choice(features), None)
        things.get(pick.choice(THINGS), things["push"])()

    def conflict(self, change: Change) -> None:
        """Try a merge that git refuses: its record is kept, and nothing is merged."""

        def refuse(*_: object) -> str:
            raise Conflict("params.yaml conflicts.", remedy="Merge develop into it.")

        try:
            self.merge(change, refuse)
        except Conflict:
            self.settle(change.project)

    # How it is done.

    def heads(self, name: str) -> dict[str, str]:
        """Return the branches of a project."""
        refs = self.sources.refs(name)
        return {ref.removeprefix(HEADS): found for ref, found in refs.items() if ref.startswith(HEADS)}

    def settle(self, name: str) -> None:
        """Index every record that is new, as the server does after each."""
        kept = self.ledgers[name]
        new = [one for one in addresses_in(kept.records.folder, ".json") if one not in self.indexed]
        with self.database.write() as connection:
            for address in new:
                index_fact(connection, name, address, kept.records.read(address))
        self.indexed.update(new)

    def _row(self, name: str) -> None:
        found = projects.latest(self.ledgers[name])
        assert found is not None
        with self.database.write() as connection:
            there_is = connection.execute(select(schema.project.c.name).where(schema.project.c.name == name)).first()
            table = schema.project
            statement = table.insert() if there_is is None else table.update().where(table.c.name == name)
            connection.execute(statement.values(found.row()))
        self.settle(name)

    def _committed(self, name: str, text: str, *parents: str) -> str:
        tree = self._git(name, "mktree")
        options = [word for parent in parents for word in ("-p", parent)]
        return self._git(name, "commit-tree", tree, *options, "-m", f"{text}\n\nTurn {self.random.random()}")

    def _git(self, name: str, *arguments: str) -> str:
        folder = self.home.repositories / f"{name}.git"
        folder.mkdir(parents=True, exist_ok=True)
        command = ["git", "--git-dir=.", *arguments] if arguments[0] != "init" else ["git", *arguments]
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return done.stdout.strip()
