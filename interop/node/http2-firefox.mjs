// SPDX-License-Identifier: Apache-2.0

// Takes Firefox, without a window, through a fuzzing server over HTTP/2 (see browser.mjs), or with
// --http1 over HTTP/1.1. It trusts the certificate in a file, such as serve's --tls-authority
// writes; certutil of libnss3-tools tells it to.
//
//   node http2-firefox.mjs URL --authority FILE [--agent NAME] [--cases N] [--firefox PROGRAM] [--http1]

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { flags, run } from './browser.mjs';

const name = 'http2-firefox.mjs';
const { values, base } = flags(name, {
  authority: { type: 'string', default: 'authority.pem' },
  agent: { type: 'string', default: 'firefox' },
  cases: { type: 'string', default: '0' }, // 0: all
  firefox: { type: 'string', default: 'firefox-esr' },
  http1: { type: 'boolean', default: false },
});

// How it has to be set up: it does WebSocket over HTTP/2 if it is allowed to, asks for nothing at home,
// and does not wait where a connection has failed before.
const preferences = {
  'network.http.http2.websockets': !values.http1,
  'network.http.spdy.websockets': !values.http1,
  'network.websocket.delay-failed-reconnects': false,
  'network.proxy.type': 0,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'services.settings.server': 'http://127.0.0.1:9/',
};

run(name, base, values, (profile, page) => {
  const database = `sql:${profile}`;
  execFileSync('certutil', ['-N', '-d', database, '--empty-password']);
  execFileSync('certutil', ['-A', '-n', 'wsspec', '-t', 'C,,', '-i', values.authority, '-d', database]);
  const lines = Object.entries(preferences).map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`);
  writeFileSync(path.join(profile, 'user.js'), lines.join(''));
  return [values.firefox, '--headless', '--no-remote', '--profile', profile, page];
});
