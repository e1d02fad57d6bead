'use strict';
// What all pages have: light or dark, and buttons that copy.
const byId = id => document.getElementById(id);

{
  const root = document.documentElement;
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const set = theme => { if (theme) root.dataset.theme = theme; };
  try { set(localStorage.getItem('wsspec-theme')); } catch { /* pages from disk may have no storage */ }
  const button = byId('theme');
  button.hidden = false;
  button.addEventListener('click', () => {
    set(isDark() ? 'light' : 'dark');
    try { localStorage.setItem('wsspec-theme', root.dataset.theme); } catch { /* as above */ }
  });
}

document.addEventListener('click', event => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const text = button.dataset.copy, done = () => { button.textContent = 'Copied'; };
  const byHand = () => {
    const area = document.createElement('textarea');
    area.value = text;
    button.parentNode.append(area);
    area.select();
    if (document.execCommand('copy')) done();
    area.remove();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, byHand);
  else byHand();
});
