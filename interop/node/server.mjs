// SPDX-License-Identifier: Apache-2.0

// An echo server on ws.
//
//   node server.mjs [--listen HOST:PORT]

import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

const { values } = parseArgs({
  options: { listen: { type: 'string', default: '127.0.0.1:9001' } },
});
const [, host, port] = /^(.*):(\d+)$/.exec(values.listen) ?? [];
if (port === undefined) {
  console.error(`server.mjs: --listen ${values.listen}: want HOST:PORT`);
  process.exit(2);
}

const server = new WebSocketServer({
  host: host || '127.0.0.1',
  port: Number(port),
  maxPayload: 64 * 1024 * 1024,
  perMessageDeflate: { threshold: 0 },
});

server.on('listening', () => {
  const { address, port } = server.address();
  console.log(`listening on ws://${address}:${port}`);
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
