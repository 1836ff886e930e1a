import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer } from './admin-client.js';
import { useSurroundings } from './context.js';
import { DoneNotice, type Done } from './done-notice.js';
import { NewSecret } from './new-secret.js';
import { OwnerLink } from './owner-link.js';
import { PlaceLink } from './place-link.js';
import { isPostureReason } from './posture-reasons.js';
import { PostureSentence } from './posture-sentence.js';
import type { ChangedKey, PostureItem } from './records.js';
import { RemedyDialog } from './remedy-dialog.js';
import { chooseRemedyText } from './remedy-text.js';

/** One thing that deserves attention: whose key it is, why, and what mends it. */
export function PostureCard({ item }: { item: PostureItem }): JSX.Element {
  const { say, formats, announce, showSecret, showNote } = useSurroundings();
  const [isOpen, setOpen] = useState(false);
  const [done, setDone] = useState<Done | null>(null);
  const texts = chooseRemedyText(item);
  const beyond = listBeyond(item);

  function take({ body }: Answer<ChangedKey>): void {
    const { key, effectiveBy = null, name, publicKey } = body;
    setOpen(false);
    setDone({ text: texts.done, effectiveBy });
    announce(say(texts.done));
    if (key !== undefined) showSecret(new NewSecret(key, name));
    else if (item.remedy.command === 'rotate' && publicKey === null) showNote(say('rotatedLost'));
  }

  return (
    <li class="panel tile">
      <div class="states">
        <span class="state soon">{isPostureReason(item.reason) && say(`short-${item.reason}`)}</span>
      </div>
      <h3>
        <PlaceLink place={{ view: 'key', id: item.keyId }}>
          <bdi>{item.name}</bdi>
        </PlaceLink>
      </h3>
      <p class="soft">
        {say('owner')}: <OwnerLink id={item.ownerId} />
      </p>
      <p class="sentence">
        <PostureSentence item={item} />
      </p>
      {item.oldSecretUsedOn !== null && (
        <p class="soft">
          {say('oldSecretUsedOn', { date: formats.utcDay(Date.parse(item.oldSecretUsedOn)) })}
        </p>
      )}
      {beyond.length > 0 && <p class="soft">{say('beyondPlan', { names: beyond.join(', ') })}</p>}
      {done === null ? (
        <button type="button" class="button small" onClick={() => setOpen(true)}>
          {say(texts.action)}
        </button>
      ) : (
        <DoneNotice done={done} />
      )}
      {isOpen && <RemedyDialog item={item} onDone={take} onClose={() => setOpen(false)} />}
    </li>
  );
}

/** What a key has beyond its plan, by name; of numbers, the member of the plan. */
function listBeyond({ beyondPlan }: PostureItem): readonly string[] {
  return Object.entries(beyondPlan ?? {}).flatMap(([member, value]) =>
    Array.isArray(value) ? (value as string[]) : value === true ? [member] : [],
  );
}
