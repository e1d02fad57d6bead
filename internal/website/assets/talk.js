'use strict';
const $ = (id) => document.getElementById(id);
const most = 500; // lines that are kept

function say(kind, text) {
  const line = document.createElement('li');
  line.className = kind;
  line.textContent = text;
  $('log').prepend(line);
  while ($('log').childElementCount > most) $('log').lastChild.remove();
}

const { scheme, port } = document.currentScript.parentElement.dataset;
const address = `${scheme}://${location.hostname}:${port}/`;
$('address').textContent = address;
let socket;

function connect() {
  socket = new WebSocket(address);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => { say('state', 'connected'); $('send').disabled = false; };
  socket.onmessage = ({ data }) => say('got', typeof data === 'string' ? data : `${data.byteLength} octets`);
  socket.onclose = ({ code }) => {
    say('state', `closed with ${code}; trying again`);
    $('send').disabled = true;
    setTimeout(connect, 2000);
  };
}

$('form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send($('text').value);
  say('sent', $('text').value);
  $('text').value = '';
});
connect();
