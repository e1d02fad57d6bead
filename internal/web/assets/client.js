// SPDX-License-Identifier: Apache-2.0

// The client under test: the WebSocket of this browser, on the paths of the
// fuzzing server.

// Refused is thrown where a connection did not come to be.
export class Refused extends Error {}

// connect opens a connection, gives each message to heard, and returns once it is
// closed.
function connect(server, path, parameters, heard) {
  const query = new URLSearchParams(parameters).toString();
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(server + path + (query && '?' + query));
    socket.binaryType = 'arraybuffer';
    let open = false;
    socket.onopen = () => { open = true; };
    socket.onmessage = event => heard(event.data, socket);
    socket.onclose = () => open ? resolve() : reject(new Refused(path));
  });
}

async function ask(server, path, parameters) {
  let answer = '';
  await connect(server, path, parameters, text => { answer = text; });
  return answer;
}

// caseCount is how many cases the server has.
export const caseCount = async server => Number(await ask(server, '/getCaseCount'));

// runCase does what a client under test has to do: it sends back what it gets.
export const runCase = (server, id, agent) => connect(server, '/runCase', { casetuple: id, agent }, (data, socket) => socket.send(data));

// caseStatus is the behavior of the agent in a case, or null where there is none.
export async function caseStatus(server, id, agent) {
  const answer = await ask(server, '/getCaseStatus', { casetuple: id, agent });
  return answer ? JSON.parse(answer).behavior : null;
}

// converse has one of the conversations that a seed draws. It comes back at once, and does not
// come to be where its handshake is wrong, or all have been played.
export const converse = (server, agent, seed, runs) => connect(server, '/fuzz', { agent, seed, ...(runs && { runs }) }, (data, socket) => socket.send(data));

// updateReports has the server write the report.
export const updateReports = (server, agent) => ask(server, '/updateReports', { agent });
