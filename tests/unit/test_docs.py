"""The documentation says what the code does: nothing a user can type, write or meet is without an entry."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from roadworthy import errors
from roadworthy.adapters.object_store.serve.app import bucket_app
from roadworthy.cli.main import COMMANDS
from roadworthy.declare.read.file import parse
from roadworthy.declare.read.shape import keys_of
from roadworthy.operate.serve import refusal
from roadworthy.operate.serve.gateway import Gateway
from roadworthy.platform.identity.permission import Permission
from roadworthy.prove.evaluate.metric import METRICS
from roadworthy.web.app import ROUTERS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
PAGES = [page for page in PAGES if "_build" not in page.relative_to(ROOT).parts]

sys.path.insert(0, str(DOCS / "_ext"))
reference_commands: Any = importlib.import_module("reference_commands")  # of the Sphinx extension in docs/_ext
reference_files: Any = importlib.import_module("reference_files")
reference: Any = importlib.import_module("reference")
RENEWED = reference.renewed(DOCS / "reference")
reference_http: Any = importlib.import_module("reference_http")

ERRORS = {
    name: error
    for name, error in vars(errors).items()
    if inspect.isclass(error) and issubclass(error, errors.RoadworthyError)
}


def prose(page: Path) -> str:
    """Return a page without what stands in code fences and code spans."""
    text = re.sub(
        r"^(`{3,}|:{3,})[^\n]*\n.*?^\1\s*$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    return re.sub(r"`[^`\n]+`", "", text)


def slugs(page: Path) -> set[str]:
    """Return the anchors of a page: its headings as MyST names them, and its explicit targets."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#{1,4} (.+)$", text, flags=re.MULTILINE)
    named = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return named | set(re.findall(r"^\((.+)\)=$", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", sorted(RENEWED))
def test_what_follows_from_the_code_is_current(name: str) -> None:
    """A page that is read in the repository says what the code does now; `make docs` renews it."""
    assert (DOCS / "reference" / name).read_text(encoding="utf-8") == RENEWED[name]


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_every_error_has_a_section_with_its_status(name: str) -> None:
    """Each error is a heading of the reference, and the exit status stands below it."""
    text = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {name}\n\nStatus (\d+)\.\n", text, flags=re.MULTILINE)

    assert section is not None
    assert int(section[1]) == ERRORS[name].status


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_every_error_stands_in_the_tree(name: str) -> None:
    """The tree drawn in the code, which the reference shows, names each error with its status."""
    assert re.search(rf"\b{name}\b +{ERRORS[name].status} ", errors.__doc__ or "")


def test_every_command_has_an_entry() -> None:
    """Each command and subcommand has a section in the generated page."""
    page = reference_commands.commands_page()
    typed = {name for name, _ in reference_commands.commands()}

    assert {f"roadworthy {name}" for name in COMMANDS} == {name for name in typed if name.count(" ") == 1}
    assert all(f" {name}\n" in page for name in typed)


def test_every_option_says_what_it_does() -> None:
    """Each option has a help text, and stands in the generated page."""
    page = reference_commands.commands_page()
    silent = [
        f"{typed} {'/'.join(option.opts)}"
        for typed, command in reference_commands.commands()
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden and not (option.help and option.opts[-1] in page)
    ]

    assert silent == []


def test_every_command_says_what_it_does() -> None:
    """Each command has a help text."""
    assert [typed for typed, command in reference_commands.commands() if not command.help] == []


def test_every_key_of_a_file_has_a_meaning_and_every_meaning_a_key() -> None:
    """The meanings and the dataclasses name the same keys."""
    owners = {owner for kind in reference_files.KINDS for owner in reference_files.sections(kind)}
    keys = {(owner.__name__, key) for owner in owners for key in keys_of(owner)}
    written = {(owner, key) for owner, told in reference_files.meanings().items() for key in told}

    assert written == keys


def test_every_dataclass_that_is_declared_is_in_the_reference() -> None:
    """No class of a declared file is missing from the kinds that the reference walks."""
    walked = {owner for kind in reference_files.KINDS for owner in reference_files.sections(kind)}
    modules = {sys.modules[owner.__module__] for owner in walked}
    defined = {
        owner
        for module in modules
        for owner in vars(module).values()
        if inspect.isclass(owner) and dataclasses.is_dataclass(owner) and owner.__module__ == module.__name__
    }

    assert walked == defined


@pytest.mark.parametrize("kind", sorted(reference_files.KINDS))
def test_the_page_of_a_file_lists_its_keys(kind: str) -> None:
    """Each key stands in the table of its kind, and that table in the page."""
    page = reference_files.file_page(kind)
    written = (DOCS / "reference" / "files" / f"{kind}.md").read_text(encoding="utf-8")
    keys = {key for owner in reference_files.sections(kind) for key in keys_of(owner)}

    assert all(f"| `{key}` |" in page for key in keys)
    assert page.strip() in written


@pytest.mark.parametrize("kind", sorted(reference_files.KINDS))
def test_the_examples_of_a_file_are_read_without_a_fault(kind: str) -> None:
    """What the reference shows can be copied."""
    text = (DOCS / "reference" / "files" / f"{kind}.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```yaml\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    faults = [
        fault.render()
        for example in examples
        for fault in parse(reference_files.KINDS[kind], example.encode(), f"{kind}.yaml").faults
    ]

    assert examples
    assert faults == []


def test_every_metric_has_an_entry() -> None:
    """Each metric stands in the reference, with which way is better and what it is for."""
    text = (DOCS / "reference" / "requirements-language.md").read_text(encoding="utf-8")
    rows = [
        f"| `{one.name}` | {one.better} | {', '.join(task.replace('_', ' ') for task in one.tasks)} |"
        for one in METRICS.values()
    ]

    assert [row for row in rows if row not in text] == []


def test_every_route_has_an_entry() -> None:
    """Each request that a served model answers stands in the reference of the HTTP API."""
    unused: Any = None
    routes = [route for route in Gateway("production", unused, unused).app().routes if isinstance(route, Route)]
    asked = {f"{method} {route.path}" for route in routes for method in (route.methods or set()) - {"HEAD"}}
    text = (DOCS / "reference" / "http.md").read_text(encoding="utf-8")

    assert asked == set(re.findall(r"^\| `((?:GET|POST) [^`]+)` \|", text, flags=re.MULTILINE))


def test_every_route_of_buckets_has_an_entry() -> None:
    """Each request that a platform answers at `/buckets` stands in the reference."""
    unused: Any = None
    routes = [route for route in bucket_app(unused, unused, unused).routes if isinstance(route, Route)]
    asked = {f"{method} /buckets{route.path}" for route in routes for method in route.methods or ()}
    text = (DOCS / "reference" / "buckets.md").read_text(encoding="utf-8")

    assert asked == set(re.findall(r"^\| `([A-Z]+ [^`]+)` \|", text, flags=re.MULTILINE))


def test_every_status_of_the_service_has_an_entry() -> None:
    """What a request without a prediction is answered stands in the table of statuses."""
    statuses = {value for value in vars(refusal).values() if isinstance(value, int) and value >= 400}
    text = (DOCS / "reference" / "http.md").read_text(encoding="utf-8")

    assert {status for status in statuses if f"| {status} |" not in text} == set()


def test_every_route_of_a_platform_has_an_entry() -> None:
    """Each request of the API stands in the generated table, with what it does and what it asks for."""
    page = reference_http.http_page()
    described = FastAPI(routes=[route for router in ROUTERS for route in router.routes]).openapi()["paths"]
    asked = {f"{method.upper()} {path}" for path, item in described.items() for method in item}
    written = re.findall(r"^\| `([A-Z]+ [^`]+)` \| [^|]{10,} \| [^|]+ \|$", page, flags=re.MULTILINE)

    assert len(written) > 30
    assert sorted({*asked, "GET /api/openapi.json"}) == sorted(written)
    assert set(reference_http.WORDS) == set(Permission)


def test_every_kind_of_record_has_an_entry() -> None:
    """What can be found in the ledger is explained."""
    source = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    form = r"^KIND = \"(\w+)\"|ledger\.keep\(\s*\"(\w+)\""
    kinds = {"".join(found) for text in source for found in re.findall(form, text, flags=re.MULTILINE)}
    text = (DOCS / "reference" / "records.md").read_text(encoding="utf-8")

    assert {"run", "proof", "version"} <= kinds
    assert {kind for kind in kinds if f"| `{kind}` |" not in text} == set()


def test_every_setting_has_an_entry() -> None:
    """Each environment variable of ours that the source names stands in the settings."""
    source = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    named = {name for text in source for name in re.findall(r"[\"'](ROADWORTHY_[A-Z_]+)[\"']", text)}
    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")

    assert {name for name in named if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    """A link to a file of the repository leads to it, and its anchor to a heading."""
    links = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    broken = []
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in slugs(target)):
            broken.append(link)

    assert broken == []


def test_every_page_is_in_a_table_of_contents() -> None:
    """Each page of the documentation is reached from the index of its folder."""
    lost = []
    for page in PAGES:
        if DOCS not in page.parents or page == DOCS / "index.md":
            continue
        index = page.parent / "index.md" if page.name != "index.md" else page.parent.parent / "index.md"
        name = page.stem if page.name != "index.md" else f"{page.parent.name}/index"
        listed = index.read_text(encoding="utf-8")
        if f"\n{name}\n" not in listed and not (page.parent.name == "decisions" and ":glob:" in listed):
            lost.append(str(page.relative_to(DOCS)))

    assert lost == []


def test_words_of_the_glossary_stand_once_and_in_order() -> None:
    """The glossary is sorted, so that a word is found, and defines no word twice."""
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    words = [word.lower() for word in re.findall(r"^(.+)\n: ", text, flags=re.MULTILINE)]

    assert words == sorted(set(words))


def test_decisions_are_numbered_without_gaps() -> None:
    """A decision is found by its number, and has the three sections."""
    decisions = sorted((DOCS / "decisions").glob("0*.md"))
    numbers = [int(path.name[:4]) for path in decisions]

    assert numbers == list(range(1, len(numbers) + 1))
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]}: ")
        assert all(f"\n## {section}\n" in text for section in ("Context", "Decision", "Consequences"))


def test_every_error_is_defined_in_one_place() -> None:
    """No module but `errors.py` makes an error that users meet, so that none is without an entry."""
    names = "|".join(ERRORS)
    elsewhere = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "src" / "roadworthy").rglob("*.py")
        if path.name != "errors.py"
        and re.search(rf"^class \w+\(({names})\)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]

    assert elsewhere == []
