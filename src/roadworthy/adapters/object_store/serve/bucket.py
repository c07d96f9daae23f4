"""One project's bucket, for one request: HEAD, GET and PUT of an object in it."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from roadworthy.adapters.object_store.serve.download import Download, Reading, headers_of
from roadworthy.adapters.object_store.serve.refusal import SAFE, Refused, full, lacking
from roadworthy.adapters.object_store.serve.request import length_of, start_of
from roadworthy.adapters.object_store.serve.upload import Pace, pieces
from roadworthy.errors import IntegrityError, NotFound, StorageError
from roadworthy.ledger.objects.arrive import Arrival

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.adapters.object_store.serve.disk import Disk
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.objects.folder import DirectoryStore
    from roadworthy.ledger.objects.usage import Usage

_LOG = logging.getLogger(__name__)
_GONE: Final = 499  # nobody hears it


@dataclass(frozen=True, slots=True)
class Bucket:
    """The objects of *project*, as *actor* reaches them."""

    project: str
    actor: str
    store: DirectoryStore
    usage: Usage
    disk: Disk
    pace: Pace

    async def head(self, address: Address) -> Response:
        """Answer how large an object is, which is not read."""
        try:
            reading = await self.disk.do(Reading, self.store, address, 0)
        except (NotFound, IntegrityError) as fault:
            raise lacking(self.project, address) from fault
        reading.close()
        return Response(headers=headers_of(address, reading.size))

    async def get(self, address: Address, request: Request) -> Response:
        """Answer an object, or what is left of it after its first bytes."""
        try:
            reading = await self.disk.do(Reading, self.store, address, self.pace.piece)
        except NotFound as fault:
            raise lacking(self.project, address) from fault
        except IntegrityError as fault:
            raise Refused(HTTPStatus.GONE) from fault
        with contextlib.ExitStack() as begun:
            begun.callback(reading.close)
            start = start_of(request, reading.size)
            try:
                first = await self.disk.do(reading.next)
            except IntegrityError as fault:
                _LOG.error("%s It was set aside.", fault.problem)
                raise Refused(HTTPStatus.GONE) from fault
            begun.pop_all()
        return Download(reading, first, start, self.disk, self.pace.idle)

    async def put(self, address: Address, request: Request, allowed: int | None) -> Response:
        """Keep an object that is sent, when it fits into the bytes *allowed*. May be repeated."""
        size = length_of(request)
        claim = await self.disk.do(self.usage.claim, address, size, allowed)
        if claim is None:
            raise full(self.project, await self.disk.do(self.usage.used), allowed or 0)
        try:
            with _refusals():
                arrival = await self._arrive(address, request, size)
                try:
                    is_new = await self.disk.do(self.usage.settle, claim, arrival.settle)
                finally:
                    await self.disk.do(arrival.drop)
        except ClientDisconnect:
            return Response(status_code=_GONE)
        finally:
            await self.disk.do(self.usage.release, claim)
        return Response(status_code=HTTPStatus.CREATED if is_new else HTTPStatus.OK, headers=SAFE)

    async def _arrive(self, address: Address, request: Request, size: int) -> Arrival:
        try:
            arrival = await self.disk.do(Arrival, self.store, address)
        except IntegrityError as fault:
            _LOG.error("%s", fault)
            raise Refused(HTTPStatus.INSUFFICIENT_STORAGE) from fault
        try:
            async for piece in pieces(request.receive, size, self.pace):
                await self.disk.do(arrival.add, piece)
            await self.disk.do(arrival.finish)
        except BaseException:
            await self.disk.do(arrival.drop)
            raise
        return arrival


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except TimeoutError as fault:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT) from fault
    except IntegrityError as fault:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY) from fault
    except StorageError as fault:
        _LOG.error("%s", fault)
        raise Refused(HTTPStatus.INSUFFICIENT_STORAGE) from fault
