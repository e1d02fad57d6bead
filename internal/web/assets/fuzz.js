// SPDX-License-Identifier: Apache-2.0

// The button that has the server talk to this browser in ways that nobody thought of.
import { byId, make, visible } from './base.js';
import { converse } from './client.js';

const server = document.body.dataset.server, form = byId('fuzzing');
const atOnce = 4, hopeless = 40; // connections that fail while the server sees nothing of them
let run = null;

const agent = () => byId('agent').value.trim();

// state is how far the server says that we are.
async function state(name) {
  const response = await fetch(`/api/fuzz?${new URLSearchParams({ agent: name })}`);
  if (!response.ok) throw new Error(response.statusText);
  return response.json();
}

function draw(r, s) {
  const words = [s.runs ? `${s.played} of ${s.runs} conversations` : `${s.played} conversations`];
  if (s.findings.length) words.push(`${s.findings.length} found`);
  if (s.pursued) words.push(`${s.pursued} being shrunk`);
  if (r.ended) words.push(r.why || (s.over && !s.findings.length ? 'nothing found' : s.over ? 'done' : 'stopped'));
  byId('fuzzed').textContent = words.join(' · ');
  byId('found').hidden = !s.findings.length;
  byId('findings').replaceChildren(...s.findings.map(f => make('li', {},
    make('span', { class: `pill ${f.level === 'SHOULD' ? 'soft' : 'fail'}` }, f.level), ' ',
    make('span', { class: 'what' }, make('a', { class: 'id', href: `/findings?${new URLSearchParams({ agent: r.agent, name: f.name })}` }, f.name), ' ', make('span', {}, visible(f.what))))));
}

// look asks the server, and ends the run where there is no more to be played.
async function look(r) {
  try {
    const s = await state(r.agent), moved = s.played + s.replayed;
    if (moved !== r.moved) r.failed = 0;
    r.moved = moved;
    if (s.over || performance.now() > r.until) r.ended = true;
    if (r.failed > hopeless) end(r, `no connection to ${server}`);
    draw(r, s);
  } catch {
    end(r, 'the server does not answer');
    byId('fuzzed').textContent = r.why;
  }
}

function end(r, why) {
  r.ended = true;
  r.why = why;
}

async function talk(r) {
  while (!r.ended) {
    try {
      await converse(server, r.agent, r.seed, r.runs);
    } catch { // a handshake that was meant to fail, or there are no more
      if (r.failed++ % 10 === 9) await look(r);
    }
  }
}

async function start() {
  const amount = byId('amount').value, seconds = amount.endsWith('s') ? parseInt(amount) : 0;
  run = {
    agent: agent(), seed: crypto.getRandomValues(new Uint32Array(1))[0], runs: seconds ? 0 : Number(amount),
    until: seconds ? performance.now() + 1000 * seconds : Infinity, failed: 0, moved: 0, ended: false, why: '',
  };
  say(true);
  const r = run, tick = setInterval(() => look(r), 500);
  await Promise.all(Array.from({ length: atOnce }, () => talk(r)));
  clearInterval(tick);
  if (!r.why) await look(r);
  say(false);
}

function say(going) {
  form.dataset.state = going ? 'running' : 'ended';
  byId('fuzz').disabled = byId('amount').disabled = going;
  byId('halt').disabled = !going;
}

if (form) {
  form.addEventListener('submit', event => {
    event.preventDefault();
    if (agent()) start();
  });
  byId('halt').addEventListener('click', () => { run.ended = true; });
}
