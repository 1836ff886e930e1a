import type { Check } from './examined-setup.js';

/** Clocks that are this far apart are a warning, in milliseconds. */
const warnedMs = 1_000;
/** And from here on an error. */
const wrongMs = 10_000;

/** The clock of the process against that of the database. */
export const checkClock: Check = ({ facts }) => {
  const aheadMs = facts?.database?.clockAheadMs ?? 0;
  const apartMs = Math.abs(aheadMs);
  if (apartMs < warnedMs) return [];
  return [
    {
      id: 'clock-differs',
      severity: apartMs < wrongMs ? 'warning' : 'error',
      problem: `The clock of this machine is ${Math.round(apartMs / 100) / 10} seconds ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the database.`,
      why: 'Keys and grace periods end by the clock of each process: too early on one machine, too late on another. Signed requests are refused.',
      remedy: 'Synchronize the clocks with NTP, on both machines.',
      see: 'docs/production/several-processes.md',
    },
  ];
};
