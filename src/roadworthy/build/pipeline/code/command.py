"""What a shell command starts: the Python modules and files where a project's code is entered."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Literal

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_OPAQUE = re.compile(r"[`\n]|\$\(|<<|<\(|>\(")  # what is run is not written in the command itself
_SEPARATORS = frozenset(";&|()")
_REDIRECTIONS = frozenset("<>")
_PREFIXES = frozenset({"exec", "time", "nohup", "nice", "env"})
_WITH_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})
# Programs that run nothing of a project.
_TOOLS = re.compile(
    r""": | \[ | base64 | cat | cmp | comm | cp | curl | cut | date | diff | du | echo | exit | false | grep | gunzip
    | gzip | head | install | join | ln | ls | md5sum | mkdir | mv | nl | od | paste | printf | pwd | rm | rmdir | seq
    | sha256sum | sleep | sort | split | stat | tac | tail | tar | tee | test | touch | tr | true | truncate | umask
    | uname | uniq | unxz | unzip | wc | wget | xz | yes | zcat | zip""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Where Python code is entered: a module by name, a file by path, or a text that is the code itself."""

    kind: Literal["module", "file", "text"]
    value: str


def entries(command: str) -> tuple[Entry, ...] | None:
    """Return where *command* enters Python code; None when that cannot be told from its text.

    A command of ordinary tools (`cp`, `mkdir` …) enters none: an empty tuple.
    """
    if _OPAQUE.search(command.strip()):
        return None
    try:
        parts = _parts(command)
    except ValueError:  # an open quote: the shell will say so
        return None
    found: list[Entry] = []
    for words in parts:
        entered = _entered(words)
        if entered is None:
            return None
        found.extend(entered)
    return tuple(found)


def _parts(command: str) -> list[list[str]]:
    """Return the words of every simple command in *command*; redirections left out."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    parts: list[list[str]] = [[]]
    is_target = False
    for word in lexer:
        if word and set(word) <= _SEPARATORS:
            parts.append([])
        elif word and set(word) <= _SEPARATORS | _REDIRECTIONS:
            is_target = True
        elif is_target:
            is_target = False
        else:
            parts[-1].append(word)
    return [words for words in parts if words]


def _entered(words: list[str]) -> tuple[Entry, ...] | None:
    while words and (_ASSIGNMENT.fullmatch(words[0]) or words[0] in _PREFIXES):
        if words[0].startswith("PYTHON"):  # a path of its own, perhaps
            return None
        words = words[1:]
    if not words:
        return ()
    program = words[0].rpartition("/")[2]
    if _PYTHON.fullmatch(program):
        return _python(words[1:])
    return () if _TOOLS.fullmatch(words[0]) else None


def _python(arguments: list[str]) -> tuple[Entry, ...] | None:
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word in {"-m", "-c"}:
            return (Entry("module" if word == "-m" else "text", rest[0]),) if rest else None
        if word in _WITH_VALUE and rest:
            rest.pop(0)
        elif word == "-" or "$" in word:
            return None
        elif not word.startswith("-"):
            return (Entry("file", word),)
        elif "m" in word[1:] or "c" in word[1:]:
            return None  # options run together, as in -Im: rare, and not worth being wrong about
        elif word in {"-V", "--version", "-h", "--help"}:
            return ()
    return None  # it reads its program from standard input
