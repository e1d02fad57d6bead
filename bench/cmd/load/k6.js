// SPDX-License-Identifier: Apache-2.0

// Each of so many users opens a connection and stays until all should be open. What is
// printed: how many were opened, when the first began, and when the last was open, in ms.
import ws from 'k6/ws';
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';

const users = Number(__ENV.USERS);
const opened = new Trend('opened');
const held = new Trend('held');

export const options = {
  scenarios: { all: { executor: 'per-vu-iterations', vus: users, iterations: 1, maxDuration: '10m', gracefulStop: '0s' } },
};

export default function () {
  const begun = Date.now();
  ws.connect(__ENV.URL, null, (socket) => {
    socket.on('open', () => {
      opened.add(begun);
      held.add(Date.now());
      socket.setTimeout(() => socket.close(), Number(__ENV.HOLD));
    });
    socket.on('error', (e) => exec.test.abort(e.error()));
  });
}

export function handleSummary(data) {
  const times = (name) => data.metrics[name].values;
  return { stdout: `${data.metrics.ws_sessions.values.count} ${times('opened').min} ${times('held').max}\n` };
}
