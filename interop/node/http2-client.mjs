// SPDX-License-Identifier: Apache-2.0

// An echo client for a fuzzing server, on undici's WebSocket: over HTTP/2 (RFC 8441) where
// the URL begins with wss: and the server agrees by ALPN. Certificates are not checked.
//
//   node http2-client.mjs URL [--agent NAME] [--cases N] [--parallel N] [--http1 | --lend-accept]
//
// undici 7.30.2 opens a connection over HTTP/2 only if the answer has the
// Sec-WebSocket-Accept of HTTP/1.1, which no server of RFC 8441 sends: see
// docs/findings.md. With --lend-accept it is told one, so that the rest can be tested.
// With --http1 it does not offer HTTP/2.

import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Agent, DecoratorHandler, Headers, WebSocket } from 'undici';

function usage(message) {
  console.error(`http2-client.mjs: ${message}\nusage: node http2-client.mjs URL [--agent NAME] [--cases N] [--parallel N] [--http1 | --lend-accept]`);
  process.exit(2);
}

function flags() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        agent: { type: 'string', default: 'node-undici' },
        cases: { type: 'string', default: '0' }, // 0: all
        parallel: { type: 'string', default: '1' },
        http1: { type: 'boolean', default: false },
        'lend-accept': { type: 'boolean', default: false },
      },
    });
  } catch (err) {
    return usage(err.message.split('. ')[0]); // which flag; the rest is advice on escaping
  }
}

const { values, positionals } = flags();
if (positionals.length !== 1) {
  usage('want the URL of a fuzzing server');
}
for (const flag of ['cases', 'parallel']) {
  if (!/^\d+$/.test(values[flag])) {
    usage(`--${flag} ${values[flag]}: want a number`);
  }
}
const base = positionals[0].replace(/\/+$/, '');
const agent = encodeURIComponent(values.agent);

// Lender adds the Sec-WebSocket-Accept that belongs to a key to an answer.
class Lender extends DecoratorHandler {
  constructor(handler, key) {
    super(handler);
    this.accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  }

  onRequestUpgrade(controller, status, fields, socket) {
    return super.onRequestUpgrade(controller, status, { ...fields, 'sec-websocket-accept': this.accept }, socket);
  }
}

const lend = (dispatch) => (options, handler) =>
  dispatch(options, new Lender(handler, new Headers(options.headers).get('sec-websocket-key')));

// Each connection has an HTTP/2 connection of its own.
function dispatcher() {
  const all = new Agent({ allowH2: !values.http1, connect: { rejectUnauthorized: false } });
  return values['lend-accept'] ? all.compose(lend) : all;
}

// Resolves when the connection has ended; onMessage sees what came until then.
// Rejects if it could not be opened.
function converse(path, onMessage) {
  return new Promise((resolve, reject) => {
    const through = dispatcher();
    const socket = new WebSocket(base + path, { dispatcher: through });
    socket.binaryType = 'arraybuffer';
    let opened = false;
    socket.onopen = () => { opened = true; };
    socket.onmessage = ({ data }) => onMessage(socket, data);
    socket.onerror = ({ error, message }) => { if (!opened) reject(new Error(error?.message || message || 'the opening handshake failed')); };
    socket.onclose = () => {
      through.destroy().catch(() => {});
      resolve();
    };
  });
}

async function cases(total) {
  let next = 1;
  const worker = async () => {
    while (next <= total) {
      const number = next++;
      try {
        await converse(`/runCase?case=${number}&agent=${agent}`, (socket, data) => socket.send(data));
      } catch (err) {
        console.error(`case ${number}: ${err.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(values.parallel)) }, worker));
}

try {
  let answer = '';
  await converse('/getCaseCount', (_, data) => { answer = String(data); });
  if (!/^\s*\d+\s*$/.test(answer)) {
    throw new Error(`getCaseCount: want a number, got ${JSON.stringify(answer.slice(0, 40))}`);
  }
  const total = Math.min(Number(answer), Number(values.cases) || Infinity);
  await cases(total);
  await converse(`/updateReports?agent=${agent}`, () => {});
  console.log(`ran ${total} cases as ${values.agent}`);
} catch (err) {
  console.error(`http2-client.mjs: ${err.message}`);
  process.exit(1);
}
