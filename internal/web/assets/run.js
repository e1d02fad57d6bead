// SPDX-License-Identifier: Apache-2.0

// A run: cases that wait, cases in flight, and what they came to.
import { Refused, caseStatus, runCase } from './client.js';

// weight is how long a case takes compared with others, in seconds as measured on
// an ordinary machine; only the proportions matter.
function weight(c) {
  const tags = c.tags || [];
  if (tags.includes('paced')) return 2;
  if (tags.includes('slow')) return 1;
  return tags.includes('deflate') ? 0.6 : 0.1;
}

// Run plays cases with up to jobs at a time, and those that are tagged serial
// alone. It tells of each case when it starts, and when it has finished with a
// result or failed with an error, after which the run is paused.
export class Run {
  constructor({ server, agent, cases, jobs, started, finished, failed }) {
    Object.assign(this, { server, agent, jobs, started, finished, failed });
    const serial = c => (c.tags || []).includes('serial');
    this.waiting = jobs > 1 ? [...cases].sort((a, b) => serial(a) - serial(b)) : [...cases];
    this.isSerial = c => jobs > 1 && serial(c);
    this.flying = new Set();
    this.paused = false;
    this.total = cases.length;
    this.spent = 0;
    this.weightDone = 0;
  }

  get done() { return this.total - this.waiting.length - this.flying.size; }
  get over() { return !this.waiting.length && !this.flying.size; }

  // left is how many seconds it will take yet, or undefined while nobody knows.
  left() {
    if (this.weightDone < 1) return undefined;
    const ahead = [...this.waiting, ...this.flying].reduce((sum, c) => sum + weight(c), 0);
    return ahead * this.time() / this.weightDone;
  }

  time() { return this.spent + (this.since ? (performance.now() - this.since) / 1000 : 0); }

  // go plays until all are done or it is paused. It returns once no case is in flight.
  async go() {
    this.paused = false;
    this.since = performance.now();
    await Promise.all(Array.from({ length: this.jobs }, () => this.work()));
    while (this.waiting.length && !this.paused) await this.play(this.waiting.shift()); // serial ones
    this.spent = this.time();
    this.since = undefined;
  }

  async work() {
    while (this.waiting.length && !this.paused && !this.isSerial(this.waiting[0])) await this.play(this.waiting.shift());
  }

  async play(c) {
    this.flying.add(c);
    this.started(c);
    try {
      await runCase(this.server, c.id, this.agent);
      const result = await outcome(this.server, c.id, this.agent);
      this.flying.delete(c);
      this.weightDone += weight(c);
      this.finished(c, result);
    } catch (error) {
      this.flying.delete(c);
      this.waiting.unshift(c);
      this.paused = true;
      this.failed(c, error);
    }
  }
}

// outcome is what a case that has been played came to.
async function outcome(server, id, agent) {
  const behavior = await caseStatus(server, id, agent);
  if (!behavior) throw new Refused(`the server has no result of case ${id}`);
  const response = await fetch(`/api/results?${new URLSearchParams({ agent, case: id })}`);
  const [result] = response.ok ? await response.json() : [];
  return result || { agent, case: id, behavior, closing: '', code: null, ms: 0, standing: behavior === 'FAILED' ? 'fail' : behavior === 'NON-STRICT' ? 'soft' : behavior === 'UNIMPLEMENTED' ? 'none' : 'pass' };
}
