// The grid of cases × agents.
const data = JSON.parse(byId('data').textContent);
const cases = data.cases.map(([id, title, spec, tags]) => ({
  id, title, spec: spec || '', category: id.split('.')[0], section: id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : id,
  words: [id, title, spec, ...(tags || [])].join(' ').toLowerCase(),
}));
const unexplained = { name: 'none', title: 'Not explained by any cause', cases: [] };
const unjudged = { name: 'unjudged', title: 'Not judged, and not ended as it should be', cases: [] };
const agents = data.agents.map((a, index) => ({
  index, name: a.name, label: a.label, chunks: a.chunks, page: a.page,
  results: a.results.map(r => r && {
    behavior: data.behaviors[r[0]], closing: data.closings[r[1]], code: r[2], ms: r[3], standing: data.standings[r[4] || 0],
    timed: r[5] || 0, ratios: r[6] || '', change: data.changes[r[7] || 0], flaky: r[8] ? `${r[8][0]} of ${r[8][1]}` : '',
  }),
}));
// explained has for each case what explains it with the agent: a cause, or one of the two
// above. A diagnosis leaves out what was not judged.
for (const a of agents) {
  a.causes = data.agents[a.index].causes;
  for (const [at, why] of Object.entries(data.agents[a.index].why || {})) a.results[at].why = data.reasons[why];
  a.explained = new Map();
  for (const c of a.causes) for (const at of c.cases) a.explained.set(at, c);
  for (const at of data.agents[a.index].left) a.explained.set(at, unexplained);
  a.results.forEach((r, at) => { if (r?.standing === 'fail' && !a.explained.has(at)) a.explained.set(at, unjudged); });
  a.kinds = new Set([...a.causes, ...a.explained.values()]);
}
const drawn = new Map(); // rows of cases, kept for the next time
const hiddenColumns = new Set(), toggled = new Map(), position = new Map(cases.map((c, i) => [c.id, i]));
const grid = byId('grid'), filterBox = byId('filter');
let cursor = { row: 0, column: 0 }, shown = { columns: [], rows: [] }, unfoldAll = false;

function make(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

// signOf is that of the half of the verdict which is worth a look.
function signOf(r) {
  const passes = r.behavior.class === 'ok' || r.behavior.class === 'info';
  return passes && r.standing !== 'pass' ? r.closing.sign : r.behavior.sign;
}

// cell shows one result; longest is the longest time in its row.
function cell(r, longest) {
  const td = make('td', 'cell');
  if (!r) {
    td.classList.add('none');
    td.title = 'not run';
    td.append(make('b', '', '·'));
    return td;
  }
  td.classList.add(r.standing === 'pass' ? r.behavior.class : r.standing);
  td.title = `${r.behavior.grade}, closing ${r.closing.grade}, ${r.ms} ms` + (r.change ? `: ${r.change}` : '') + (r.flaky ? `; flaky: passed ${r.flaky}` : '');
  td.append(make('b', '', signOf(r)));
  td.append(make('span', 'code ' + r.closing.class, r.closing.class === 'ok' || r.closing.class === 'info' ? r.code ?? '' : r.closing.short));
  if (r.change) td.append(make('span', 'change ' + r.change, { regressed: '▼', improved: '▲', changed: '≠', added: '+' }[r.change]));
  if (r.flaky) td.append(make('span', 'flaky', r.flaky));
  if (r.timed) {
    const time = make('span', 'time', r.ms < 1000 ? `${r.ms} ms` : `${(r.ms / 1000).toFixed(1)} s`), bar = make('i', 'meter');
    bar.style.width = `${Math.max(2, 100 * r.ms / (longest || 1))}%`;
    time.append(bar);
    td.append(time);
  }
  if (r.ratios) td.append(make('span', 'ratios', r.ratios));
  if (r.why) td.append(make('span', 'reason', r.why));
  return td;
}

// stack shows how many results of a group have which standing.
function stack(results) {
  const td = make('td', 'sum'), n = {}, bar = make('span', 'stack');
  for (const r of results) if (r) n[r.standing] = (n[r.standing] || 0) + 1;
  for (const [standing, face] of [['fail', 'fail'], ['known', 'known'], ['soft', 'soft'], ['pass', 'ok'], ['none', 'none']]) {
    if (!n[standing]) continue;
    const part = make('i', face);
    part.style.flex = n[standing];
    bar.append(part);
  }
  const bad = (n.fail || 0) + (n.known || 0), good = (n.pass || 0) + (n.soft || 0);
  td.append(bar);
  if (bad) td.append(make('span', 'failtext sign', '✗ '), make('span', 'failtext', bad));
  else td.append(make('span', 'dim', good ? String(good) : '–'));
  td.title = Object.entries(n).map(([k, v]) => `${v} ${k}`).join(', ');
  return td;
}

// Of a cause so many cases are shown at first, and of all causes together.
// Those of many agents are folded.
const fewCases = 8, fewRows = 60, fewColumns = 3;

// byCause lists causes with the cases that failed and that they explain with any of the
// agents, what explains most first, and what nothing explains last.
function byCause(columns, bad) {
  const groups = new Map();
  for (const c of bad) {
    const causes = new Set(columns.filter(a => a.results[c.at]?.standing === 'fail').map(a => a.explained.get(c.at).name));
    for (const name of causes) {
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(c);
    }
  }
  const rank = ([name, members]) => name === 'none' ? 1 : name === 'unjudged' ? 2 : -members.length;
  return [...groups].sort((x, y) => rank(x) - rank(y));
}

const causeNames = new Set(agents.flatMap(a => a.causes.map(c => c.name)));
const titles = new Map([unexplained, unjudged, ...agents.flatMap(a => a.causes)].map(c => [c.name, c.title]));

// plan lists the rows: what failed by cause, then groups, and the cases in those that
// are unfolded.
function plan(columns, found, narrowed) {
  const rows = [], bad = found.filter(c => columns.some(a => a.results[c.at]?.standing === 'fail'));
  const group = (key, level, id, title, members, open, kind) => {
    const isOpen = toggled.get(key) ?? open;
    rows.push({ group: key, level, id, title, members, open: isOpen, kind });
    return isOpen;
  };
  if (!narrowed) {
    const most = columns.length > 1 ? c => -columns.filter(a => a.results[c.at]?.standing === 'fail').length : () => 0;
    for (const [name, members] of byCause(columns, bad)) {
      if (!group('!' + name, 0, '✗', titles.get(name), members, columns.length <= fewColumns && rows.length < fewRows, 'cause0')) continue;
      const worst = [...members].sort((x, y) => most(x) - most(y) || x.at - y.at);
      const all = toggled.get('+' + name) || worst.length <= fewCases + 2;
      rows.push(...(all ? worst : worst.slice(0, fewCases)).map(c => ({ case: c })));
      if (!all) rows.push({ more: '+' + name, title: `… and ${worst.length - fewCases} more` });
    }
  }
  const categories = groupBy(found, c => c.category);
  for (const [category, members] of categories) {
    if (!group(category, 0, category, data.sections[category] || '', members, narrowed || unfoldAll)) continue;
    const sections = groupBy(members, c => c.section);
    for (const [section, inside] of sections) {
      if (section === category || group(section, 1, section, data.sections[section] || '', inside, true)) rows.push(...inside.map(c => ({ case: c })));
    }
  }
  return rows;
}

function groupBy(list, key) {
  const groups = new Map();
  for (const item of list) {
    const k = key(item);
    if (!groups.has(k)) groups.set(k, []);
    groups.get(k).push(item);
  }
  return groups;
}

function caseRow(c, columns) {
  const tr = make('tr', 'case'), th = make('th', 'id');
  const longest = Math.max(...columns.map(a => a.results[c.at]?.timed ? a.results[c.at].ms : 0));
  th.append(make('b', '', c.id), ' ', make('span', 'title', c.title));
  th.title = `${c.title} (${c.spec})`;
  tr.append(th, ...columns.map(a => cell(a.results[c.at], longest)));
  return tr;
}

// number is how many cases of an agent failed for a cause.
function number(n) {
  const td = make('td', 'sum');
  if (n) td.append(make('span', 'failtext sign', '✗ '), make('span', 'failtext', n));
  else td.append(make('span', 'dim', '–'));
  return td;
}

function groupRow(row, columns) {
  const tr = make('tr', `group level${row.level} ${row.kind || ''}`), th = make('th', 'id');
  th.append(make('span', 'arrow', row.open ? '▾' : '▸'), ' ', make('b', '', row.id), ' ', make('span', 'title', row.title), ' ', make('span', 'dim', `(${row.members.length})`));
  const failed = a => row.members.filter(c => a.results[c.at]?.standing === 'fail' && a.explained.get(c.at).name === row.group.slice(1)).length;
  tr.append(th, ...columns.map(a => row.kind ? number(failed(a)) : stack(row.members.map(c => a.results[c.at]))));
  return tr;
}

function moreRow(row, columns) {
  const tr = make('tr', 'more'), th = make('th', '', row.title);
  th.colSpan = columns.length + 1;
  tr.append(th);
  return tr;
}

function draw() {
  const filter = compile(filterBox.value, agents.map(a => a.name.toLowerCase()));
  const columns = agents.filter(a => !hiddenColumns.has(a.index) && filter.agent(a));
  const found = cases.map((c, at) => ({ ...c, at })).filter(c => filter.row(c, columns.map(a => a.results[c.at]), columns));
  const rows = plan(columns, found, filter.narrows), head = make('thead'), body = make('tbody');
  const top = make('tr');
  top.append(make('th', 'id', 'Case'));
  for (const a of columns) {
    const th = make('th', 'agent'), name = make('bdi', '', a.label);
    th.title = a.label;
    th.append(name);
    top.append(th);
  }
  head.append(top);
  const used = new Set(), set = columns.map(a => a.index).join();
  rows.forEach((row, at) => {
    let tr = row.case && !used.has(row.case.at) ? drawn.get(row.case.at) : null;
    if (tr?.columns !== set) {
      tr = row.case ? caseRow(row.case, columns) : row.more ? moreRow(row, columns) : groupRow(row, columns);
      tr.columns = set;
    }
    if (row.case && !used.has(row.case.at)) {
      used.add(row.case.at); // a case may also stand among the failed
      drawn.set(row.case.at, tr);
    }
    tr.dataset.row = at;
    row.element = tr;
    body.append(tr);
  });
  grid.replaceChildren(head, body);
  grid.style.setProperty('--columns', columns.length);
  grid.classList.toggle('one', columns.length === 1);
  grid.classList.toggle('wide', columns.length > 6);
  grid.classList.toggle('dense', columns.length > 12);
  grid.parentNode.classList.toggle('wide', columns.length > 6);
  grid.parentNode.classList.toggle('dense', columns.length > 12);
  shown = { columns, rows };
  byId('status').textContent = (found.length === cases.length ? `${cases.length} cases` : `${found.length} of ${cases.length} cases`) +
    (filter.unknown.length ? `; there is no status ${filter.unknown.join(', ')}` : '');
  byId('failures').setAttribute('aria-pressed', /(^| )s:failed( |$)/.test(filterBox.value));
  byId('fold').textContent = unfoldAll ? 'Fold' : 'Unfold';
  move(0, 0);
}

// move puts the cursor elsewhere.
function move(down, right) {
  grid.querySelector('.here')?.classList.remove('here');
  grid.querySelector('.now')?.classList.remove('now');
  cursor.row = Math.min(Math.max(cursor.row + down, 0), Math.max(shown.rows.length - 1, 0));
  cursor.column = Math.min(Math.max(cursor.column + right, 0), Math.max(shown.columns.length - 1, 0));
  const tr = shown.rows[cursor.row]?.element;
  if (!tr) return;
  tr.classList.add('here');
  tr.cells[cursor.column + 1]?.classList.add('now');
  if (down || right) tr.scrollIntoView({ block: 'nearest' });
}

function fold(row) {
  if (row.more) toggled.set(row.more, true);
  else toggled.set(row.group, !row.open);
  draw();
}

grid.addEventListener('click', event => {
  const tr = event.target.closest('tr[data-row]');
  if (!tr) return;
  const row = shown.rows[tr.dataset.row], column = event.target.closest('td')?.cellIndex;
  cursor = { row: Number(tr.dataset.row), column: column ? column - 1 : cursor.column };
  if (!row.case) return fold(row);
  move(0, 0);
  const pick = column ? shown.columns[column - 1] : worst(row.case);
  if (pick) openStory(row.case.id, pick.index);
});

// worst is the agent whose story of the case is told where none was picked.
function worst(c) {
  return shown.columns.find(a => a.results[c.at]?.standing === 'fail') || shown.columns.find(a => a.results[c.at]);
}
