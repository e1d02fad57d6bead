// SPDX-License-Identifier: Apache-2.0

// The page of a load test that is going on: each event has all of it, as HTML in which
// everything of others is escaped.
'use strict';

const state = document.getElementById('state'), page = document.getElementById('page');

function say(text, kind) {
  if (state.textContent !== text) state.textContent = text;
  state.className = `state ${kind}`;
}

const events = new EventSource('events');
events.onmessage = (e) => {
  const now = JSON.parse(e.data);
  document.title = now.title;
  if (now.body) page.innerHTML = now.body;
  say(now.state, now.over ? 'over' : 'on');
  if (now.over) {
    events.close();
    document.querySelector('footer').hidden = true; // nobody answers there now
  }
};
events.onerror = () => say('wsspec does not answer: this is what it told last.', 'lost');
