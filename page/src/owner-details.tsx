import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { OwnerWithCredits } from './records.js';
import { Row } from './row.js';

/** What is recorded about an owner. */
export function OwnerDetails({ owner }: { owner: OwnerWithCredits }): JSX.Element {
  const { say, formats } = useSurroundings();
  const { plan, overrides, suspendedAt, suspensionReason, credits, createdAt, updatedAt } = owner;
  return (
    <aside class="panel" aria-label={say('details')} part="details">
      <h3>{say('details')}</h3>
      <dl>
        <Row name="plan">
          <bdi>{plan ?? say('defaultPlan')}</bdi>
        </Row>
        {overrides !== null && (
          <Row name="overrides">
            {Object.entries(overrides).map(([member, value]) => (
              <div key={member}>
                <code>{`${member}: ${JSON.stringify(value)}`}</code>
              </div>
            ))}
          </Row>
        )}
        {credits !== null && (
          <Row name="credits">
            {say('creditsLeft', {
              left: formats.number(credits.remaining),
              all: formats.number(credits.amount),
            })}
          </Row>
        )}
        {suspendedAt !== null && (
          <Row name="suspendedSince">
            {formats.moment(suspendedAt)}
            {suspensionReason !== null && <div class="description">{suspensionReason}</div>}
          </Row>
        )}
        <Row name="recordedSince">
          {createdAt === null ? say('nothingRecorded') : formats.moment(createdAt)}
        </Row>
        {updatedAt !== null && <Row name="changedAt">{formats.moment(updatedAt)}</Row>}
      </dl>
    </aside>
  );
}
