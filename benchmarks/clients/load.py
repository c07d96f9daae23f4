"""Clients that ask one after the other, each over one connection: load.py PORT CLIENTS SECONDS < BODY."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time

PORT, CLIENTS, SECONDS = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
BODY = sys.stdin.buffer.read()
HEAD = f"POST /predict HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
REQUEST = HEAD.encode() + BODY


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, seconds: list[float], until: float) -> None:
        self.seconds = seconds
        self.until = until
        self.failed = 0
        self.buffer = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        """Send the next request, if there is time."""
        self.began = time.perf_counter()
        if self.began < self.until:
            self.transport.write(REQUEST)
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take an answer, or a part of one."""
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(self.buffer) >= end + 4 + size:
            self.buffer = self.buffer[end + 4 + size :]
            self.failed += not head.startswith(b"http/1.1 200")
            self.seconds.append(time.perf_counter() - self.began)
            self.ask()

    def connection_lost(self, fault: Exception | None) -> None:
        """End."""
        self.failed += fault is not None
        self.done.set_result(None)


async def main() -> None:
    """Ask, and print the rate and the latencies in milliseconds."""
    seconds: list[float] = []
    loop, until = asyncio.get_running_loop(), time.perf_counter() + SECONDS
    clients = [
        (await loop.create_connection(lambda: Client(seconds, until), "127.0.0.1", PORT))[1] for _ in range(CLIENTS)
    ]
    await asyncio.gather(*(client.done for client in clients))
    seconds.sort()
    found = {f"p{share}": seconds[len(seconds) * share // 100] * 1000 for share in (50, 99)}
    print(json.dumps({"rate": len(seconds) / SECONDS, **found, "failed": sum(client.failed for client in clients)}))


gc.disable()
asyncio.run(main())
