import type { Member } from './fleet.js';
import type { HistoryRecorder } from './history-recorder.js';
import { TestedKey } from './tested-key.js';
import { waitUntil } from '../servers/wait-until.cjs';

/** Makes a key, by asking again until that is acknowledged: on a busy machine one request may be answered with 503. */
export async function makeTestedKey(recorder: HistoryRecorder, on: Member): Promise<TestedKey> {
  const made: TestedKey[] = [];
  await waitUntil('a key is made', async () => {
    const key = await TestedKey.create(recorder, on);
    if (key !== null) made.push(key);
    return key !== null;
  });
  return made[0] as TestedKey;
}

/** Lets a key make a child, or its newest descendant one, in the same way. */
export async function makeChildOf(key: TestedKey, on: Member): Promise<void> {
  const before = key.descendantIds.length;
  await waitUntil('a child is made', async () => {
    await key.makeChild(on);
    return key.descendantIds.length > before;
  });
}
