// SPDX-License-Identifier: Apache-2.0

// The page that tests the browser it is opened in.
import { byId, counts, face, make, row, span, stack, story, took, visible } from './base.js';
import { caseCount, updateReports } from './client.js';
import { Run } from './run.js';
import { select } from './select.js';
import './fuzz.js';

const body = document.body, server = body.dataset.server, form = byId('setup');
const agentBox = byId('agent'), filterBox = byId('filter'), detail = byId('detail');
const results = new Map(), flying = new Set(), tiles = new Map();
let catalog = { cases: [], sections: [] }, picked = [], run = null, opened = null, planned = false;

// ownName makes a name out of what the browser calls itself: most have the names
// of others in it too.
function ownName(userAgent) {
  for (const product of ['Edg', 'EdgA', 'OPR', 'Vivaldi', 'SamsungBrowser', 'Firefox', 'FxiOS', 'CriOS', 'HeadlessChrome', 'Chrome']) {
    const found = userAgent.match(new RegExp(`\\b${product}/[\\w.]+`));
    if (found) return found[0];
  }
  const safari = userAgent.match(/\bVersion\/([\w.]+).*\bSafari\//);
  return safari ? `Safari/${safari[1]}` : userAgent.slice(0, 120);
}

const agent = () => agentBox.value.trim();
const running = () => body.dataset.state === 'running' || body.dataset.state === 'pausing';

function say(state) {
  body.dataset.state = state;
  byId('run').disabled = running();
  byId('run').textContent = running() ? 'Running' : 'Run';
  byId('pause').disabled = !running() && state !== 'paused' || state === 'pausing';
  byId('pause').textContent = state === 'paused' ? 'Continue' : state === 'pausing' ? 'Pausing' : 'Pause';
  agentBox.disabled = filterBox.disabled = byId('jobs').disabled = running() || state === 'paused';
  for (const chip of byId('chips').children) chip.disabled = filterBox.disabled;
}

function complain(...message) {
  byId('trouble').replaceChildren(...message);
  byId('trouble').hidden = !message.length;
}

function unreachable(what) {
  const hints = [`No connection to ${server}${what}. `];
  if (server.startsWith('wss:')) {
    const https = server.replace('wss:', 'https:');
    hints.push('If its certificate is self-signed, open ', make('a', { href: https, target: '_blank', rel: 'noopener' }, https), ' once and accept it. ');
  } else {
    hints.push('Is that port open from here? ');
  }
  hints.push('Without a connection for a case, too many may be at once, or the server is at one of its limits.');
  complain(...hints);
}

// ---- the grid

const state = c => flying.has(c.id) ? 'now' : results.has(c.id) ? face(results.get(c.id)).kind : 'wait';

function paint(c) {
  const tile = tiles.get(c.id), r = results.get(c.id), kind = state(c);
  tile.className = `tile ${kind}`;
  tile.lastChild.textContent = kind === 'now' ? '…' : r ? face(r).sign : '';
  tile.title = `${c.id} ${c.title}` + (r ? `: ${face(r).word}` : '');
  tile.setAttribute('aria-label', tile.title);
  tile.toggleAttribute('aria-current', opened === c);
}

function lay() {
  const grid = byId('grid'), groups = new Map();
  tiles.clear();
  for (const c of picked) {
    const category = c.id.split('.')[0];
    if (!groups.has(category)) groups.set(category, []);
    const tile = make('button', { type: 'button', 'data-id': c.id, tabindex: tiles.size ? -1 : 0 }, c.id, make('i', { 'aria-hidden': 'true' }));
    tiles.set(c.id, tile);
    groups.get(category).push(tile);
    paint(c);
  }
  grid.replaceChildren(...[...groups].map(([category, members]) => make('section', { 'data-category': category },
    make('h2', {}, `${category} ${titleOf(category)} `, make('span', { class: 'dim' })), make('div', { class: 'cells' }, ...members))));
}

const titleOf = id => (catalog.sections.find(s => s.id === id) || { title: '' }).title;

function tally(cases) {
  const n = { pass: 0, soft: 0, known: 0, fail: 0, none: 0, done: 0 };
  for (const c of cases) {
    const r = results.get(c.id);
    if (!r) continue;
    n[r.standing]++;
    n.done++;
  }
  return n;
}

// ---- what changes while cases run

function draw() {
  planned = false;
  const n = tally(picked), left = run && running() ? run.left() : undefined;
  stack(byId('stack'), n, picked.length);
  byId('counts').replaceChildren(...counts(n));
  const words = [n.done ? `${n.done} of ${picked.length}` : `${picked.length} cases`];
  if (left !== undefined && !run.over) words.push(`about ${span(left)} left`);
  if (flying.size) words.push(`now ${[...flying].slice(0, 3).join(', ')}${flying.size > 3 ? ' …' : ''}`);
  byId('picked').textContent = words.join(' · ');
  document.title = running() ? `${n.done}/${picked.length} wsspec` : 'wsspec: test this browser';

  const failed = picked.filter(c => ['fail', 'known'].includes((results.get(c.id) || {}).standing));
  const lax = picked.filter(c => (results.get(c.id) || {}).standing === 'soft');
  byId('bad').hidden = !failed.length;
  byId('failures').replaceChildren(...failed.map(line));
  byId('softs').hidden = !lax.length;
  byId('softs').firstChild.textContent = `${lax.length} accepted, but late, lax or with another close code`;
  if (byId('softs').open) byId('others').replaceChildren(...lax.map(line));
  for (const section of byId('grid').children) {
    const members = picked.filter(c => c.id.split('.')[0] === section.dataset.category), t = tally(members);
    section.querySelector('h2 span').textContent = t.done ? `${t.pass} of ${members.length} passed` : `${members.length}`;
  }
  if (opened) show(opened);
}

function later() {
  if (planned) return;
  planned = true;
  setTimeout(draw, 150);
}

function line(c) {
  const again = make('button', { type: 'button', title: `Run ${c.id} again`, 'aria-label': `Run ${c.id} again`, 'data-again': c.id }, '↻');
  again.disabled = flying.has(c.id);
  return row(results.get(c.id), c.title, [again]);
}

// show tells of one case at the bottom of the page.
function show(c) {
  const r = results.get(c.id), before = opened, had = detail.contains(document.activeElement) && document.activeElement.dataset.act;
  opened = c;
  for (const each of [before, c]) if (each && tiles.has(each.id)) paint(each);
  const one = make('button', { type: 'button', 'data-act': 'one' }, r ? 'Run it again' : 'Run it');
  one.disabled = flying.has(c.id);
  detail.replaceChildren(make('div', { class: 'what' },
    make('h2', {}, `${c.id} `, make('span', { class: 'title' }, c.title)),
    make('p', {}, r ? make('span', { class: `pill ${face(r).kind}` }, `${face(r).sign} ${face(r).word}`) : make('span', { class: 'pill none' }, flying.has(c.id) ? 'running' : 'not run'), ' ',
      make('span', { class: 'dim' }, [c.spec, r && r.code !== null ? `Close ${r.code}` : '', r ? took(r.ms) : ''].filter(Boolean).join(' · '))),
    r && r.why ? make('p', { class: 'dim' }, visible(r.why)) : ''),
  make('div', { class: 'actions' }, one, r ? make('a', { class: 'button', href: story(agent(), c.id) }, 'What happened') : '',
    make('button', { type: 'button', 'data-act': 'close', 'aria-label': 'Close' }, '✕')));
  detail.hidden = false;
  if (had) (detail.querySelector(`[data-act=${had}]`) || detail).focus();
}

function hide() {
  const tile = opened && tiles.get(opened.id);
  const c = opened;
  opened = null;
  detail.hidden = true;
  if (!tile) return;
  paint(c);
  tile.focus();
}

// ---- runs

const told = {
  started(c) { flying.add(c.id); update(c); },
  finished(c, result) { flying.delete(c.id); results.set(c.id, result); update(c); },
  failed(c, error) { flying.delete(c.id); update(c); unreachable(` for case ${c.id} (${error.message})`); },
};

function update(c) {
  if (tiles.has(c.id)) paint(c);
  later();
}

async function start(cases) {
  if (running() || !form.reportValidity() || !cases.length) return;
  complain();
  byId('finished').hidden = true;
  for (const c of cases) results.delete(c.id);
  cases.forEach(paint);
  run = new Run({ server, agent: agent(), cases, jobs: Number(byId('jobs').value), ...told });
  await proceed();
}

async function proceed() {
  complain();
  say('running');
  await run.go();
  if (!run.over) {
    say('paused');
    draw();
    return;
  }
  await refresh();
  say('done');
  draw();
}

function pause() {
  if (body.dataset.state === 'paused') proceed();
  else if (body.dataset.state === 'running') {
    run.paused = true;
    say('pausing');
  }
}

async function one(c) {
  if (flying.has(c.id) || !form.reportValidity()) return;
  complain();
  await new Run({ server, agent: agent(), cases: [c], jobs: 1, ...told }).go();
}

// refresh has the server write the report.
async function refresh() {
  const button = byId('update'), note = byId('finished');
  if (!form.reportValidity()) return;
  button.disabled = true;
  try {
    await updateReports(server, agent());
    note.replaceChildren('The report is up to date: ', make('a', { href: '/reports/' }, 'open it'), '.');
    note.hidden = false;
  } catch {
    unreachable(' to update the report');
  }
  button.disabled = false;
}

// ---- what the visitor chooses

function pick() {
  const chosen = select(filterBox.value, catalog.cases);
  picked = chosen.cases;
  complain(...(chosen.unknown.length ? [`No case is meant by ${chosen.unknown.join(', ')}.`] : []));
  const wanted = new Set(picked.map(c => c.id.split('.')[0]));
  for (const chip of byId('chips').children) chip.setAttribute('aria-pressed', wanted.has(chip.dataset.category));
  opened = null;
  detail.hidden = true;
  lay();
  draw();
}

function toggle(category) {
  const on = new Set(picked.map(c => c.id.split('.')[0]));
  if (!on.delete(category)) on.add(category);
  const all = [...new Set(catalog.cases.map(c => c.id.split('.')[0]))];
  filterBox.value = on.size === all.length ? '' : all.filter(c => on.has(c)).map(c => `${c}.*`).join(' ') || '!*';
  pick();
  remember();
}

function remember() {
  const wanted = new URLSearchParams();
  if (agent() !== ownName(navigator.userAgent)) wanted.set('agent', agent());
  if (filterBox.value) wanted.set('cases', filterBox.value);
  history.replaceState(null, '', '#' + wanted);
}

// recall shows what the agent came to before the page was opened.
async function recall() {
  const name = agent(), response = name && await fetch(`/api/results?${new URLSearchParams({ agent: name })}`);
  if (name !== agent() || running()) return;
  results.clear();
  for (const r of response && response.ok ? await response.json() : []) results.set(r.case, r);
  lay();
  draw();
}

function chips() {
  const categories = new Map();
  for (const c of catalog.cases) {
    const category = c.id.split('.')[0];
    categories.set(category, (categories.get(category) || 0) + 1);
  }
  byId('chips').replaceChildren(...[...categories].map(([category, n]) =>
    make('button', { type: 'button', 'data-category': category, 'aria-pressed': 'true' }, `${category} ${titleOf(category)} `, make('span', { class: 'dim' }, String(n)))));
}

// ---- pointer and keys

form.addEventListener('submit', event => { event.preventDefault(); start(picked); });
byId('pause').addEventListener('click', pause);
byId('update').addEventListener('click', () => { complain(); refresh(); });
filterBox.addEventListener('input', () => { pick(); remember(); });
agentBox.addEventListener('change', () => { remember(); recall(); });
byId('softs').addEventListener('toggle', draw);
byId('chips').addEventListener('click', event => {
  const chip = event.target.closest('button');
  if (chip) toggle(chip.dataset.category);
});
document.addEventListener('click', event => {
  const tile = event.target.closest('[data-id]'), again = event.target.closest('[data-again]'), act = event.target.closest('[data-act]');
  const find = id => catalog.cases.find(c => c.id === id);
  if (tile) show(find(tile.dataset.id));
  if (again) one(find(again.dataset.again));
  if (act && act.dataset.act === 'one') one(opened);
  if (act && act.dataset.act === 'close') hide();
});

// roam moves from tile to tile.
function roam(from, key) {
  const all = [...tiles.values()], at = all.indexOf(from), box = from.getBoundingClientRect();
  const nearest = list => list.reduce((best, t) => {
    const b = t.getBoundingClientRect(), d = Math.abs(b.top - box.top) * 100 + Math.abs(b.left - box.left);
    return !best || d < best.d ? { t, d } : best;
  }, null);
  const target = {
    ArrowLeft: () => all[at - 1], ArrowRight: () => all[at + 1], Home: () => all[0], End: () => all[all.length - 1],
    ArrowUp: () => (nearest(all.slice(0, at).filter(t => t.getBoundingClientRect().top < box.top - 1)) || {}).t,
    ArrowDown: () => (nearest(all.slice(at + 1).filter(t => t.getBoundingClientRect().top > box.top + 1)) || {}).t,
  }[key]();
  if (!target) return;
  from.tabIndex = -1;
  target.tabIndex = 0;
  target.focus();
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inTile = event.target.closest('[data-id]');
  if (inTile && /^(Arrow|Home|End)/.test(event.key)) {
    event.preventDefault();
    roam(inTile, event.key);
    return;
  }
  if (event.key === 'Escape' && opened) hide();
  if (event.target.closest('input, select, textarea')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const keys = {
    r: () => start(picked), p: pause, t: () => byId('theme').click(), '/': () => filterBox.focus(),
    x: () => { const id = inTile ? inTile.dataset.id : opened && opened.id; if (id) one(catalog.cases.find(c => c.id === id)); },
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

// ---- begin

const wanted = new URLSearchParams(location.hash.slice(1));
agentBox.value = wanted.get('agent') || ownName(navigator.userAgent);
agentBox.title = navigator.userAgent;
filterBox.value = wanted.get('cases') || '';
catalog = await (await fetch('/api/cases')).json();
chips();
pick();
await recall();
say('idle');
caseCount(server).then(n => { if (n !== catalog.cases.length) complain(`The server at ${server} has ${n} cases, not ${catalog.cases.length}: is it another one?`); }, () => unreachable(''));
