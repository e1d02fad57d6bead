// SPDX-License-Identifier: Apache-2.0

// Which cases a text means: ids ("6.4.1"), sections ("6.4"), patterns ("1.*",
// "1[0-3].*"), each taken out where "!" stands before it. With none to take in, it
// means all.

const escape = text => text.replace(/[.+?^${}()|\\]/g, '\\$&');

// matcher returns a predicate on ids. A pattern is anchored at its start alone, as
// those of specification files are.
function matcher(token) {
  if (token.includes('*')) {
    try {
      const pattern = new RegExp('^' + escape(token).replaceAll('*', '.*'));
      return id => pattern.test(id);
    } catch {
      return () => false;
    }
  }
  return id => id === token || id.startsWith(token + '.');
}

// select returns the cases that are meant, in their order, and the tokens that
// mean none.
export function select(text, cases) {
  const tokens = text.split(/[\s,]+/).filter(t => t && t !== '!');
  const rules = tokens.map(token => ({ token, not: token.startsWith('!'), matches: matcher(token.replace(/^!/, '')) }));
  const taken = rules.filter(r => !r.not), left = rules.filter(r => r.not);
  const meant = id => (!taken.length || taken.some(r => r.matches(id))) && !left.some(r => r.matches(id));
  return {
    cases: cases.filter(c => meant(c.id)),
    unknown: rules.filter(r => !cases.some(c => r.matches(c.id))).map(r => r.token),
  };
}
