"""Logging in to a platform, what is kept of it, and what it is used for: buckets and git."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from bucket_world import Served, listening, platform
from roadworthy.app.data import add_data, bucket_at, fetch_data, push_data
from roadworthy.app.local import open_local
from roadworthy.app.remote import credentials, trusted
from roadworthy.app.remote.credentials import Credential
from roadworthy.app.remote.login import login, logout
from roadworthy.app.remote.platform import platform_of
from roadworthy.cli.login import command as login_command
from roadworthy.cli.logout import command as logout_command
from roadworthy.cli.platform import asked as asked_by_commands
from roadworthy.errors import IntegrityError, NotAllowed, NotFound, RoadworthyError, Unreachable, UsageError
from roadworthy.ledger.records.ed25519 import FileSigner
from roadworthy.ledger.records.keep import public_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

COMMAND = Path(sys.executable).with_name("roadworthy")
THERE = "https://ml.example.com"


def key(folder: Path, name: str = "key") -> str:
    """Return the public key of a platform whose home is *folder*, as a line."""
    return public_line(FileSigner(folder / name, "platform", aside=folder).key)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """Return a platform that is being served."""
    with listening(platform(tmp_path / "buckets", key(tmp_path))) as port:
        yield Served(tmp_path / "buckets", port)


@pytest.fixture
def settings(home: Path) -> Path:
    """Return the folder of the user's configuration."""
    return home / ".config" / "roadworthy"


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return path.stat().st_mode & 0o777


def helper(operation: str, asked: str) -> subprocess.CompletedProcess[str]:
    """Ask as git does."""
    return subprocess.run([COMMAND, "credential", operation], input=asked, capture_output=True, text=True, check=False)


def test_a_token_that_is_good_is_kept_for_its_owner_alone(server: Served, settings: Path) -> None:
    """With the account it stands for and the platform's key, in files that nobody else reads."""
    done = login(server.url, "rwt_ada")

    assert (done.account, done.url, done.is_new) == ("ada", server.url, True)
    assert credentials.find(platform_of(server.url)) == Credential("ada", "rwt_ada")
    assert json.loads((settings / "credentials.json").read_text()) == {
        server.url: {"account": "ada", "token": "rwt_ada"}
    }
    assert (mode(settings), mode(settings / "credentials.json")) == (0o700, 0o600)
    assert (settings / "platforms" / f"127.0.0.1_{server.port}.pub").read_text().split()[0] == done.key


def test_logging_in_again_replaces_the_token(server: Served) -> None:
    """The key is known by then; logging out forgets the token, and not the key."""
    login(server.url, "rwt_ada")
    again = login(server.url + "/", "rwt_rita")
    kept = credentials.find(platform_of(server.url))
    left = [logout(server.url), logout(server.url)]

    assert (again.account, again.is_new, kept) == ("rita", False, Credential("rita", "rwt_rita"))
    assert left == [True, False]
    assert credentials.find(platform_of(server.url)) is None
    assert trusted.known(platform_of(server.url)) is not None


@pytest.mark.parametrize("token", ["rwt_nobody", "", "two words", "rwt_ada\r\nX-Evil: 1", "é"])
def test_a_token_that_is_not_good_is_not_kept(server: Served, settings: Path, token: str) -> None:
    """Nothing is written, and the token is not said."""
    with pytest.raises((NotAllowed, UsageError)) as refused:
        login(server.url, token)

    assert not token or token not in str(refused.value)
    assert not settings.exists()


def test_a_key_that_changed_is_refused_before_the_token_is_sent(tmp_path: Path, settings: Path) -> None:
    """Loudly, with both keys; what is kept stays, until the user removes the file."""
    asked: list[str] = []

    def me(request: Request) -> PlainTextResponse:
        asked.append(request.headers["authorization"])
        return PlainTextResponse("{}")

    place = platform(tmp_path, key(tmp_path, "other"))
    place.routes[:0] = [Route("/api/me", me)]
    with listening(place) as port:
        there = platform_of(f"http://127.0.0.1:{port}")
        first = trusted.examine(there, key(tmp_path))
        trusted.remember(there, first)
        with pytest.raises(NotAllowed, match="HAS CHANGED") as refused:
            login(there.url, "rwt_ada")

    assert first.id in refused.value.problem
    assert str(settings / "platforms") in refused.value.remedy
    assert trusted.known(there) == first
    assert (asked, (settings / "credentials.json").exists()) == ([], False)


@pytest.mark.parametrize(
    "line", ["", "ed25519:00 AAAA", "x y z", "<html>", "ed25519:" + "0" * 32 + " " + "A" * 43 + "="]
)
def test_what_is_no_key_is_not_believed(line: str) -> None:
    """Nor is a key under the name of another."""
    with pytest.raises(Unreachable, match="no key"):
        trusted.examine(platform_of(THERE), line)


def test_a_damaged_file_of_a_key_is_told(tmp_path: Path, settings: Path) -> None:
    """It is not taken for a platform that was never seen."""
    (settings / "platforms").mkdir(parents=True)
    (settings / "platforms" / "ml.example.com_443.pub").write_text("rot")

    with pytest.raises(IntegrityError, match="not a public key"):
        trusted.examine(platform_of(THERE), key(tmp_path))


def test_what_is_no_platform_is_told(tmp_path: Path) -> None:
    """A web server of another kind, one that knows half of it, and none at all."""
    other = Starlette(routes=[Route("/{path:path}", lambda _: HTMLResponse("<h1>Welcome"))])
    half = Starlette(routes=[Route("/api/key", lambda _: PlainTextResponse(key(tmp_path)))])
    faults: list[RoadworthyError] = []
    for app in (other, half, Starlette()):
        with listening(app) as port, pytest.raises(RoadworthyError) as fault:
            login(f"http://127.0.0.1:{port}", "rwt_ada")
        faults.append(fault.value)
    with pytest.raises(Unreachable):
        login(f"http://127.0.0.1:{port}", "rwt_ada")

    assert [type(one) for one in faults] == [Unreachable, NotFound, NotFound]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ml.example.com",
        "ftp://ml.example.com",
        "https://",
        "https://ml.example.com/path",
        "https://ml.example.com?x=1",
        "https://ml.example.com#x",
        "https://ada:secret@ml.example.com",
        "https://ml.example.com:0",
        "https://ml.example.com:99999",
        "https://ml example.com",
        "https://ml.example.com\n",
        "https://ml\u0430.example.com",
        "https://-ml.example.com",
        "https://[::1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """Nothing is asked, and a secret in it is not repeated."""
    with pytest.raises(UsageError) as refused:
        login(url, "rwt_ada")

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://ML.Example.com:443/", THERE),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8700", "http://[::1]:8700"),
    ],
)
def test_two_addresses_that_mean_the_same_are_one(url: str, canonical: str) -> None:
    """However they are written."""
    assert platform_of(url) == platform_of(canonical)
    assert platform_of(url).url == canonical


@pytest.mark.parametrize("host", ["10.0.0.5", "ml.example.com", "localhost.example.com", "127.0.0.1.example.com"])
def test_a_token_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Not to another machine over http, by any of its uses; the user may say that nobody listens."""
    credentials.save(platform_of(f"http://{host}"), Credential("ada", "rwt_ada"))
    asked = f"protocol=http\nhost={host}\n\n"
    with pytest.raises(UsageError, match="could read your token"):
        login(f"http://{host}", "rwt_ada")
    with pytest.raises(UsageError, match="could read your token"):
        bucket_at(f"http://{host}/buckets/flights")
    refused = helper("get", asked)
    with pytest.raises(UsageError, match="could read your token"):
        asked_by_commands(f"http://{host}/below", "flights")
    with pytest.raises(UsageError, match="could read your token"):
        credentials.token_for(platform_of(f"http://{host}"), "rwt_of_a_remote")
    monkeypatch.setenv("ROADWORTHY_INSECURE_HTTP", "1")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert bucket_at(f"http://{host}/buckets/flights") is not None
    assert "password=rwt_ada" in helper("get", asked).stdout


def test_tokens_that_others_may_read_are_not_used(settings: Path) -> None:
    """The user is told that they may be known."""
    credentials.save(platform_of(THERE), Credential("ada", "rwt_ada"))
    (settings / "credentials.json").chmod(0o644)

    with pytest.raises(NotAllowed, match="can be read by others") as refused:
        credentials.find(platform_of(THERE))
    assert "chmod 600" in refused.value.remedy


@pytest.mark.parametrize("text", ["", "[]", '{"x": 1}', "{", '{"https://x": {"token": "t"}}'])
def test_a_damaged_file_of_tokens_is_told(settings: Path, text: str) -> None:
    """It is not overwritten."""
    settings.mkdir(parents=True)
    (settings / "credentials.json").write_text(text)
    (settings / "credentials.json").chmod(0o600)

    with pytest.raises(UsageError, match="damaged"):
        credentials.save(platform_of(THERE), Credential("ada", "rwt_ada"))
    assert (settings / "credentials.json").read_text() == text


def test_a_token_is_kept_for_one_platform() -> None:
    """Another scheme, port or host is another platform."""
    credentials.save(platform_of(THERE), Credential("ada", "rwt_ada"))
    others = ("http://ml.example.com", THERE + ":8443", "https://example.com", "https://ml.example.com.evil.org")

    assert [credentials.find(platform_of(url)) for url in others] == [None] * 4


def test_many_may_log_in_at_once() -> None:
    """Nobody's token is lost."""
    places = [platform_of(f"https://host{number}.example.com") for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda place: credentials.save(place, Credential("ada", f"rwt_{place.host}")), places))

    assert [credentials.find(place) for place in places] == [Credential("ada", f"rwt_{one.host}") for one in places]


def test_a_token_is_not_shown() -> None:
    """Not where a credential is printed."""
    assert "rwt_ada" not in repr(Credential("ada", "rwt_ada"))


def test_the_command_takes_the_token_from_standard_input(server: Served) -> None:
    """It says who one is, the platform's key, and what to tell git; never the token."""
    done = CliRunner().invoke(login_command, [server.url, "--token-file", "-"], input="rwt_ada\n")
    again = CliRunner().invoke(login_command, [server.url, "--token-file", "-"], input="rwt_ada\n")
    out = CliRunner().invoke(logout_command, [server.url])

    assert (done.exit_code, again.exit_code, out.exit_code) == (0, 0, 0), done.output
    assert f"You are ada at {server.url}." in done.output
    assert "seen for the first time" in done.output
    assert "the same as before" in again.output
    assert f"credential.{server.url}.helper" in done.output
    assert "rwt_ada" not in done.output + again.output + out.output


def test_the_command_asks_only_whom_it_can_ask(server: Served) -> None:
    """Without a terminal and without a file it says how to pass the token in."""
    done = subprocess.run(
        [COMMAND, "login", server.url], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "--token-file -" in done.stderr


def test_git_is_answered_by_the_helper(server: Served, home: Path) -> None:
    """Git itself, told by the line that `login` prints, gets the name and the token, and for this platform alone."""
    line = CliRunner().invoke(login_command, [server.url, "--token-file", "-"], input="rwt_ada").output.splitlines()[-1]
    environment = {**os.environ, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}", "GIT_TERMINAL_PROMPT": "0"}
    subprocess.run(line, shell=True, env=environment, check=True)  # noqa: S602 - as the user pastes it

    def fill(url: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "credential", "fill"],
            input=f"url={url}/git/flights.git\n\n", env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    ours, others = fill(server.url), fill("https://elsewhere.example.com")

    assert (home / ".gitconfig").is_file() or (home / ".config" / "git" / "config").is_file()
    assert "username=ada\npassword=rwt_ada\n" in ours.stdout
    assert "password" not in others.stdout


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("get", "protocol=https\nhost=elsewhere.example.com\n"),
        ("get", "protocol=https\nhost=ml.example.com:8443\n"),
        ("get", "protocol=https\nhost=ml.example.com\nusername=bob\n"),
        ("get", "protocol=ssh\nhost=ml.example.com\n"),
        ("get", "\nprotocol=https\nhost=ml.example.com\n"),
        ("get", ""),
        ("get", "protocol=https\nhost=ml.example.com/path\n"),
        ("store", "protocol=https\nhost=ml.example.com\nusername=ada\npassword=stolen\n"),
        ("capability", ""),
    ],
)
def test_the_helper_says_nothing_of_what_it_is_not_asked(operation: str, asked: str) -> None:
    """It fails at nothing, and keeps what it keeps."""
    credentials.save(platform_of(THERE), Credential("ada", "rwt_ada"))
    done = helper(operation, asked)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert credentials.find(platform_of(THERE)) == Credential("ada", "rwt_ada")


def test_a_token_that_git_found_refused_is_told() -> None:
    """It stays, for the user to decide."""
    credentials.save(platform_of(THERE), Credential("ada", "rwt_ada"))
    done = helper("erase", "protocol=https\nhost=ml.example.com\nusername=ada\npassword=rwt_ada\n")

    assert (done.returncode, done.stdout) == (0, "")
    assert f"roadworthy login {THERE}" in done.stderr
    assert "rwt_ada" not in done.stderr


def test_data_goes_through_the_bucket_of_a_platform(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is pushed by one is fetched by another, and each is asked who they are."""
    folder = tmp_path / "repo"
    (folder / "data" / "images").mkdir(parents=True)
    (folder / "profile.yaml").write_text("apiVersion: roadworthy/v1alpha1\nproject: flights\n")
    for number in range(30):
        (folder / "data" / "images" / str(number)).write_bytes(os.urandom(1000))
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=folder, check=True)
    bucket = f"{server.url}/buckets/flights"
    monkeypatch.setenv("ROADWORTHY_BUCKET", bucket)
    local = open_local(folder)
    add_data(local, [folder / "data" / "images"])
    with pytest.raises(NotAllowed, match="not logged in") as stranger:
        push_data(local, [], None)
    login(server.url, "rwt_ada")
    pushed, again = push_data(local, [], None), push_data(local, [], None)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    subprocess.run(["git", "commit", "--quiet", "--message", "data"], cwd=folder, check=True)
    subprocess.run(["git", "clone", "--quiet", folder, tmp_path / "clone"], check=True)
    login(server.url, "rwt_rita")
    fetched = fetch_data(open_local(tmp_path / "clone"), [], None)
    with pytest.raises(NotAllowed, match="refuses"):
        push_data(local, [], f"{server.url}/buckets/weather")

    assert f"roadworthy login {server.url}" in stranger.value.remedy
    assert (pushed.objects, again.objects, again.present) == (31, 0, 31)
    assert fetched == {"data/images": True}
    assert len(list((tmp_path / "clone" / "data" / "images").iterdir())) == 30
    with pytest.raises(UsageError, match="not the address of a bucket"):
        push_data(local, [], f"{server.url}/buckets")
