import type { TrailProblem, TrailReport } from '../audit/trail-report.js';
import type { AuditCommands } from './instance-commands.js';
import { pickGiven } from './read-options.js';
import { StatusLine } from './status-line.js';
import type { Terminal } from './terminal.js';

/** Entries, and then keys, that are verified at once: what a request over HTTP may verify, within a few seconds. */
const perPart = 10_000;
/** How many problems a report lists. */
const maxProblems = 100;

/** What to verify. */
export interface AuditPart {
  readonly anchor: string | undefined;
  readonly resume: string | undefined;
  /** Entries, and then keys, after which to stop. */
  readonly maxEntries: number | undefined;
}

/** A report, and whether Ctrl-C has ended the verification before it was complete. */
export interface AuditOutcome {
  readonly report: TrailReport;
  readonly isInterrupted: boolean;
}

/** Verifies the audit log in parts until it is complete, `maxEntries` are verified, or somebody presses Ctrl-C. */
export async function verifyAudit(
  commands: AuditCommands,
  { anchor, resume: first, maxEntries = Infinity }: AuditPart,
  terminal: Terminal,
): Promise<AuditOutcome> {
  const status = new StatusLine(terminal);
  const problems: TrailProblem[] = [];
  let isInterrupted = false;
  const stopListening = terminal.onInterrupt(() => {
    terminal.say('Stops after the entries that are being verified. Press Ctrl-C again to end at once.');
    isInterrupted = true;
  });
  try {
    let left = maxEntries;
    for (let resume = first; ;) {
      const asked = Math.min(perPart, left);
      const part = await commands.verify(pickGiven({ anchor, resume, maxEntries: asked }));
      problems.push(...part.problems.slice(0, maxProblems - problems.length));
      const report = { ...part, problems };
      if (part.resume === null) return { report, isInterrupted: false };
      left -= asked;
      if (isInterrupted || left <= 0) return { report, isInterrupted };
      resume = part.resume;
      status.show(() => describeProgress(part));
    }
  } finally {
    stopListening();
  }
}

function describeProgress({ entries, remaining, keys, problemCount }: TrailReport): string {
  const percent = Math.floor((entries * 100) / Math.max(1, entries + remaining));
  const found = problemCount === 0 ? '' : `; ${problemCount} problems`;
  return `${entries} entries and ${keys} keys verified, ${remaining} entries left, ${percent} %${found}`;
}
