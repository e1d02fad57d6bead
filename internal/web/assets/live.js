// SPDX-License-Identifier: Apache-2.0

// The page that shows what happens, fed by server-sent events.
import { byId, counts, make, name, row, span, stack, visible } from './base.js';

const longest = 200; // results in the list
const visits = new Map(), agents = new Map();
let results = [], total = 0, planned = false, changed = true;

function add(r) {
  results.push(r);
  if (results.length > 2 * longest) results = results.slice(-longest);
  changed = true;
}

const heard = {
  snapshot(all) {
    visits.clear();
    agents.clear();
    total = all.planned;
    for (const v of all.visits) visits.set(v.conn, v);
    for (const t of all.agents) agents.set(t.name, t);
    results = all.recent;
    changed = true;
    if (all.updated) heard.updated({ at: all.updated });
  },
  connected(v) { visits.set(v.conn, v); },
  forgotten(f) { agents.delete(f.agent); },
  disconnected(v) { visits.delete(v.conn); },
  result(r) { agents.set(r.agent, r.tally); add(r); },
  updated(u) { byId('updated').replaceChildren(' · ', make('a', { href: '/reports/' }, 'report'), ` of ${new Date(u.at).toLocaleTimeString()}`); },
  trouble(t) {
    byId('trouble').textContent = `The server has trouble: ${visible(t.why)}`;
    byId('trouble').hidden = false;
  },
};

function link(kind, word) {
  byId('link').className = `pill ${kind}`;
  byId('link').textContent = word;
}

function listen() {
  const events = new EventSource('/api/events');
  events.onopen = () => link('ok', 'live');
  events.onerror = () => {
    link('soft', 'reconnecting');
    if (events.readyState !== EventSource.CLOSED) return; // it tries again on its own
    setTimeout(listen, 5000);
  };
  for (const [kind, take] of Object.entries(heard)) {
    events.addEventListener(kind, event => {
      take(JSON.parse(event.data));
      later();
    });
  }
}

const doing = v => v.case ? make('span', { class: 'case' }, make('code', {}, v.case), v.path === '/runCase' ? '' : ` ${visible(v.path)}`) : make('code', {}, visible(v.path) || '/');

function drawVisits() {
  const now = Date.now(), list = [...visits.values()].sort((a, b) => a.conn - b.conn);
  byId('visits').replaceChildren(...list.slice(0, 200).map(v => make('tr', {},
    make('td', { class: 'agent' }, v.agent ? name(v.agent) : make('span', { class: 'dim' }, '(none)')), make('td', {}, doing(v)),
    make('td', {}, make('code', {}, v.remote)), make('td', { class: 'number' }, span(Math.max(0, (now - Date.parse(v.since)) / 1000))))));
  byId('nobody').hidden = list.length > 0;
  byId('visits').parentNode.hidden = !list.length;
  byId('here').textContent = list.length > 200 ? `${list.length}, the first 200` : list.length ? String(list.length) : '';
}

function drawAgents() {
  const busy = new Set([...visits.values()].filter(v => v.case && v.path === '/runCase').map(v => v.agent));
  const list = [...agents.values()].sort((a, b) => busy.has(b.name) - busy.has(a.name) || (a.name < b.name ? -1 : 1));
  byId('agents').replaceChildren(...list.map(t => {
    const done = t.pass + t.soft + t.known + t.fail, bar = make('p', { class: 'stack', role: 'img' });
    stack(bar, t, total);
    return make('article', { class: 'card' }, make('h3', {}, name(t.name), busy.has(t.name) ? make('span', { class: 'pill info' }, 'running') : ''),
      bar, make('p', { class: 'counts' }, ...counts(t), make('span', { class: 'dim' }, `${done} of ${total}`)));
  }));
  byId('noagents').hidden = list.length > 0;
}

function drawResults() {
  if (!changed) return;
  changed = false;
  const only = byId('only').getAttribute('aria-pressed') === 'true';
  const list = results.filter(r => !only || r.standing === 'fail').slice(-longest).reverse();
  byId('results').replaceChildren(...list.map(r => row(r, '', [name(r.agent)])));
  byId('nothing').hidden = list.length > 0;
}

function draw() {
  planned = false;
  drawVisits();
  drawAgents();
  drawResults();
  const done = [...agents.values()].reduce((n, t) => n + t.pass + t.soft + t.known + t.fail, 0);
  byId('summary').textContent = `${visits.size} connected · ${agents.size} ${agents.size === 1 ? 'agent' : 'agents'} · ${done} results`;
}

function later() {
  if (planned) return;
  planned = true;
  setTimeout(draw, 250);
}

function onlyFailures() {
  const button = byId('only');
  button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
  changed = true;
  draw();
}

byId('only').addEventListener('click', onlyFailures);
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'f') onlyFailures();
  if (event.key === 't') byId('theme').click();
});
setInterval(() => { if (visits.size) drawVisits(); }, 1000);
listen();
