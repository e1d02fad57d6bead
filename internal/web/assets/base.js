// SPDX-License-Identifier: Apache-2.0

// What all pages have: light or dark, buttons that copy, and words for verdicts.

export const byId = id => document.getElementById(id);

// make returns an element. Children that are strings become text, never markup.
export function make(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) e.setAttribute(name, '');
    else if (value !== false && value !== undefined) e.setAttribute(name, value);
  }
  e.append(...children);
  return e;
}

// visible shows what is not seen, or changes how the rest is seen, as an escape.
export const visible = text => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, c => `\\u{${c.codePointAt(0).toString(16)}}`);

// name is an agent's, set apart from the direction of the text around it.
export const name = agent => make('bdi', { title: visible(agent) }, visible(agent));

const words = {
  'OK': ['ok', '✓', 'Pass'], 'NON-STRICT': ['soft', '≈', 'Non-Strict'], 'INFORMATIONAL': ['info', 'i', 'Info'],
  'UNIMPLEMENTED': ['none', '–', 'Unimplemented'], 'FAILED': ['fail', '✗', 'Fail'],
  'WRONG CODE': ['soft', '≈', 'wrong code'], 'UNCLEAN': ['soft', '≈', 'unclean'], 'FAILED BY CLIENT': ['fail', '✗', 'failed by client'],
};

// face is how a result looks: a class, a sign that tells it apart without colour,
// and its words.
export function face(r) {
  const [behavior, sign, word] = words[r.behavior] || ['fail', '?', r.behavior || 'no result'];
  const [, closingSign, closing] = words[r.closing] || ['none', '?', ''];
  const fine = !r.closing || r.closing === 'OK' || r.closing === 'INFORMATIONAL';
  switch (r.standing) {
    case 'fail': return { kind: 'fail', sign: behavior === 'fail' ? sign : '✗', word: fine ? word : `${word}, closing ${closing.toLowerCase()}` };
    case 'known': return { kind: 'known', sign: '✗', word: `${word}, known` };
    case 'soft': return { kind: 'soft', sign: behavior === 'soft' ? sign : closingSign, word: fine ? word : `${word}, closing ${closing}` };
  }
  return { kind: behavior, sign, word };
}

// span is a time in words.
export function span(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export const took = ms => ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;

// story is the address of what happened in a case.
export const story = (agent, id) => `/reports/result?${new URLSearchParams({ agent, case: id })}`;

// stack shows shares of a whole as a bar.
export function stack(element, tally, total) {
  const parts = [['fail', 'fail'], ['known', 'known'], ['soft', 'soft'], ['pass', 'ok'], ['none', 'none']].filter(([key]) => tally[key]);
  const done = parts.reduce((n, [key]) => n + tally[key], 0);
  const bars = parts.map(([key, kind]) => {
    const bar = make('i', { class: kind });
    bar.style.flexGrow = tally[key];
    return bar;
  });
  const rest = make('i', { class: 'rest' });
  rest.style.flexGrow = Math.max(0, total - done);
  element.replaceChildren(...bars, rest);
  element.setAttribute('aria-label', `${done} of ${total} cases done`);
}

// counts are the numbers of a tally, failures first.
export function counts(tally) {
  const words = { fail: 'failed', known: 'known failures', soft: 'lax', pass: 'passed', none: 'not judged' }, kinds = { pass: 'ok' };
  return Object.entries(words).filter(([key]) => tally[key])
    .map(([key, word]) => make('span', { class: `count ${kinds[key] || key}` }, make('b', {}, String(tally[key])), ` ${word}`));
}

// row is a result as a line of a list.
export function row(r, title, extra = []) {
  const f = face(r);
  return make('li', { class: f.kind },
    make('b', { class: 'sign', 'aria-hidden': 'true' }, f.sign),
    make('a', { class: 'id', href: story(r.agent, r.case) }, r.case),
    make('span', { class: 'what' }, title ? make('span', { class: 'title' }, title) : '', make('span', { class: 'word' }, f.word),
      r.code === null ? '' : make('code', { title: 'Code of the peer\'s Close' }, String(r.code)), make('span', { class: 'dim' }, took(r.ms)),
      r.why ? make('span', { class: 'why dim' }, visible(r.why)) : ''),
    ...extra);
}

{
  const root = document.documentElement, key = 'wsspec-theme';
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  try { root.dataset.theme = localStorage.getItem(key) || ''; } catch { /* storage may be forbidden */ }
  const button = byId('theme');
  button.hidden = false;
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    try { localStorage.setItem(key, root.dataset.theme); } catch { /* as above */ }
  });
}

document.addEventListener('click', event => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const done = () => { button.textContent = 'Copied'; };
  const byHand = () => { // pages that did not come by https have no clipboard
    const area = make('textarea');
    area.value = button.dataset.copy;
    button.after(area);
    area.select();
    if (document.execCommand('copy')) done();
    area.remove();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(button.dataset.copy).then(done, byHand);
  else byHand();
});
