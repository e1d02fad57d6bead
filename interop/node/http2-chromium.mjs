// SPDX-License-Identifier: Apache-2.0

// Takes Chromium, without a window, through a fuzzing server over HTTP/2 (see browser.mjs).
// Certificates are not checked.
//
//   node http2-chromium.mjs URL [--agent NAME] [--cases N] [--chromium PROGRAM]

import { flags, run } from './browser.mjs';

const name = 'http2-chromium.mjs';
const { values, base } = flags(name, {
  agent: { type: 'string', default: 'chromium' },
  cases: { type: 'string', default: '0' }, // 0: all
  chromium: { type: 'string', default: 'chromium' },
});
run(name, base, values, (profile, page) => [
  values.chromium, '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-dev-shm-usage',
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--no-proxy-server', '--ignore-certificate-errors',
  `--user-data-dir=${profile}`, page,
]);
