// SPDX-License-Identifier: Apache-2.0

// An echo server on ws.
//
//   node server.mjs [--listen HOST:PORT] [--cert FILE --key FILE]
//
// With a certificate it serves wss.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

function usage(message) {
  console.error(`server.mjs: ${message}\nusage: node server.mjs [--listen HOST:PORT] [--cert FILE --key FILE]`);
  process.exit(2);
}

function flags() {
  try {
    return parseArgs({
      options: {
        listen: { type: 'string', default: '127.0.0.1:9001' },
        cert: { type: 'string' },
        key: { type: 'string' },
      },
    }).values;
  } catch (err) {
    return usage(err.message.split('. ')[0]); // which flag; the rest is advice on escaping
  }
}

const { listen, cert, key } = flags();
const [, host, port] = /^(.*):(\d+)$/.exec(listen) ?? [];
if (port === undefined || Number(port) > 65535) {
  usage(`--listen ${listen}: want HOST:PORT`);
}

const address = { host: host || '127.0.0.1', port: Number(port) };
const secure = cert && createServer({ cert: readFileSync(cert), key: readFileSync(key) }).listen(address);
const server = new WebSocketServer({
  ...(secure ? { server: secure } : address),
  maxPayload: 64 * 1024 * 1024,
  perMessageDeflate: { threshold: 0 },
});

server.on('listening', () => {
  const { address, port } = server.address();
  console.log(`listening on ${secure ? 'wss' : 'ws'}://${address}:${port}`);
});
server.on('error', (err) => {
  console.error(`server.mjs: ${err.message}`);
  process.exit(1);
});
server.on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  // The library closes the connection itself; without a listener an error of
  // the peer would end the process.
  socket.on('error', () => {});
});
