// The filter: tokens as described in the help of the page.

// split cuts a query into tokens; quotes keep blanks.
function tokens(query) {
  return [...query.matchAll(/(!?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/g)].map(m => ({
    not: m[1] === '!', key: m[2] || '', value: (m[3] ?? m[4]).toLowerCase(),
  })).filter(t => t.value);
}

// statuses tells of a result, or of none, whether it has a status.
const statuses = {
  missing: r => !r,
  ok: r => r && r.standing === 'pass' && r.behavior.word === 'Pass',
  pass: r => r && r.standing === 'pass',
  failed: r => r && r.standing === 'fail',
  fail: r => r && r.standing === 'fail',
  known: r => r && r.standing === 'known',
  none: r => r && r.standing === 'none',
  soft: r => r && r.standing === 'soft',
  nonstrict: r => r && r.behavior.word === 'Non-Strict',
  info: r => r && r.behavior.word === 'Info',
  unimplemented: r => r && r.behavior.word === 'Unimplemented',
  closing: r => r && r.closing.class !== 'ok' && r.closing.class !== 'info',
  unclean: r => r && r.closing.grade === 'UNCLEAN',
  wrongcode: r => r && r.closing.grade === 'WRONG CODE',
  flaky: r => r && r.flaky,
  regressed: r => r && r.change === 'regressed',
  improved: r => r && r.change === 'improved',
  changed: r => r && r.change && r.change !== 'added',
  added: r => r && r.change === 'added',
};

// isCause reports whether a token means the cause: by its name, or else by words of it.
function isCause(token, cause) {
  if (cause === unexplained || cause === unjudged || causeNames.has(token.value)) return cause.name === token.value;
  return `${cause.name} ${cause.title}`.toLowerCase().includes(token.value);
}

// compile makes of a query which agents are shown and which cases. names are those
// of all agents: a token that is one of them means it alone.
function compile(query, names) {
  const all = tokens(query), agents = all.filter(t => t.key === 'a'), rest = all.filter(t => t.key !== 'a');
  const wanted = agents.filter(t => !t.not), unwanted = agents.filter(t => t.not);
  const agent = name => {
    const has = t => names.includes(t.value) ? name.toLowerCase() === t.value : name.toLowerCase().includes(t.value);
    return (!wanted.length || wanted.some(has)) && !unwanted.some(has);
  };
  const matches = (token, c, results, columns) => {
    if (token.key === 'c') return columns.some(a => a.explained.has(c.at) && isCause(token, a.explained.get(c.at)));
    if (token.key === 's') {
      if (token.value === 'differs') return new Set(results.map(r => r ? r.behavior.grade + r.closing.grade : '')).size > 1;
      const status = statuses[token.value];
      return !status || results.some(status);
    }
    if (!token.key && /^\d+(\.\d+)*\.?\*?$/.test(token.value)) {
      const id = token.value.replace(/\.?\*?$/, '');
      return c.id === id || c.id.startsWith(id + '.');
    }
    if (token.key === 'r') return `${c.spec}.`.includes(`, ${token.value}.`);
    return c.words.includes((token.key ? token.key + ':' : '') + token.value);
  };
  // What a cause explains is shown of the agents that have it.
  const causes = rest.filter(t => t.key === 'c' && !t.not);
  const has = a => causes.every(t => [...a.kinds].some(c => isCause(t, c)));
  // Several statuses are alternatives, as nothing has two of most.
  const status = rest.filter(t => t.key === 's' && !t.not), others = rest.filter(t => t.key !== 's' || t.not);
  const row = (c, results, columns) =>
    (!status.length || status.some(t => matches(t, c, results))) && others.every(t => matches(t, c, results, columns) !== t.not);
  return { agent: a => agent(a.name) && has(a), row, narrows: rest.length > 0, unknown: rest.filter(t => t.key === 's' && t.value !== 'differs' && !statuses[t.value]).map(t => t.value) };
}
