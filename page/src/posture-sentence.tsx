import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { isPostureReason } from './posture-reasons.js';
import type { PostureItem } from './records.js';

/** Why a key deserves attention, as what follows its name. */
export function PostureSentence({ item }: { item: PostureItem }): JSX.Element | null {
  const { say, formats } = useSurroundings();
  const { reason, since, endsAt, unusedScopes } = item;
  if (!isPostureReason(reason)) return null;
  return (
    <span>
      {say(reason, {
        since: formats.day(since),
        ends: endsAt === null ? '' : formats.distance(endsAt),
        scopes: formats.list(unusedScopes),
      })}
    </span>
  );
}
