// @ts-check
'use strict';
/**
 * A process beside the one that is tested. It sleeps and computes a little, over and over, and writes down how much longer
 * that took than it should: nothing of the product runs here, so what it waits for is the machine.
 */
const restMs = 40;
/** Computing time of one burst, in milliseconds; the machine gives it in one piece when no other process wants it. */
const burstMs = 1;

/** @type {{ late: Array<[number, number]>, bursts: Array<[number, number, number]> }} */
let seen = { late: [], bursts: [] };

/** Milliseconds on the clock that all processes of a machine share. */
const now = () => Number(process.hrtime.bigint()) / 1e6;
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

function burst() {
  const from = now();
  const cpu = cpuMs();
  while (cpuMs() - cpu < burstMs);
  seen.bursts.push([from, now() - from, cpuMs() - cpu]);
}

function rest() {
  const due = now() + restMs;
  setTimeout(() => {
    const at = now();
    // Timers of Node are late by a millisecond on any machine.
    if (at - due > 2) seen.late.push([due, at]);
    burst();
    rest();
  }, restMs);
}

process.on('message', () => {
  process.send?.({ at: now(), ...seen });
  seen = { late: [], bursts: [] };
});
process.on('disconnect', () => process.exit(0));
burst();
process.send?.({ at: now(), ...seen });
rest();
