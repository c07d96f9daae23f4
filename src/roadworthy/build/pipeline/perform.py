"""One stage: its outputs taken from the ledger, or made anew, and nothing half done left behind."""

from __future__ import annotations

import contextlib
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from roadworthy.build.pipeline import key as keys
from roadworthy.build.pipeline import made as records
from roadworthy.build.pipeline.executor import Task
from roadworthy.build.pipeline.inputs import Inputs
from roadworthy.build.pipeline.record import StageRun
from roadworthy.build.pipeline.trace import REFUSED, judge
from roadworthy.build.pipeline.why import RESTORED, UNCHANGED, UNWATCHED, in_place, is_kept, reason
from roadworthy.build.workplace import told
from roadworthy.build.workplace.lock import held
from roadworthy.build.workplace.room import full
from roadworthy.build.workplace.variables import reach_of, trace_settings, variables
from roadworthy.declare.form import size
from roadworthy.errors import Conflict, IntegrityError, NotFound, StageFailed, UsageError
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.inside import inside
from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.build.pipeline.executor import Lease, Outcome
    from roadworthy.build.pipeline.job import Job
    from roadworthy.build.pipeline.key import Parts
    from roadworthy.build.pipeline.made import Made
    from roadworthy.build.pipeline.stage import Out, Stage
    from roadworthy.build.pipeline.trace import Opened
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item

LOCKS = "work/locks"
_LINES = 20  # of a log in an error
_BYTES = 256 * 1024  # of a log are looked at for them: its end
_NO_MODULE = "ModuleNotFoundError: No module named"
_NOT_FOUND = 127  # a shell's status for a command that is not there
_DENIED = "ermission denied"  # as most programs say it
_WRITES_WHERE = "A stage may write only inside its project, without .git and .roadworthy, and to its TMPDIR."


class Stopped(BaseException):
    """Somebody asked us to stop: not an error, and not to be caught by accident."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How a stage at work is followed: told when it waits and starts, asked before it waits, given its lease."""

    waits: Callable[[], None]
    starts: Callable[[str], None]
    leased: Callable[[Lease], None]


def is_watched(job: Job, made: Made) -> bool:
    """Return whether what a stage opened is known as well as *job* could get to know it by running it."""
    return made.watched or not job.follows


def cached(key: str, made: Made, why: str = UNCHANGED) -> StageRun:
    """Return what came of a stage that did not have to run."""
    return StageRun(key, "cached", why, 0.0, made.outputs, made.record, made.notes)


def frozen(job: Job, stage: Stage) -> StageRun:
    """Return what came of a stage that is declared frozen: its outputs, as they are.

    Raises:
        NotFound: An output is neither there nor in the ledger.
        StageFailed: An output leads out of the project.
    """
    ledger = job.setting.ledger
    last = records.last(ledger, stage.name)
    made = records.find(ledger, last[0]) if last else None
    outputs: dict[str, Item] = {}
    for out in stage.outs:
        place = _inside(job, stage, out.path)
        if not place.exists() and made is not None and out.path in made.outputs:
            tree.checkout(made.outputs[out.path], place, ledger.objects, ledger.files)
        try:
            outputs[out.path] = tree.address_of(place, ledger.files)
        except NotFound as fault:
            raise NotFound(
                f"Stage {stage.name} is frozen, and its output {out.path} is not there.",
                remedy=f"Take `frozen: true` away and run it once, or bring {out.path} here.",
            ) from fault
    return StageRun("", "frozen", "declared frozen", 0.0, outputs)


def perform(job: Job, stage: Stage, made: Mapping[str, Item], watch: Watch) -> StageRun:
    """Bring *stage*'s outputs to their place: from the ledger if its key has a record, else by running it.

    Args:
        job: What it is part of.
        stage: The stage; the stages that it needs are done.
        made: What these wrote: path → content.
        watch: How it is followed.

    Raises:
        StageFailed: It failed, hung, was killed, wrote no output, or did what it did not declare.
        Conflict: Another process changed its inputs meanwhile.
        StorageError: The disk is full, or a folder is read-only.
    """
    for out in stage.outs:
        _inside(job, stage, out.path)
    locks = job.setting.ledger.state / LOCKS
    with contextlib.ExitStack() as stack:
        for name in job.setting.graph.upstream[
            stage.name
        ]:  # in the order in which all take them: none waits in a circle
            stack.enter_context(held(locks / _place(job, name), shared=True, waiting=watch.waits))
        stack.enter_context(held(locks / _place(job, stage.name), waiting=watch.waits))
        inputs = Inputs(job.setting)
        parts = inputs.parts(stage)
        _same_as_made(stage, parts, made)
        key = keys.digest(parts)
        stack.enter_context(held(locks / f"key-{key}", waiting=watch.waits))
        return _taken(job, stage, key, parts) or _run(job, stage, _Known(key, parts, tuple(inputs.code(stage))), watch)


@dataclass(frozen=True, slots=True)
class _Known:
    key: str
    parts: Parts
    code: tuple[str, ...]


def _inside(job: Job, stage: Stage, path: str) -> Path:
    """Return the place of an output; raise StageFailed when it leads out of the project, as by a symlink."""
    try:
        return inside(job.setting.folder, path)
    except UsageError as fault:
        raise StageFailed(f"Stage {stage.name}: {fault.problem}", remedy=fault.remedy) from fault


def _place(job: Job, stage: str) -> str:
    return Address.of(f"{job.setting.folder.resolve()}\0{stage}".encode()).digest[:32]


def _same_as_made(stage: Stage, parts: Parts, made: Mapping[str, Item]) -> None:
    deps = parts["dep"]
    for path, item in made.items():
        if isinstance(deps, dict) and deps.get(path, item.address) != item.address:
            raise Conflict(
                f"{path} was changed while stage {stage.name} was about to read it.",
                remedy="Let the other command finish, then run again.",
            )


def _taken(job: Job, stage: Stage, key: str, parts: Parts) -> StageRun | None:
    """Return *stage* from the ledger, its outputs in place; None when it has to run."""
    ledger = job.setting.ledger
    made = None if stage.always_changed else records.find(ledger, key)
    if made is None or not is_watched(job, made):
        return None
    why = UNCHANGED
    if not in_place(job.setting, made):
        try:
            for path, item in made.outputs.items():
                tree.checkout(item, _inside(job, stage, path), ledger.objects, ledger.files)
        except (NotFound, IntegrityError):
            _let_go(ledger, key, made)
            return None
        why = f"{RESTORED}; its outputs were restored"
    elif not is_kept(ledger, stage, made):
        for out in stage.outs:
            if out.is_kept:
                tree.keep_again(_inside(job, stage, out.path), made.outputs[out.path], ledger.objects, ledger.files)
        why = f"{UNCHANGED}; its outputs were kept again"
    _remember(job, stage, key, parts)
    _declared(job, stage, made.notes)
    return cached(key, made, why)


def _let_go(ledger: Ledger, key: str, made: Made) -> None:
    """Forget what *key* gave, and remove what is damaged of it, so that the stage can write it anew."""
    records.forget(ledger, key, made)
    for item in made.outputs.values():
        addresses = [item.address]
        with contextlib.suppress(NotFound, IntegrityError):
            addresses += [one.address for one in tree.listing(item, ledger.objects).values()]
        for address in addresses:
            if address in ledger.objects and not ledger.objects.holds(address):
                with storage_errors(ledger.objects.path(address)):
                    ledger.objects.path(address).unlink(missing_ok=True)


def _remember(job: Job, stage: Stage, key: str, parts: Parts) -> None:
    if job.setting.is_home:
        records.remember_last(job.setting.ledger, stage.name, key, parts)


def _run(job: Job, stage: Stage, known: _Known, watch: Watch) -> StageRun:
    unwatched = records.find(job.setting.ledger, known.key) if job.follows and not stage.always_changed else None
    why = UNWATCHED if unwatched else reason(job.setting.ledger, stage, known.parts)
    watch.starts(why)
    ledger = job.setting.ledger
    persist = frozenset(out.path for out in stage.outs if out.persist)
    scratch = job.session.scratch()
    aside = job.session.set_aside(job.setting.folder, [out.path for out in stage.outs], persist)
    try:
        outcome = _executed(job, stage, scratch, watch)
        opened = judge(stage, known.code, scratch.with_suffix(".trace"), job.setting.folder)
        _well(job, stage, outcome, opened)
        outputs = {out.path: _kept(job, stage, out) for out in stage.outs}
        _unchanged(job, stage, known.parts)
        if unwatched and opened.watched:
            records.forget(ledger, known.key, unwatched)
        made = _recorded(job, stage, known, outputs, outcome, opened)
    except BaseException:
        aside.restore()
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.with_suffix(".trace").unlink(missing_ok=True)
    aside.keep()
    if made is None:
        return StageRun(known.key, "ran", why, outcome.seconds, outputs, None, opened.notes, opened.watched)
    for path, item in made.outputs.items():  # somebody else may have recorded other bytes first
        tree.checkout(item, _inside(job, stage, path), ledger.objects, ledger.files)
    _remember(job, stage, known.key, known.parts)
    return StageRun(known.key, "ran", why, outcome.seconds, made.outputs, made.record, opened.notes, opened.watched)


def _executed(job: Job, stage: Stage, scratch: Path, watch: Watch) -> Outcome:
    setting = job.setting
    kit = job.kit()
    given = variables(job.python.python, kit, setting.folder, scratch, stage.resources.cpus)
    declared = {name: setting.environment[name] for name in stage.env if name in setting.environment}
    secret = _secrets(job, stage)
    log = log_of(job, stage.name)
    reach = reach_of(setting.folder, scratch, job.python.python, kit, log=log, all_told=job.follows)
    Path(reach.report).touch()
    memory = stage.resources.memory
    lease = job.executor.start(
        Task(
            name=stage.name,
            commands=stage.cmd,
            folder=setting.folder / stage.wdir,
            environment={**given, **declared, **secret, **trace_settings(reach)},
            log=log,
            timeout=stage.timeout,
            memory=None if memory is None else size(memory),
            reach=reach,
        )
    )
    watch.leased(lease)
    return lease.wait()


def _secrets(job: Job, stage: Stage) -> dict[str, str]:
    """Return the values of the secrets that *stage* names.

    Raises:
        StageFailed: One is not set.
    """
    known = {**job.setting.environment, **job.setting.secrets}
    missing = [name for name in stage.secrets if name not in known]
    if missing:
        raise StageFailed(
            f"Stage {stage.name} needs the secret {missing[0]}, which is not set.",
            remedy=f"Set it: `roadworthy secret set {missing[0]}` on the platform; here, the variable {missing[0]}.",
        )
    return {name: known[name] for name in stage.secrets}


def log_of(job: Job, stage: str) -> Path:
    """Return where a stage's output goes."""
    return job.logs / f"{quote(stage, safe='@=+,')}.log"


def _well(job: Job, stage: Stage, outcome: Outcome, opened: Opened) -> None:
    """Raise when a stage did not end well, or did what a strict run does not allow."""
    log = log_of(job, stage.name)
    if outcome.end == "cancelled":
        raise Stopped
    if not outcome.ok:
        tail = _tail(log, job.setting.folder)
        lines = [f"Stage {stage.name} {_ending(stage, outcome)}: {outcome.command}", *tail]
        if opened.refused:
            lines.append(f"It {opened.notes[-1]}.")
        crowded = full(_written_to(job, stage))
        if crowded is not None:
            lines.append(f"The disk is full: there is almost no room left in {crowded}.")
            raise StageFailed("\n".join(lines), remedy="Free some space, then run again: what is done is kept.")
        raise StageFailed("\n".join(lines), remedy=_remedy(outcome, opened, tail, log))
    _declared(job, stage, opened.notes)


def _written_to(job: Job, stage: Stage) -> list[Path]:
    """Return the folders that a stage writes to, and where its log goes."""
    outputs = [(job.setting.folder / out.path).parent for out in stage.outs]
    return list(dict.fromkeys([job.setting.folder, *outputs, job.setting.ledger.state]))


def _declared(job: Job, stage: Stage, notes: tuple[str, ...]) -> None:
    if job.strict and notes:
        where = f" {_WRITES_WHERE}" if any(REFUSED in note for note in notes) else ""
        raise StageFailed(
            f"Stage {stage.name} {'; and '.join(notes)}.",
            remedy=f"Declare it: data in `deps`, parameters in `params`, modules in `code`, results in `outs`.{where}",
        )


def _ending(stage: Stage, outcome: Outcome) -> str:
    match outcome.end:
        case "timed_out":
            return f"did not end within its timeout of {stage.timeout:g} s, and was ended"
        case "signalled":
            return f"was killed by {signal.Signals(outcome.status).name}"
    return f"failed with exit status {outcome.status}"


def _remedy(outcome: Outcome, opened: Opened, tail: list[str], log: Path) -> str:
    whole = f"The whole log is {log}."
    if outcome.end == "timed_out":
        return f"{whole} See what it waits for, or give it a longer `timeout`."
    if outcome.end == "signalled" and outcome.status == signal.SIGKILL:
        return f"{whole} The machine may have run out of memory; or somebody killed it."
    if outcome.status == _NOT_FOUND:
        return (
            f"{whole} A stage finds the programs of its Python environment and of the system only; "
            "list PATH in the stage's `env` to pass yours."
        )
    if opened.refused or any(_DENIED in line for line in tail):
        return f"{whole} {_WRITES_WHERE} Let it write there, and declare that in `outs`."
    if any(_NO_MODULE in line for line in tail):
        return (
            f"{whole} A stage has the packages that requirements.txt pins, and no others: add it there; "
            "or write `environment: {managed: false}` in profile.yaml to use the interpreter that is active."
        )
    return f"{whole} Mend the stage, then run again: what is done is kept."


def _tail(log: Path, project: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [f"  {line}" for line in told.tail(text, project, _LINES)]


def _kept(job: Job, stage: Stage, out: Out) -> Item:
    ledger = job.setting.ledger
    place = _inside(job, stage, out.path)
    try:
        item = tree.add(place, ledger.objects, ledger.files) if out.is_kept else tree.address_of(place, ledger.files)
    except NotFound as fault:
        raise StageFailed(
            f"Stage {stage.name} ended well, but did not write its output {out.path}.",
            remedy="Let it write there, or mend the path in `outs`.",
        ) from fault
    except (UsageError, IntegrityError) as fault:
        raise StageFailed(f"Stage {stage.name}: {fault.problem}", remedy=fault.remedy) from fault
    return item


def _unchanged(job: Job, stage: Stage, parts: Parts) -> None:
    """Raise when an input changed while the stage ran: nobody can tell which of the two it used."""
    now = Inputs(job.setting).parts(stage)
    if now != parts:
        what = keys.sentence(keys.differences(parts, now))
        raise StageFailed(
            f"The inputs of stage {stage.name} changed while it ran: {what}. Its outputs were not kept.",
            remedy="Run again, and let the inputs be until it is done.",
        )


def _recorded(
    job: Job, stage: Stage, known: _Known, outputs: Mapping[str, Item], outcome: Outcome, opened: Opened
) -> Made | None:
    if stage.always_changed:
        return None
    facts = {
        "seconds": round(outcome.seconds, 3), "notes": list(opened.notes), "watched": opened.watched,
        "trusted": job.python.matches_lock,
    }  # fmt: skip
    return records.keep(job.setting.ledger, stage.name, known.key, known.parts, outputs, facts)
