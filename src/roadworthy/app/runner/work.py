"""The loop of a runner: claim a job, do it, hand in what came of it. `roadworthy up` starts it as a process."""

from __future__ import annotations

import fcntl
import glob
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.app.local import open_local
from roadworthy.app.runner.check import Breached, Commands, Stopped, environment
from roadworthy.app.runner.checkout import Origin, bring, check_out
from roadworthy.app.runner.client import Server, Work
from roadworthy.app.runner.hand_in import hand_in
from roadworthy.app.runner.limits import Limits
from roadworthy.app.runner.log import Log
from roadworthy.app.runner.mask import Masked
from roadworthy.app.runner.sample import overlay
from roadworthy.errors import Conflict, NotAllowed, RoadworthyError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("check",)
_PAUSE, _LONG_PAUSE = 0.25, 2.0
_BEATS = 4  # in the time of a lease
_SAYS_NO = 3
REQUIREMENTS = "requirements.yaml"


@dataclass(frozen=True, slots=True)
class Runner:
    """One runner: its name, the server it works for, and the folder that its checkouts lie in."""

    name: str
    server: Server
    work: Path

    def serve(self) -> None:
        """Do one job after another until the server is gone for good, or says that it does not know us."""
        while True:
            try:
                work = self.server.claim(self.name, KINDS)
            except Unreachable:
                time.sleep(_LONG_PAUSE)  # it may be starting again; it ends us when it ends
                continue
            if work is None:
                time.sleep(_PAUSE)
                continue
            self.do(work)

    def do(self, work: Work) -> None:
        """Do one job, and hand in what came of it, whatever that is."""
        with Log(self.server, work) as log:
            masked = Masked(log.say, work.secrets.values())
            result = self._result(work, masked)
            masked.end()
        with suppress(Conflict):  # another runner has it now: what came of it here is nobody's
            self.server.complete(work, result)

    def _result(self, work: Work, log: Masked) -> dict[str, object]:
        try:
            return self._checked(work, log)
        except Stopped as fault:
            return {"outcome": "error", "summary": str(fault)}
        except Breached as fault:
            log.say(f"{fault}\n")
            return {"outcome": "failed", "summary": str(fault)}
        except RoadworthyError as fault:
            log.say(f"{fault.problem}\n{fault.remedy}\n")
            return {"outcome": "error", "summary": fault.problem}
        except Exception as fault:  # noqa: BLE001 - the outermost handler: the job must not stay open
            log.say(traceback.format_exc())
            return {"outcome": "error", "summary": f"A bug in Roadworthy: {fault}", "ours": True}

    def _checked(self, work: Work, log: Masked) -> dict[str, object]:
        commit, branch = str(work.payload["commit"]), str(work.payload["branch"])
        target, domain = work.payload.get("target"), str(work.payload["domain"])
        origin = Origin(work.repository, Path(work.bucket), work.key)
        heads, sample = {branch: commit}, work.payload.get("sample") or {}
        if target and work.payload.get("base"):
            heads[str(target)] = str(work.payload["base"])
        log.say(f"Checking out {commit[:12]} of {branch}.\n")
        slot = _slot(self.work / work.project / domain, self.name)
        with slot as (place, lock), _scratch(self.work, self.name) as scratch:
            limits = Limits.of(os.environ)
            until = time.monotonic() + limits.seconds
            given = environment(scratch, self.work / "cache" / domain, origin.bucket)
            commands = Commands(place, given, log.say, until, lock, limits, scratch)
            with self._kept_up(work, commands):
                check_out(place, origin, commit, heads)
                bring(place, origin, ("production",))
                if sample:
                    log.say(f"On a sample: {', '.join(f'{name} = {value}' for name, value in sample.items())}.\n")
                    overlay(place, commit, sample)
                return self._verdict(commands, place, work, [name for name in heads if name != branch])

    def _verdict(self, commands: Commands, place: Path, work: Work, targets: list[str]) -> dict[str, object]:
        commit, sampled = str(work.payload["commit"]), bool(work.payload.get("sample"))
        secrets = json.dumps(dict(work.secrets)).encode()
        ran = commands.run("run", "--secrets", told=secrets) if work.secrets else commands.run("run")
        if ran != 0:
            return {"outcome": "failed", "exit": ran, "summary": "The pipeline did not run to its end."}
        local, bucket = open_local(place), Path(work.bucket)
        if not (place / REQUIREMENTS).is_file():
            summary = f"The pipeline ran; there is no {REQUIREMENTS}, so nothing was tested."
            return {"outcome": "passed", "exit": 0, "summary": summary, **hand_in(local, commit, bucket, proved=False)}
        tested = commands.run("test")
        if tested not in {0, _SAYS_NO}:  # what an earlier attempt proved is not what this one did
            summary = "The tests did not run to their end."
            found = hand_in(local, commit, bucket, proved=False)
            return {"outcome": "failed", "exit": tested, "summary": summary, **found}
        for target in () if sampled else targets:  # a sample is held against nothing
            commands.run("review", f"{target}..HEAD")
        outcome = "passed" if tested == 0 else "failed"
        summary = "Every test holds." if outcome == "passed" else "Tests say no."
        found = hand_in(local, commit, bucket, proved=True, sampled=sampled)
        return {"outcome": outcome, "exit": tested, "summary": summary, **found}

    @contextmanager
    def _kept_up(self, work: Work, commands: Commands) -> Iterator[None]:
        """Keep the lease up beside the block; stop its commands when it is lost, or the job is cancelled."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(work.lease / _BEATS):
                try:
                    if self.server.beat(work):
                        commands.stopped.append("It was cancelled.")
                except Conflict as fault:
                    commands.stopped.append(fault.problem)
                except (Unreachable, RoadworthyError):
                    continue  # the lease may run out meanwhile; then the next beat says so

        thread = threading.Thread(target=beat, name=f"lease of job {work.id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextmanager
def _slot(folder: Path, name: str) -> Iterator[tuple[Path, int]]:
    """Give a checkout that nobody works in, and the lock that says so: what a killed runner left may still run."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in count():
        place = folder / f"{name}-{number}"
        with place.with_name(f"{place.name}.lock").open("w") as lock:
            if _locked(lock.fileno()):
                yield place, lock.fileno()
                return


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _scratch(work: Path, name: str) -> Iterator[Path]:
    """Give an empty folder; what a runner of that name left when it was killed is gone."""
    begins = f"job-{name}-"
    for left in work.glob(f"{glob.escape(begins)}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=begins, dir=work))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str]) -> int:
    """Run one: NAME URL FOLDER, with the secret as the first line of standard input, which ends with the server."""
    name, url, folder = arguments
    secret = sys.stdin.readline().strip()
    threading.Thread(target=_end_with_the_server, name="parent", daemon=True).start()
    runner = Runner(name, Server(url, secret), Path(folder))
    runner.work.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _end)
    try:
        runner.serve()
    except NotAllowed as fault:
        sys.stderr.write(f"{fault.problem} {fault.remedy}\n")
        return fault.status
    return 0


def _end_with_the_server() -> None:
    sys.stdin.read()  # the pipe ends when the server does, however it does
    os.kill(os.getpid(), signal.SIGTERM)


def _end(*_: object) -> None:
    raise SystemExit  # in the main thread: what it runs is ended on the way out


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
