"""What a push is refused for, as its sender sees it; and that a refused push leaves nothing behind."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from forge_world import Client, Hosted, Setup, begun, hosted, started
from roadworthy.build.data.pins import pin_of
from roadworthy.declare.pinned import pin_text
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.records.record import Record
from roadworthy.ledger.versions.read import record_line
from roadworthy.platform.forge.receive import Rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from roadworthy.platform.forge.push import Push

ROWS = b"rows of flights\n"
MISSING = Item(Address.of(b"nowhere"), 7)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Hosted]:
    """Return a forge that is served."""
    with hosted(tmp_path) as served:
        yield served


@pytest.fixture
def ada(server: Hosted, tmp_path: Path) -> Client:
    """Return a contributor's working tree, whose first commit is on the server, on the branch `feature/wind`."""
    return begun(tmp_path / "ada", server.url())


def objects(server: Hosted) -> set[str]:
    """Return every file in which the server keeps objects."""
    place = server.forge.path("flights") / "objects"
    return {str(path.relative_to(place)) for path in place.rglob("*")}


def test_the_first_push_makes_the_default_branches(server: Hosted, tmp_path: Path) -> None:
    """Into an empty repository main and develop are pushed, together or one after the other."""
    client = started(tmp_path / "x", server.url())
    first = client.commit()
    client.git("push", "--quiet", "origin", "main")
    client.git("push", "--quiet", "origin", "main:develop", "main:feature/x")

    assert set(server.refs()) == {"refs/heads/main", "refs/heads/develop", "refs/heads/feature/x"}
    assert set(server.refs().values()) == {first}


@pytest.mark.parametrize("branch", ["main", "develop"])
def test_nobody_pushes_to_a_protected_branch(server: Hosted, ada: Client, branch: str) -> None:
    """The refusal says how the work gets there."""
    before = server.refs()
    ada.commit()
    told = ada.refused("push", "origin", f"HEAD:{branch}")

    assert f"remote:   {branch}: it is protected: it is changed by merges" in told
    assert "roadworthy change open" in told
    assert server.refs() == before


def test_a_protected_branch_is_not_rewritten_or_removed(server: Hosted, ada: Client) -> None:
    """Neither by force nor by deletion, also not by whoever may push to it."""
    before = server.refs()
    ada.git("commit", "--quiet", "--amend", "--message", "other")
    forced = ada.refused("push", "--force", "origin", "HEAD:main")
    removed = ada.refused("push", "origin", ":develop")

    assert "its history is not written anew" in forced
    assert "git revert" in forced
    assert "it is protected, and is not removed" in removed
    assert server.refs() == before


def test_who_is_exempt_pushes_to_a_protected_branch(tmp_path: Path) -> None:
    """But rewrites it no more than others."""
    rules = Rules(("main", "release/*"), ("main",), frozenset({"ada"}))
    with hosted(tmp_path, Setup(rules=rules)) as server:
        ada = begun(tmp_path / "ada", server.url())
        pushed = ada.commit()
        ada.git("push", "--quiet", "origin", "HEAD:main", "HEAD:release/1.0")
        ada.git("commit", "--quiet", "--amend", "--message", "other")
        forced = ada.refused("push", "--force", "origin", "HEAD:release/1.0")

        assert "not written anew" in forced
        assert server.refs()["refs/heads/main"] == server.refs()["refs/heads/release/1.0"] == pushed


def test_a_protected_branch_begins_where_one_is(tmp_path: Path) -> None:
    """A release branch is made from develop by a push, and brings nothing that was not merged."""
    with hosted(tmp_path, Setup(rules=Rules(("main", "develop", "release/*")))) as server:
        ada = begun(tmp_path / "ada", server.url())
        ada.git("push", "--quiet", "origin", "main:release/1.0")
        ada.commit()
        told = ada.refused("push", "origin", "HEAD:release/2.0")

        assert "it begins at a commit that a protected branch holds" in told
        assert "refs/heads/release/1.0" in server.refs()


def test_other_branches_are_their_owners(server: Hosted, ada: Client) -> None:
    """They are rewritten and removed as their people like."""
    ada.commit()
    ada.git("push", "--quiet", "origin", "feature/wind")
    ada.git("commit", "--quiet", "--amend", "--message", "other")
    ada.git("push", "--quiet", "--force", "origin", "feature/wind")
    rewritten = server.refs()["refs/heads/feature/wind"]
    ada.git("push", "--quiet", "origin", ":feature/wind")

    assert rewritten == ada.head()
    assert "refs/heads/feature/wind" not in server.refs()


def test_only_branches_and_tags_are_kept(server: Hosted, ada: Client) -> None:
    """Notes, replacements and whatever else is not taken."""
    told = ada.refused("push", "origin", "HEAD:refs/notes/x", f"HEAD:refs/replace/{ada.head()}")

    assert told.count("only branches and tags are kept here") == 2
    assert len(server.refs()) == 2


def test_a_refused_push_leaves_no_object_and_no_ref(server: Hosted, ada: Client) -> None:
    """What was sent lies aside until it is let in, and one refused ref refuses the whole push."""
    before, kept = objects(server), server.refs()
    commit = ada.commit("large", {"large": "x" * 100_000})
    ada.refused("push", "origin", "HEAD:main", "HEAD:feature/wind")

    assert objects(server) == before
    assert server.refs() == kept
    assert "not our ref" in started(server.forge.root.parent / "other", server.url()).refused("fetch", "origin", commit)
    ada.git("push", "--quiet", "origin", "HEAD:feature/wind")


def pin(client: Client, item: Item, name: str = "data/flights.parquet") -> None:
    """Commit the pin of *item*."""
    client.commit(f"pin {name}", {f"{name}.pin": pin_text(pin_of(item))})


def test_a_pin_whose_data_is_missing_is_refused(server: Hosted, ada: Client) -> None:
    """It names the path and the command; once the data is there, the same push is taken."""
    kept = Item(Address.of(ROWS), len(ROWS))
    pin(ada, MISSING)
    pin(ada, kept, "data/weather.csv")
    told = ada.refused("push", "origin", "feature/wind")

    assert "the bucket lacks the data of data/flights.parquet, data/weather.csv." in told
    assert "roadworthy data push" in told
    server.known.bucket.put(b"nowhere")
    server.known.bucket.put(ROWS)
    ada.git("push", "--quiet", "origin", "feature/wind")
    assert server.refs()["refs/heads/feature/wind"] == ada.head()


def test_pins_that_are_there_already_are_not_asked_for_again(server: Hosted, ada: Client) -> None:
    """Data that the bucket dropped later does not stop new work."""
    address = server.known.bucket.put(ROWS)
    pin(ada, Item(address, len(ROWS)))
    ada.git("push", "--quiet", "origin", "feature/wind")
    server.known.bucket.path(address).unlink()
    ada.commit("more")
    ada.git("push", "--quiet", "origin", "feature/wind")

    assert server.refs()["refs/heads/feature/wind"] == ada.head()


def test_the_pins_of_a_tag_count_too(server: Hosted, ada: Client) -> None:
    """Whichever ref names the commit."""
    pin(ada, MISSING)
    ada.git("tag", "--annotate", "--message", "x", "mine")

    assert "the bucket lacks the data" in ada.refused("push", "origin", "refs/tags/mine")
    assert len(server.refs()) == 2


def test_what_only_looks_like_a_pin_is_let_in(server: Hosted, ada: Client) -> None:
    """Files of other tools, of folders that are not the project's, and a link."""
    ours = pin_text(pin_of(MISSING))
    ada.commit("others", {"board.pin": "GND\n", "venv/x.pin": ours, ".hidden/x.pin": ours, ".pin": ours})
    (ada.folder / "link.pin").symlink_to(".pin")
    ada.commit("link", {"x": ""})
    ada.git("push", "--quiet", "origin", "feature/wind")

    assert "refs/heads/feature/wind" in server.refs()


def test_a_damaged_or_huge_pin_is_refused(server: Hosted, ada: Client) -> None:
    """It is named, and is not read when it is too large."""
    ada.commit("damaged", {"a.pin": "apiVersion: roadworthy/v1alpha1\naddress: &a [*a]\n"})
    damaged = ada.refused("push", "origin", "feature/wind")
    ada.commit("huge", {"a.pin": "roadworthy/" * 10_000})
    huge = ada.refused("push", "origin", "feature/wind")

    assert "a.pin is not a pin that can be read" in damaged
    assert "a.pin has 110000 bytes, and 65536 are read" in huge
    assert len(server.refs()) == 2


def test_a_tree_that_names_more_files_than_there_are_atoms_is_refused(server: Hosted, ada: Client) -> None:
    """A few hundred bytes can do that; they are not unfolded."""
    blob = ada.git("hash-object", "-w", "--stdin", data=b"x").strip()
    tree = ada.git("mktree", data="".join(f"100644 blob {blob}\t{n}\n" for n in range(10)).encode()).strip()
    for _ in range(20):
        tree = ada.git("mktree", data="".join(f"040000 tree {tree}\t{n}\n" for n in range(10)).encode()).strip()
    bomb = ada.git("commit-tree", tree, "-m", "bomb").strip()
    told = ada.refused("push", "origin", f"{bomb}:refs/heads/feature/bomb")

    assert "more than 200000 files differ" in told
    assert len(server.refs()) == 2


def test_too_many_refs_at_once_are_refused(server: Hosted, ada: Client) -> None:
    """They are counted before any is looked at."""
    told = ada.refused("push", "origin", *(f"HEAD:refs/heads/f{number}" for number in range(251)))

    assert "it holds 251 refs, and 250 are taken at once" in told
    assert len(server.refs()) == 2


def test_a_pack_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """Git itself cuts it off, and says so."""
    with hosted(tmp_path, Setup(largest=1 << 20)) as server:
        ada = begun(tmp_path / "ada", server.url())
        noise = subprocess.run(["head", "-c", "2000000", "/dev/urandom"], capture_output=True, check=True).stdout
        (ada.folder / "noise").write_bytes(noise)
        ada.commit("large", {"x": "y"})

        assert "pack exceeds maximum allowed size" in ada.refused("push", "origin", "feature/wind")
        assert len(server.refs()) == 2


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("commit", b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor no date\n\nx"),
        ("commit", b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter A <a@b> x\n\nx"),
        ("tree", b"100644 .git\0" + b"\x01" * 20),
        ("tree", b"100644 ../../x\0" + b"\x01" * 20),
        ("tree", b"100644 ..\0" + b"\x01" * 20),
    ],
)
def test_a_malformed_object_is_refused(server: Hosted, ada: Client, what: str, data: bytes) -> None:
    """Neither a commit that tools stumble over nor a tree that writes outside its folder is kept."""
    blob = ada.git("hash-object", "-w", "--stdin", data=b"x").strip()
    data = data.replace(b"\x01" * 20, bytes.fromhex(blob))
    made = ada.git("hash-object", "-t", what, "-w", "--stdin", "--literally", data=data).strip()
    commit = ada.git("commit-tree", made, "-m", "evil").strip() if what == "tree" else made
    before = objects(server)
    told = ada.refused("push", "origin", f"{commit}:refs/heads/feature/evil")

    assert "fsck error" in told or "unpack" in told
    assert objects(server) == before
    assert len(server.refs()) == 2


def test_the_platform_can_note_each_push(server: Hosted, ada: Client) -> None:
    """After a push is let in, it is told with every ref, and the pusher sees the answer."""
    commit = ada.commit()
    told = ada.git("push", "origin", "HEAD:feature/wind", "HEAD:feature/other")
    push = server.delivered[-1]

    assert "remote: noted" in told
    assert (push.project, push.actor) == ("flights", "ada")
    assert {(one.branch, one.before, one.after) for one in push.updates} == {
        ("feature/wind", None, commit),
        ("feature/other", None, commit),
    }


def test_without_an_answer_nothing_is_let_in(server: Hosted, ada: Client) -> None:
    """When nobody listens to the hooks, the push is refused, and says so."""
    ada.commit()
    server.listener.place.unlink()
    told = ada.refused("push", "origin", "feature/wind")

    assert "The platform does not answer, so nothing is taken" in told
    assert len(server.refs()) == 2


def test_a_fault_of_the_platforms_lets_nothing_in(tmp_path: Path) -> None:
    """An error while a push is judged is no yes, and is not shown to the pusher."""

    def judge(_: Push) -> tuple[()]:
        raise ValueError("secret")

    with hosted(tmp_path, Setup(judge=judge)) as server:
        client = started(tmp_path / "x", server.url())
        client.commit()
        told = client.refused("push", "origin", "main")

        assert "The platform failed to look at this push" in told
        assert "secret" not in told
        assert server.refs() == {}


@pytest.fixture
def released(server: Hosted, ada: Client) -> Mapping[str, Address]:
    """Return the records of a version and a deployment of ada's commit, as the platform signed them."""
    body = {"tag": "delay@v1.0.0", "commit": ada.head(), "model": "delay", "version": "v1.0.0"}
    version = Record("version", body, "platform", "2026-01-31T12:00:00Z", authority="platform")
    where = {"tag": "delay#production#1", "model": "delay", "environment": "production", "number": 1}
    names = {"version": Address.of(b"version"), "deployment": Address.of(b"deployment")}
    deployed = replace(version, kind="deployment", body={**where, "version_record": names["version"]})
    server.known.records.update({names["version"]: version, names["deployment"]: deployed})
    return names


def tag(client: Client, name: str, message: str, at: str = "HEAD") -> None:
    """Make an annotated tag."""
    client.git("tag", "--force", "--annotate", "--message", message, name, at)


def test_a_tag_that_a_record_bears_out_is_let_in(server: Hosted, ada: Client, released: Mapping[str, Address]) -> None:
    """A version and its deployment, once; they are neither moved nor removed."""
    tag(ada, "delay@v1.0.0", record_line(released["version"]))
    tag(ada, "delay#production#1", record_line(released["deployment"]))
    ada.git("push", "--quiet", "origin", "--tags")
    tag(ada, "delay@v1.0.0", "other\n\n" + record_line(released["version"]))
    moved = ada.refused("push", "--force", "origin", "refs/tags/delay@v1.0.0")
    gone = ada.refused("push", "origin", ":refs/tags/delay#production#1")

    assert "neither moved nor removed" in moved
    assert "neither moved nor removed" in gone
    assert {"refs/tags/delay@v1.0.0", "refs/tags/delay#production#1"} < set(server.refs())


def test_a_tag_that_no_record_bears_out_is_refused(
    server: Hosted, ada: Client, released: Mapping[str, Address]
) -> None:
    """Whatever is wrong with it is said: no record, an absent one, another's, another commit's, a laptop's."""
    record = server.known.records[released["version"]]
    server.known.records[Address.of(b"local")] = replace(record, authority="local")
    line = record_line(released["version"])
    claims = [
        ("delay@v1.0.0", "by hand", "HEAD", "names no record"),
        ("delay@v1.0.0", record_line(Address.of(b"absent")), "HEAD", "is not kept here"),
        ("delay@v1.0.1", line, "HEAD", "its record says tag 'delay@v1.0.0'"),
        ("delay@v1.0.0", line, ada.commit(), "its record says commit"),
        ("delay@v1.0.0", record_line(Address.of(b"local")), "HEAD", "by a machine for itself"),
        ("delay@v1.0.0", record_line(released["deployment"]), "HEAD", "of a deployment, not of a version"),
        ("delay#production#1", record_line(released["deployment"]), "HEAD", "made from another commit"),
        ("folder=delay#production#1", line, "HEAD", "of a version, not of a deployment"),
        ("delay@v1.0.0", "x" * 70_000, "HEAD", "the annotation has"),
    ]
    for name, message, at, reason in claims:
        tag(ada, name, message, at)
        told = ada.refused("push", "origin", f"refs/tags/{name}")

        assert reason in told, told
    ada.git("tag", "--force", "delay@v1.0.0")
    assert "names no record" in ada.refused("push", "origin", "refs/tags/delay@v1.0.0")
    assert len(server.refs()) == 2


def test_other_tags_are_let_in(server: Hosted, ada: Client) -> None:
    """Also one of a file, and one of another tag."""
    tag(ada, "nightly", "x")
    tag(ada, "of-a-tag", "x", "nightly")
    tag(ada, "of-a-file", "x", "HEAD:README.md")
    ada.git("push", "--quiet", "origin", "--tags")

    assert len(server.refs()) == 5
