// SPDX-License-Identifier: Apache-2.0

// An echo server, or an echo client for wsspec serve, which obeys commands: what
// docs/commands.md shows, on ws.
//
//   node commands.mjs server 127.0.0.1:9001
//   node commands.mjs client ws://127.0.0.1:9001

import { unescape } from 'node:querystring'; // takes octets that are not UTF-8
import WebSocket, { WebSocketServer } from 'ws';

// The commands in the target of a request, or in the description of a case.
function commandsIn(text) {
  const found = /[?&]wsct=([^&]+)/.exec(text) ?? /\[wsct ([^\]]+)\]/.exec(text);
  return found ? found[1].split(',') : [];
}

function obey(socket, commands) {
  for (const command of commands) {
    const [word, first, second] = command.split(':').map((part) => unescape(part));
    try { // the library refuses some codes and reasons
      switch (word) {
        case 'close': socket.close(first && Number(first), second); break;
        case 'ping': socket.ping(first); break;
        case 'send': for (let n = Number(second ?? 1); n > 0; n--) socket.send(first); break;
        case 'sendbig': socket.send(Buffer.alloc(Number(first))); break;
        case 'shutdown': socket.close(1001); break;
        case 'raise': socket.close(1011); break;
      }
    } catch {}
  }
}

// Milliseconds until a Close without an answer ends the connection.
const closeTimeout = 5000;

function serve(host, port) {
  const server = new WebSocketServer({ host, port, closeTimeout });
  server.on('listening', () => console.log(`listening on ws://${host}:${server.address().port}`));
  server.on('connection', (socket, request) => {
    obey(socket, commandsIn(request.url));
    socket.on('message', (data, binary) => socket.send(data, { binary }));
    socket.on('error', () => {}); // the library closes the connection
  });
}

// Resolves with the last message when the connection has ended.
function connect(url, commands, echoes) {
  return new Promise((resolve) => {
    let last = '';
    const socket = new WebSocket(url, { closeTimeout });
    socket.on('open', () => obey(socket, commands));
    socket.on('message', (data, binary) => {
      last = data.toString();
      if (echoes) socket.send(data, { binary });
    });
    socket.on('error', () => {}); // close follows
    socket.on('close', () => resolve(last));
  });
}

async function runCases(base, agent) {
  const count = Number(await connect(`${base}/getCaseCount`, [], false));
  for (let n = 1; n <= count; n++) {
    const about = await connect(`${base}/getCaseInfo?case=${n}`, [], false);
    await connect(`${base}/runCase?case=${n}&agent=${agent}`, commandsIn(about), true);
  }
  await connect(`${base}/updateReports?agent=${agent}`, [], false);
}

const [role, where] = process.argv.slice(2);
if (role === 'server') {
  const { hostname, port } = new URL(`ws://${where}`);
  serve(hostname, Number(port));
} else if (role === 'client') {
  await runCases(where, 'node-ws');
} else {
  console.error('usage: node commands.mjs server HOST:PORT | node commands.mjs client URL');
  process.exit(2);
}
