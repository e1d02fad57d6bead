#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0

"""An echo server, or an echo client for wsspec serve, which obeys commands: what
docs/commands.md shows, on websockets 10.4.

    commands.py server 127.0.0.1:9001
    commands.py client ws://127.0.0.1:9001
"""

import asyncio
import logging
import re
import sys
from urllib.parse import unquote

import websockets
from websockets.frames import Close


def commands_in(text):
    """Finds them in the target of a request, or in the description of a case."""
    found = re.search(r"[?&]wsct=([^&]+)", text) or re.search(r"\[wsct ([^]]+)\]", text)
    return found[1].split(",") if found else []


async def obey(connection, commands):
    for command in commands:
        word, *args = map(unquote, command.split(":"))
        if word == "close":
            await close(connection, *args)
        elif word == "ping":
            await connection.ping(*args)
        elif word == "send":
            for _ in range(int(args[1]) if args[1:] else 1):
                await connection.send(args[0])
        elif word == "sendbig":
            await connection.send(bytes(int(args[0])))
        elif word == "shutdown":
            await connection.close(1001)
        elif word == "raise":
            await connection.close(1011)


async def close(connection, code="1000", reason=""):
    """Asks first whether the library refuses: it ends TCP then, without a Close."""
    try:
        payload = Close(int(code), reason).serialize()
    except websockets.ProtocolError:
        return
    if len(payload) <= 125:
        await connection.close(int(code), reason)


async def converse(connection, commands):
    """Obeys, then echoes until the connection ends."""
    try:
        await obey(connection, commands)
        async for message in connection:
            await connection.send(message)
    except websockets.ConnectionClosed:
        pass


async def serve(host, port):
    async def handle(connection):
        await converse(connection, commands_in(connection.path))

    async with websockets.serve(handle, host, port) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on ws://{host}:{port}", flush=True)
        await asyncio.Future()


async def ask(url):
    """Returns the message that the server has for us, if there is one."""
    async with websockets.connect(url) as connection:
        try:
            return await connection.recv()
        except websockets.ConnectionClosed:
            return None


async def run_cases(base, agent):
    for n in range(1, int(await ask(f"{base}/getCaseCount")) + 1):
        commands = commands_in(await ask(f"{base}/getCaseInfo?case={n}"))
        try:
            async with websockets.connect(f"{base}/runCase?case={n}&agent={agent}") as connection:
                await converse(connection, commands)
        except (OSError, websockets.WebSocketException):
            pass  # a case that lets nobody connect
    await ask(f"{base}/updateReports?agent={agent}")


if __name__ == "__main__":
    role, where = sys.argv[1:3] if len(sys.argv) == 3 else ("", "")
    logging.disable(logging.CRITICAL)
    if role == "server":
        host, port = where.rsplit(":", 1)
        asyncio.run(serve(host, int(port)))
    elif role == "client":
        asyncio.run(run_cases(where, "py-websockets"))
    else:
        raise SystemExit("usage: commands.py server HOST:PORT | commands.py client URL")
