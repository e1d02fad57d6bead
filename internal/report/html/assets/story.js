// The story of one case in the drawer, the address bar, and the keys.
const drawer = byId('story'), body = byId('body'), unpacked = new Map();
let story = null;

// unpack returns the stories of an agent's cases in one category: pieces of HTML
// that were escaped when the report was made.
async function unpack(id) {
  if (!unpacked.has(id)) {
    const packed = Uint8Array.from(atob(byId(id).textContent.trim()), c => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    const [ids, ...stories] = (await new Response(stream).text()).split('\0');
    unpacked.set(id, new Map(JSON.parse(ids).map((name, i) => [name, stories[i]])));
  }
  return unpacked.get(id);
}

function notice(text) {
  body.replaceChildren(make('p', 'notice', text));
}

async function openStory(id, index) {
  const agent = agents[index], at = position.get(id);
  if (!agent || at === undefined) return;
  story = { id, index };
  drawer.hidden = false;
  document.documentElement.classList.add('told');
  writeHash();
  tellElsewhere(at);
  const c = cases[at], chunk = agent.chunks[c.category];
  if (agent.results[at] && !Object.keys(agent.chunks).length) return loadStory(id, agent);
  if (!agent.results[at] || !chunk) return notice(`There is no result of ${agent.label} for case ${id}.`);
  if (typeof DecompressionStream === 'undefined') {
    return notice(`This browser cannot unpack what happened. It also stands in ${data.files?.[index]?.[id] || 'the case file'} beside this page.`);
  }
  try {
    const told = (await unpack(chunk)).get(id);
    if (story.id !== id || story.index !== index) return; // another one was opened meanwhile
    body.innerHTML = told;
    tellCause(at, agent);
    drawer.scrollTop = 0;
    body.focus({ preventScroll: true });
  } catch (error) {
    notice(`What happened cannot be unpacked: ${error}`);
  }
}

// loadStory asks what serves the page for a story, where the page has none in it.
async function loadStory(id, agent) {
  if (agent.page) return tellPage(id, agent);
  const where = `This report is too large for a page that holds what happened. "wsspec report show FOLDER ${id}" tells it, and so does this page where "wsspec report serve FOLDER" shows it. "wsspec report html FOLDER -o report.html" makes a page of each agent.`;
  if (!location.protocol.startsWith('http')) return notice(where);
  const asked = story;
  try {
    const response = await fetch(`/stories?${new URLSearchParams({ agent: agent.name, case: id })}`);
    if (story !== asked) return; // another one was opened meanwhile
    if (!response.ok) return notice(where);
    body.innerHTML = await response.text();
    tellCause(position.get(id), agent);
    drawer.scrollTop = 0;
    body.focus({ preventScroll: true });
  } catch (error) {
    notice(where);
  }
}

// tellPage leads to the agent's own page, which tells what happened.
function tellPage(id, agent) {
  const p = make('p', 'notice', 'What happened is on the page of this agent: '), link = make('a', '', agent.label);
  link.href = `${agent.page}#case=${encodeURIComponent(id)}&agent=${encodeURIComponent(agent.name)}`;
  p.append(link);
  body.replaceChildren(p);
}

// tellCause says in a story what explains it.
function tellCause(at, agent) {
  const cause = agent.explained.get(at), place = body.querySelector('.outcome');
  if (!cause || cause === unexplained || cause === unjudged || !place) return;
  const p = make('p', 'owed', 'This fits: '), link = make('a', '', cause.title);
  link.href = `#q=${encodeURIComponent(`c:${cause.name} a:${quoted(agent.name.toLowerCase())}`)}`;
  p.append(link, make('span', 'dim', cause.cases.length > 1 ? `, as do ${cause.cases.length - 1} more` : ''));
  place.prepend(p);
}

// tellElsewhere lists what the other agents made of the case.
function tellElsewhere(at) {
  const list = agents.filter(a => a.results[at]);
  const longest = Math.max(...list.map(a => a.results[at].ms));
  byId('elsewhere').replaceChildren(...list.map(a => {
    const r = a.results[at], button = make('button', 'other ' + (r.standing === 'pass' ? r.behavior.class : r.standing)), bar = make('i', 'meter');
    button.type = 'button';
    button.title = `${a.label}: ${r.behavior.grade}, closing ${r.closing.grade}, ${r.ms} ms`;
    button.setAttribute('aria-pressed', a.index === story.index);
    bar.style.width = `${Math.max(3, 100 * r.ms / (longest || 1))}%`;
    button.append(make('b', '', signOf(r)), ' ', make('bdi', '', a.label), bar);
    button.addEventListener('click', () => openStory(cases[at].id, a.index));
    return button;
  }));
}

function closeStory() {
  story = null;
  drawer.hidden = true;
  document.documentElement.classList.remove('told');
  body.replaceChildren();
  writeHash();
}

// step opens the case before or after in the grid.
function step(by) {
  const agent = story?.index;
  for (let at = cursor.row + by; at >= 0 && at < shown.rows.length; at += by) {
    if (!shown.rows[at].case) continue;
    move(at - cursor.row, 0);
    if (agent !== undefined) openStory(shown.rows[at].case.id, agent);
    return;
  }
}

let written = '';

function writeHash() {
  const parts = [];
  if (filterBox.value.trim()) parts.push('q=' + encodeURIComponent(filterBox.value.trim()));
  if (story) parts.push('case=' + encodeURIComponent(story.id), 'agent=' + encodeURIComponent(agents[story.index].name));
  if (hiddenColumns.size) parts.push('hide=' + [...hiddenColumns].join());
  written = parts.length ? '#' + parts.join('&') : '';
  history.replaceState(null, '', written || location.pathname + location.search);
}

function readHash() {
  const values = {}, hash = location.hash.slice(1);
  const parts = /^(q|case|agent|hide)=/.test(hash) ? hash.split('&') : [`q=${hash}`]; // written by hand: nothing but a filter
  for (const part of parts) {
    const at = part.indexOf('=');
    try {
      if (at > 0) values[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1));
    } catch { /* a broken escape: as if it were not there */ }
  }
  filterBox.value = values.q ?? (values.case ? filterBox.value : '');
  if (values.hide !== undefined || values.case === undefined) hiddenColumns.clear();
  for (const n of (values.hide || '').split(',')) if (n && agents[n]) hiddenColumns.add(Number(n));
  for (const box of document.querySelectorAll('[data-column]')) box.checked = !hiddenColumns.has(Number(box.dataset.column));
  draw();
  const index = agents.findIndex(a => a.name === values.agent);
  if (values.case !== undefined && index >= 0) openStory(values.case, index);
  else if (story) closeStory();
}

function setFilter(text) {
  filterBox.value = text;
  cursor.row = 0;
  draw();
  writeHash();
}

const hasToken = token => ` ${filterBox.value} `.includes(` ${token} `);

function toggleToken(token) {
  const rest = ` ${filterBox.value} `.replace(` ${token} `, ' ').trim();
  setFilter(hasToken(token) ? rest : `${rest} ${token}`.trim());
}

const quoted = name => name.includes(' ') ? `"${name}"` : name;

document.addEventListener('click', event => {
  const count = event.target.closest('[data-status]');
  if (!count) return;
  setFilter(agents.length > 1 ? `s:${count.dataset.status} a:${quoted(agents[count.dataset.agent].name.toLowerCase())}` : `s:${count.dataset.status}`);
  byId('status').scrollIntoView({ behavior: 'instant' });
});
document.addEventListener('change', event => {
  const n = event.target.dataset?.column;
  if (n === undefined) return;
  if (event.target.checked) hiddenColumns.delete(Number(n));
  else hiddenColumns.add(Number(n));
  draw();
  writeHash();
});

// The overview of several agents: their order, and the columns of the grid.
const sorting = document.querySelector('.sort');
if (sorting) {
  sorting.hidden = false;
  const list = byId('agents'), grades = ['F', 'D', 'C', 'B', 'A-', 'A', 'A+', ''];
  const orders = {
    name: row => Number(row.dataset.agent), grade: row => grades.indexOf(row.dataset.grade), failed: row => -Number(row.dataset.failed),
  };
  sorting.addEventListener('click', event => {
    const by = event.target.dataset.sort;
    if (by) {
      list.append(...[...list.children].sort((x, y) => orders[by](x) - orders[by](y) || orders.name(x) - orders.name(y)));
      for (const button of sorting.querySelectorAll('[data-sort]')) button.setAttribute('aria-pressed', button === event.target);
    } else if (event.target.id === 'all' || event.target.id === 'none') {
      for (const box of document.querySelectorAll('[data-column]')) {
        box.checked = event.target.id === 'all';
        if (box.checked) hiddenColumns.delete(Number(box.dataset.column));
        else hiddenColumns.add(Number(box.dataset.column));
      }
      draw();
      writeHash();
    }
  });
}

const unfold = () => { unfoldAll = !unfoldAll; toggled.clear(); draw(); };
filterBox.addEventListener('input', () => { cursor.row = 0; draw(); writeHash(); });
byId('failures').addEventListener('click', () => toggleToken('s:failed'));
byId('fold').addEventListener('click', unfold);
byId('help').addEventListener('click', () => byId('keys').showModal());
byId('back').addEventListener('click', closeStory);
byId('previous').addEventListener('click', () => step(-1));
byId('next').addEventListener('click', () => step(1));
addEventListener('hashchange', () => {
  if (location.hash === written) return;
  readHash();
  if (!story) byId('status').scrollIntoView({ behavior: 'instant' });
});

const keys = {
  j: () => story ? step(1) : move(1, 0), k: () => story ? step(-1) : move(-1, 0),
  h: () => move(0, -1), l: () => move(0, 1),
  Enter: () => {
    const row = shown.rows[cursor.row];
    if (row && !row.case) fold(row);
    else if (row && shown.columns[cursor.column]) openStory(row.case.id, shown.columns[cursor.column].index);
  },
  Escape: () => story ? closeStory() : setFilter(''),
  '/': () => filterBox.focus(), '?': () => byId('keys').showModal(),
  f: () => toggleToken('s:failed'), z: unfold, t: () => byId('theme').click(),
};
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId('keys').open) return;
  if (event.target === filterBox) {
    if (event.key === 'Escape' || event.key === 'Enter') filterBox.blur();
    return;
  }
  if (event.key === 'Enter' && event.target.closest('button, a, summary, input')) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

readHash();
