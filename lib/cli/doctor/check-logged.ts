import type { Check } from './examined-setup.js';

/** What no other check looks at: settings of the client of Redis, its channel, and where signatures are recorded. */
const reported = /^api-keys: (?:redis: |processes learn of changes only|.*record used signatures elsewhere)/;

/** Warnings that the instance itself has logged. */
export const checkLogged: Check = ({ facts }) =>
  [...new Set(facts?.logged ?? [])]
    .filter((message) => reported.test(message))
    .map((message) => ({
      id: 'logged',
      severity: 'warning',
      problem: message.replace(/^api-keys: /, ''),
      why: 'The instance logs this at its start.',
      remedy: 'The message is explained on the page about log messages.',
      see: 'docs/reference/log-messages.md#redis',
    }));
