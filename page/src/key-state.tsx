import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { ApiKey } from './records.js';
import { readServerTime } from './server-time.js';

const soonMs = 14 * 86_400_000;

/** Whether a working key ends within two weeks. */
export function endsSoon({ state, expiresAt }: ApiKey): boolean {
  return state === 'active' && expiresAt !== null && Date.parse(expiresAt) - readServerTime() < soonMs;
}

/** The state at a glance: a word and a colour, never a colour alone. */
export function KeyState({ apiKey }: { apiKey: ApiKey }): JSX.Element {
  const { say } = useSurroundings();
  const { state, inactiveAncestor } = apiKey;
  return (
    <span class="states">
      <span class={`state ${state}`}>{say(state)}</span>
      {endsSoon(apiKey) && <span class="state soon">{say('endsSoon')}</span>}
      {state === 'active' && inactiveAncestor !== null && (
        <span class="state disabled">{say('blockedByParent')}</span>
      )}
    </span>
  );
}
