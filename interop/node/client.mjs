// SPDX-License-Identifier: Apache-2.0

// An echo client on ws, for a fuzzing server.
//
//   node client.mjs URL [--agent NAME] [--cases N] [--parallel N]
//
// Over wss it asks /getCaseInfo where each case is played, and trusts the authorities in
// the file that the variable NODE_EXTRA_CA_CERTS names.

import { parseArgs } from 'node:util';
import WebSocket from 'ws';

function usage(message) {
  console.error(`client.mjs: ${message}\nusage: node client.mjs URL [--agent NAME] [--cases N] [--parallel N]`);
  process.exit(2);
}

function flags() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        agent: { type: 'string', default: 'node-ws' },
        cases: { type: 'string', default: '0' }, // 0: all
        parallel: { type: 'string', default: '1' },
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

// Resolves when the connection has ended; onMessage sees what came until then.
// Rejects if it could not be opened.
function converse(path, onMessage) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(path.includes('://') ? path : base + path, {
      maxPayload: 64 * 1024 * 1024,
      perMessageDeflate: { threshold: 0 },
    });
    let opened = false;
    socket.on('open', () => { opened = true; });
    socket.on('message', (data, binary) => onMessage(socket, data, binary));
    // An error is always followed by close.
    socket.on('error', (err) => { if (!opened) reject(err); });
    socket.on('close', resolve);
  });
}

// Where a case is played, without the agent.
async function place(number) {
  let url;
  if (base.startsWith('wss:')) {
    await converse(`/getCaseInfo?case=${number}&agent=${agent}`, (_, data) => { url = JSON.parse(data).url; });
  }
  return url ?? `/runCase?case=${number}`;
}

async function cases(total) {
  let next = 1;
  const worker = async () => {
    while (next <= total) {
      const number = next++;
      try {
        await converse(`${await place(number)}&agent=${agent}`,
          (socket, data, binary) => socket.send(data, { binary }));
      } catch (err) {
        console.error(`case ${number}: ${err.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(values.parallel)) }, worker));
}

try {
  let answer = '';
  await converse('/getCaseCount', (_, data) => { answer = data.toString(); });
  if (!/^\s*\d+\s*$/.test(answer)) {
    throw new Error(`getCaseCount: want a number, got ${JSON.stringify(answer.slice(0, 40))}`);
  }
  const total = Math.min(Number(answer), Number(values.cases) || Infinity);
  await cases(total);
  await converse(`/updateReports?agent=${agent}`, () => {});
  console.log(`ran ${total} cases as ${values.agent}`);
} catch (err) {
  console.error(`client.mjs: ${err.message}`);
  process.exit(1);
}
