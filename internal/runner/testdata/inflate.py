# SPDX-License-Identifier: Apache-2.0

# Inflates the messages of connections with zlib (RFC 7692, 7.2.2). In come lines of JSON, a
# connection each: {"window": bits, "forgets": whether messages stand alone, "messages": [hex]}.
# Out come lines of JSON, a list each, with what each message says by its SHA-256, or null where
# zlib refuses it.

import hashlib
import json
import sys
import zlib

TAIL = b"\x00\x00\xff\xff"  # that no message is sent with
LAST = b"\x01\x00\x00\xff\xff"  # a final block, by which zlib can tell that the message is whole
CHUNK = 1 << 20


def inflate(data, window, history):
    """Returns the digest of what a message says and the last 32768 octets so far."""
    digest = hashlib.sha256()
    data += TAIL + LAST
    # What zlib has just returned it refers to without a look at the window.
    most = CHUNK if window == 15 else 1
    while data:  # zlib stops at a final block, and the message need not
        d = zlib.decompressobj(-window, history)
        while data and not d.eof:
            out = d.decompress(data, most)
            if not out and not d.eof and data == d.unconsumed_tail:
                break
            digest.update(out)
            history = (history + out)[-32768:]
            data = d.unconsumed_tail
        if not d.eof:
            raise zlib.error("the message ends inside a block")
        data = d.unused_data
    return digest.hexdigest(), history


for line in sys.stdin:
    connection = json.loads(line)
    results, history = [], b""
    for message in connection["messages"]:
        try:
            digest, history = inflate(bytes.fromhex(message), connection["window"], history)
        except zlib.error:
            digest = None
        results.append(digest)
        if connection["forgets"]:
            history = b""
    print(json.dumps(results))
