// SPDX-License-Identifier: Apache-2.0

// What the scripts for browsers share: a page that takes the browser through a fuzzing server, and the
// server of that page. A browser opens a WebSocket over HTTP/2 (RFC 8441) only where it has an HTTP/2
// connection to the server already, and that one's SETTINGS allow it; so the page fetches something
// of the server first, and again before each case.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

// flags reads the command line: a URL and the options. It ends the program where they are wrong.
export function flags(name, options) {
  const usage = (message) => {
    const all = Object.entries(options).map(([option, { type }]) => ` [--${option}${type === 'string' ? ' …' : ''}]`).join('');
    console.error(`${name}: ${message}\nusage: node ${name} URL${all}`);
    process.exit(2);
  };
  let parsed;
  try {
    parsed = parseArgs({ allowPositionals: true, options });
  } catch (err) {
    usage(err.message.split('. ')[0]); // which flag; the rest is advice on escaping
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1) {
    usage('want the URL of a fuzzing server');
  }
  if (!/^\d+$/.test(values.cases)) {
    usage(`--cases ${values.cases}: want a number`);
  }
  return { values, base: positionals[0].replace(/\/+$/, '') };
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

// run starts a browser with a profile of its own, which command prepares, and ends the program
// when the page is through.
export function run(name, base, values, command) {
  const page = `<!doctype html><meta charset="utf-8"><title>cases</title><script>
${drive}
drive(${JSON.stringify(base)}, ${JSON.stringify(values.agent)}, ${Number(values.cases)})
  .catch(String).then((failed) => fetch('/over', { method: 'POST', body: failed }));
</script>`;
  const profile = mkdtempSync(path.join(tmpdir(), 'wsspec-browser-'));
  let browser;
  const end = (status) => {
    browser?.removeAllListeners('exit');
    browser?.kill();
    setTimeout(() => {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      process.exit(status);
    }, 500);
  };
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (data) => { body += data; });
    request.on('end', () => {
      response.setHeader('content-type', 'text/html');
      response.end(request.url === '/' ? page : '');
      if (request.url !== '/over') {
        return;
      }
      console.log(body ? `${name}: ${body}` : `ran as ${values.agent}`);
      end(body ? 1 : 0);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    try {
      const [program, ...args] = command(profile, `http://127.0.0.1:${server.address().port}/`);
      browser = spawn(program, args, { stdio: 'ignore', env: { ...process.env, HOME: profile } });
    } catch (err) {
      console.error(`${name}: ${err.message}`);
      end(1);
      return;
    }
    browser.on('error', (err) => {
      console.error(`${name}: ${err.message}`);
      end(1);
    });
    browser.on('exit', () => end(1));
  });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => end(1));
  }
}
