#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0

"""An echo server on websockets 10.4.

    server.py [--listen HOST:PORT] [--cert FILE --key FILE]

With a certificate it serves wss.
"""

import argparse
import asyncio
import logging
import ssl

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

MAX_MESSAGE = 64 * 1024 * 1024


async def echo(connection):
    try:
        async for message in connection:
            await connection.send(message)
    except websockets.ConnectionClosed:
        pass


async def serve(host, port, secure):
    # Limits of the window only where the client asks for them: what the
    # compression parameter of the library stands for would always set them.
    deflate = ServerPerMessageDeflateFactory(
        server_max_window_bits=None, client_max_window_bits=None
    )
    async with websockets.serve(
        echo,
        host,
        port,
        compression=None,
        extensions=[deflate],
        max_size=MAX_MESSAGE,
        ping_interval=None,
        ssl=secure,
    ) as server:
        address, port = server.sockets[0].getsockname()[:2]
        print(f"listening on {'wss' if secure else 'ws'}://{address}:{port}", flush=True)
        await asyncio.Future()


def main():
    parser = argparse.ArgumentParser(description="Echo server on websockets.")
    parser.add_argument("--listen", default="127.0.0.1:9001", metavar="HOST:PORT")
    parser.add_argument("--cert", metavar="FILE")
    parser.add_argument("--key", metavar="FILE")
    args = parser.parse_args()
    secure = None
    if args.cert:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(args.cert, args.key)
    host, _, port = args.listen.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        parser.error(f"--listen {args.listen}: want HOST:PORT")
    # Broken handshakes are what we are here for: no tracebacks for them.
    logging.getLogger("websockets").addHandler(logging.NullHandler())
    logging.getLogger("websockets").propagate = False
    try:
        asyncio.run(serve(host or "127.0.0.1", int(port), secure))
    except KeyboardInterrupt:
        pass
    except OSError as err:
        raise SystemExit(f"server.py: --listen {args.listen}: {err}") from None


if __name__ == "__main__":
    main()
