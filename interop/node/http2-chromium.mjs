// SPDX-License-Identifier: Apache-2.0

// Takes Chromium, without a window, through a fuzzing server. It opens a WebSocket over
// HTTP/2 (RFC 8441) only where it has an HTTP/2 connection to the server already, and that
// one's SETTINGS allow it; so the page fetches something of the server first, and again
// before each case. Certificates are not checked.
//
//   node http2-chromium.mjs URL [--agent NAME] [--cases N] [--chromium PROGRAM]

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

function usage(message) {
  console.error(`http2-chromium.mjs: ${message}\nusage: node http2-chromium.mjs URL [--agent NAME] [--cases N] [--chromium PROGRAM]`);
  process.exit(2);
}

function flags() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        agent: { type: 'string', default: 'chromium' },
        cases: { type: 'string', default: '0' }, // 0: all
        chromium: { type: 'string', default: 'chromium' },
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
if (!/^\d+$/.test(values.cases)) {
  usage(`--cases ${values.cases}: want a number`);
}

// What runs in the page.
async function drive(base, agent, most) {
  const warm = () => fetch(base.replace(/^ws/, 'http') + '/', { mode: 'no-cors', credentials: 'include' }).catch(() => {});
  const converse = async (path, onMessage) => {
    await warm();
    return new Promise((resolve) => {
      const socket = new WebSocket(base + path);
      socket.binaryType = 'arraybuffer';
      socket.onmessage = ({ data }) => onMessage(socket, data);
      socket.onclose = resolve;
    });
  };
  let answer = '';
  await converse('/getCaseCount', (_, data) => { answer = String(data); });
  if (!/^\s*\d+\s*$/.test(answer)) {
    return `getCaseCount: want a number, got ${JSON.stringify(answer.slice(0, 40))}`;
  }
  const total = Math.min(Number(answer), most || Infinity);
  for (let number = 1; number <= total; number++) {
    await converse(`/runCase?case=${number}&agent=${encodeURIComponent(agent)}`, (socket, data) => socket.send(data));
  }
  await converse(`/updateReports?agent=${encodeURIComponent(agent)}`, () => {});
  return '';
}

const base = positionals[0].replace(/\/+$/, '');
const page = `<!doctype html><meta charset="utf-8"><title>cases</title><script>
${drive}
drive(${JSON.stringify(base)}, ${JSON.stringify(values.agent)}, ${Number(values.cases)})
  .catch(String).then((failed) => fetch('/over', { method: 'POST', body: failed }));
</script>`;

const profile = mkdtempSync(path.join(tmpdir(), 'wsspec-chromium-'));
let browser;
function end(status) {
  browser?.removeAllListeners('exit');
  browser?.kill();
  setTimeout(() => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    process.exit(status);
  }, 500);
}

const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (data) => { body += data; });
  request.on('end', () => {
    response.setHeader('content-type', 'text/html');
    response.end(request.url === '/' ? page : '');
    if (request.url !== '/over') {
      return;
    }
    console.log(body ? `http2-chromium.mjs: ${body}` : `ran as ${values.agent}`);
    end(body ? 1 : 0);
  });
});
server.listen(0, '127.0.0.1', () => {
  browser = spawn(values.chromium, [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-dev-shm-usage',
    '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--no-proxy-server', '--ignore-certificate-errors',
    `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/`,
  ], { stdio: 'ignore' });
  browser.on('error', (err) => {
    console.error(`http2-chromium.mjs: ${err.message}`);
    end(1);
  });
  browser.on('exit', () => end(1));
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => end(1));
}
