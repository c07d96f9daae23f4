"""What a git client asks over HTTP: three requests, and nothing else."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qsl

from roadworthy.errors import UsageError
from roadworthy.platform.forge.names import project_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

Service = Literal["read", "write"]
_SERVICES: Final[Mapping[str, Service]] = {"git-upload-pack": "read", "git-receive-pack": "write"}
_PATH = re.compile(r"/(?P<project>[^/]+)\.git/(?P<rest>info/refs|git-upload-pack|git-receive-pack)")
_PROTOCOL = re.compile(r"[a-z0-9=:.-]{1,100}")
_TYPE = re.compile(r"[a-z0-9/+.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the three requests of smart HTTP.

    Attributes:
        command: `git-upload-pack` or `git-receive-pack`.
        headers: By lower-case name; of the ones that are sent twice, the last.
        is_first: It asks for the refs; otherwise it sends, or is answered, a pack.
    """

    project: str
    command: str
    headers: Mapping[str, str]
    is_first: bool = False

    @property
    def service(self) -> Service:
        """Whether it reads or writes."""
        return _SERVICES[self.command]

    @property
    def is_packed(self) -> bool:
        """Whether the body is compressed."""
        return self.headers.get("content-encoding", "") in {"gzip", "x-gzip"}

    def variables(self) -> dict[str, str]:
        """Return what the Common Gateway Interface says of the request: nothing that is not of the expected form.

        The length of the body is not among it: a git that expects more than comes, as when the server is killed, reads
        the end of its input for ever. Without it, the end is the end.
        """
        path = f"/{self.project}.git/{'info/refs' if self.is_first else self.command}"
        told = {
            "PATH_INFO": path,
            "REQUEST_METHOD": "GET" if self.is_first else "POST",
            "QUERY_STRING": f"service={self.command}" if self.is_first else "",
        }
        for name, header, form in (
            ("CONTENT_TYPE", "content-type", _TYPE),
            ("GIT_PROTOCOL", "git-protocol", _PROTOCOL),
        ):
            if form.fullmatch(value := self.headers.get(header, "")):
                told[name] = value
        return told

    def credentials(self) -> tuple[str, str] | None:
        """Return user and password of Basic authentication, or None."""
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            user, found, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        return (user, password) if found else None


def asked(scope: Scope) -> Asked | None:
    """Return what *scope* asks, or None when it is none of the three requests."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    try:
        project = project_name(found["project"])
    except UsageError:
        return None
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if found["rest"] != "info/refs":
        return Asked(project, found["rest"], headers) if scope["method"] == "POST" else None
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    command = query[0][1] if len(query) == 1 and query[0][0] == "service" else ""
    if scope["method"] != "GET" or command not in _SERVICES:
        return None
    return Asked(project, command, headers, is_first=True)
