import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { FieldValue } from './field-value.js';
import { describeAuthor, describeLimit } from './formats.js';
import { OwnerLink } from './owner-link.js';
import { PlaceLink } from './place-link.js';
import type { ApiKey } from './records.js';
import { Row } from './row.js';
import { english, type TextName } from './texts-english.js';

/** What a key is and may do. */
export function KeyDetails({ apiKey }: { apiKey: ApiKey }): JSX.Element {
  const { caller, say, formats } = useSurroundings();
  const { scopes, ipAllowlist, resources, rateLimits, credits, createdBy, tags, features } = apiKey;
  return (
    <aside class="panel" aria-label={say('details')} part="details">
      <h3>{say('details')}</h3>
      <dl>
        {caller.ownerId === null && (
          <Row name="owner">
            <OwnerLink id={apiKey.ownerId} />
          </Row>
        )}
        <Row name="scopes">
          {scopes.length === 0
            ? say('none')
            : scopes.map((scope) => (
                <code key={scope} class="tag">
                  {scope}
                </code>
              ))}
        </Row>
        {features.length > 0 && <Row name="features">{formats.list(features)}</Row>}
        <Row name="ends">{apiKey.expiresAt === null ? say('noEnd') : formats.moment(apiKey.expiresAt)}</Row>
        <Row name="addressesTitle">
          {ipAllowlist === null ? say('anyAddress') : formats.list(ipAllowlist)}
        </Row>
        <Row name="resources">
          {resources === null
            ? say('all')
            : Object.entries(resources).map(([kind, ids]) => (
                <div key={kind}>
                  {kind}: <bdi>{ids.join(', ')}</bdi>
                </div>
              ))}
        </Row>
        {rateLimits.length > 0 && (
          <Row name="limits">
            {rateLimits.map((limit) => (
              <div key={limit.name}>{describeLimit(limit, say, formats)}</div>
            ))}
          </Row>
        )}
        {credits !== null && (
          <Row name="credits">
            <FieldValue name="credits" value={credits} />
          </Row>
        )}
        {apiKey.tokenLifetimeSeconds !== null && (
          <Row name="tokenLifetime">{formats.span(apiKey.tokenLifetimeSeconds)}</Row>
        )}
        <Row name="lastUsed">
          {apiKey.lastUsedAt === null ? say('never') : formats.moment(apiKey.lastUsedAt)}
          {apiKey.lastUsedAddress !== null && (
            <div class="soft">{say('fromAddress', { address: apiKey.lastUsedAddress })}</div>
          )}
        </Row>
        <Row name="useCount">{formats.number(apiKey.useCount)}</Row>
        {tags.length > 0 && <Row name="tags">{tags.join(', ')}</Row>}
        {caller.kind === 'admin' && Object.keys(apiKey.metadata).length > 0 && (
          <Row name="metadata">
            <code>{JSON.stringify(apiKey.metadata)}</code>
          </Row>
        )}
        <Row name="environment">{apiKey.environment}</Row>
        <Row name="created">
          {formats.moment(apiKey.createdAt)}
          {createdBy !== null && (
            <div class="soft">{say('createdBy', { author: describeAuthor(createdBy, say) })}</div>
          )}
        </Row>
        {apiKey.parentId !== null && (
          <Row name="parent">
            <PlaceLink place={{ view: 'key', id: apiKey.parentId }}>{apiKey.parentId}</PlaceLink>
          </Row>
        )}
        {apiKey.revokedAt !== null && (
          <Row name="revokedAt">
            {formats.moment(apiKey.revokedAt)}
            <div>{describeReason(apiKey.revocationReason, say)}</div>
            {apiKey.revocationComment !== null && <div class="soft">{apiKey.revocationComment}</div>}
          </Row>
        )}
        <Row name="id">
          <code translate={false}>{apiKey.id}</code>
        </Row>
      </dl>
    </aside>
  );
}

function describeReason(reason: string | null, say: (name: TextName) => string): string {
  if (reason === null) return '';
  return Object.hasOwn(english, reason) ? say(reason as TextName) : reason;
}
