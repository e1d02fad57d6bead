#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0

"""An echo client on websockets 10.4, for a fuzzing server.

    client.py URL [--agent NAME] [--cases N] [--parallel N]

Over wss it asks /getCaseInfo where each case is played, and trusts the authorities in the
file that the variable SSL_CERT_FILE names.
"""

import argparse
import asyncio
import json
import logging
import sys
import urllib.parse

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

MAX_MESSAGE = 64 * 1024 * 1024


def connect(url):
    return websockets.connect(
        url,
        compression=None,
        extensions=[ClientPerMessageDeflateFactory(client_max_window_bits=True)],
        max_size=MAX_MESSAGE,
        ping_interval=None,
    )


async def echo(url):
    """Echoes until the connection ends; fails only if it cannot be opened."""
    async with connect(url) as connection:
        try:
            async for message in connection:
                await connection.send(message)
        except websockets.ConnectionClosed:
            pass


async def receive(url):
    """Returns the first message, or None if the server closes without one."""
    async with connect(url) as connection:
        try:
            return await connection.recv()
        except websockets.ConnectionClosed:
            return None


async def run(base, agent, limit, parallel):
    answer = await receive(base + "/getCaseCount")
    try:
        total = int(answer)
    except (TypeError, ValueError):
        raise SystemExit(f"client.py: getCaseCount: want a number, got {answer!r:.40}")
    if limit > 0:
        total = min(total, limit)

    query = urllib.parse.quote(agent, safe="")

    async def place(number):
        """Where a case is played, without the agent."""
        usual = f"{base}/runCase?case={number}"
        if not base.startswith("wss:"):
            return usual
        info = await receive(f"{base}/getCaseInfo?case={number}&agent={query}")
        return json.loads(info).get("url", usual)

    numbers = iter(range(1, total + 1))

    async def worker():
        for number in numbers:
            try:
                await echo(f"{await place(number)}&agent={query}")
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException) as err:
                print(f"case {number}: {err}", file=sys.stderr)

    await asyncio.gather(*(worker() for _ in range(max(parallel, 1))))
    await receive(f"{base}/updateReports?agent={query}")
    print(f"ran {total} cases as {agent}")


def main():
    parser = argparse.ArgumentParser(description="Echo client on websockets.")
    parser.add_argument("url", metavar="URL")
    parser.add_argument("--agent", default="py-websockets", metavar="NAME")
    parser.add_argument("--cases", type=int, default=0, metavar="N", help="only the first N")
    parser.add_argument("--parallel", type=int, default=1, metavar="N")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    try:
        asyncio.run(run(args.url.rstrip("/"), args.agent, args.cases, args.parallel))
    except (OSError, websockets.WebSocketException) as err:
        raise SystemExit(f"client.py: {err}")


if __name__ == "__main__":
    main()
