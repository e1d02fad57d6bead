// SPDX-License-Identifier: Apache-2.0

// An echo server for WebSocket over HTTP/2 in the clear (RFC 8441): Node's http2, with the
// frames of a stream left to ws.
//
//   node http2-server.mjs [--listen HOST:PORT]

import http2 from 'node:http2';
import { parseArgs } from 'node:util';
import WebSocket, { extension, PerMessageDeflate, subprotocol } from 'ws';

function usage(message) {
  console.error(`http2-server.mjs: ${message}\nusage: node http2-server.mjs [--listen HOST:PORT]`);
  process.exit(2);
}

function flags() {
  try {
    return parseArgs({ options: { listen: { type: 'string', default: '127.0.0.1:9001' } } }).values;
  } catch (err) {
    return usage(err.message.split('. ')[0]); // which flag; the rest is advice on escaping
  }
}

const { listen } = flags();
const [, host, port] = /^(.*):(\d+)$/.exec(listen) ?? [];
if (port === undefined || Number(port) > 65535) {
  usage(`--listen ${listen}: want HOST:PORT`);
}

const maxPayload = 64 * 1024 * 1024;

// The part of ws that needs HTTP/1.1 is its opening handshake. This is what its server does
// with the fields that RFC 8441 keeps. Throws where they break their grammar.
function negotiate(fields, answer) {
  const agreed = {};
  if (fields['sec-websocket-extensions'] !== undefined) {
    const offers = extension.parse(fields['sec-websocket-extensions']);
    if (offers[PerMessageDeflate.extensionName]) {
      const deflate = new PerMessageDeflate({ threshold: 0, isServer: true, maxPayload });
      deflate.accept(offers[PerMessageDeflate.extensionName]);
      agreed[PerMessageDeflate.extensionName] = deflate;
      answer['sec-websocket-extensions'] = extension.format({ [PerMessageDeflate.extensionName]: [deflate.params] });
    }
  }
  let protocol = '';
  if (fields['sec-websocket-protocol'] !== undefined) {
    [protocol] = subprotocol.parse(fields['sec-websocket-protocol']);
    answer['sec-websocket-protocol'] = protocol;
  }
  return { agreed, protocol };
}

function refuse(stream, status, fields = {}) {
  stream.respond({ ':status': status, ...fields }, { endStream: true });
}

const server = http2.createServer({ settings: { enableConnectProtocol: true } });
server.on('stream', (stream, fields) => {
  stream.on('error', () => {}); // without a listener an error of the peer would end the process
  if (fields[':method'] !== 'CONNECT') {
    return refuse(stream, 405);
  }
  if (fields[':protocol'] !== 'websocket') {
    return refuse(stream, 501);
  }
  if (fields['sec-websocket-version'] !== '13') {
    return refuse(stream, 426, { 'sec-websocket-version': '13' });
  }
  const answer = { ':status': 200 };
  let chosen;
  try {
    chosen = negotiate(fields, answer);
  } catch {
    return refuse(stream, 400);
  }
  stream.respond(answer);
  const socket = new WebSocket(null, undefined, { autoPong: true, closeTimeout: 30_000 });
  socket._extensions = chosen.agreed; // what ws' own server does
  socket._protocol = chosen.protocol;
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  socket.on('error', () => {}); // the library closes the connection itself
  socket.setSocket(stream, Buffer.alloc(0), {
    allowSynchronousEvents: true, maxBufferedChunks: 256 * 1024, maxFragments: 16 * 1024, maxPayload, skipUTF8Validation: false,
  });
});
server.on('sessionError', () => {}); // it is over; others go on
server.on('error', (err) => {
  console.error(`http2-server.mjs: ${err.message}`);
  process.exit(1);
});
server.listen(Number(port), host || '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`listening on ws://${address}:${port}`);
});
