import type { AuditService } from '../audit/audit-service.js';
import type { ExportProgress } from '../audit/export-trail.js';
import type { TrailReport, VerificationProgress } from '../audit/trail-report.js';
import { showAccessEvent, type AccessEvent } from '../domain/access-event.js';
import type { AuditEntry } from '../domain/audit-entry.js';
import { showAuditEvent, type AuditEvent } from '../domain/audit-event.js';
import { showObserved, type ObservedReport } from '../domain/observed-view.js';
import type { KeyService } from '../manage/key-service.js';
import type { Page } from '../manage/list-page.js';
import { allowAbsent, takeFunction } from '../options/option-readers.js';
import type { ActingAuditApi } from './acting-audit-api.js';
import type { AuditApi } from './audit-api.js';
import { bindCommands, type Command, type CommandShape } from './bind-commands.js';
import { readCallActor } from './call-actor.js';
import { createBoundReader, readUnboundCall, type ReadCall } from './read-call.js';
import { refuseUndefined } from './refuse-undefined.js';

/** What is asked of the logs. */
interface AuditCommands {
  readonly list: Command<Page<AuditEvent>>;
  readonly listAccess: Command<Page<AccessEvent>>;
  readonly listObserved: Command<ObservedReport>;
  readonly clearObserved: Command<void>;
  readonly export: Command<AsyncIterable<AuditEvent>>;
  readonly verify: Command<TrailReport>;
}

type WhenReady = () => Promise<{ readonly service: KeyService; readonly audit: AuditService }>;

const filter = {
  takes: ['ownerId', 'action', 'from', '…'],
  example: "{ ownerId: 'alice' }",
  isInputOptional: true,
};

const shapes: { readonly [N in keyof AuditCommands]: CommandShape } = {
  list: filter,
  listAccess: filter,
  listObserved: {
    takes: ['ownerId', 'keyId', 'code', 'from', 'to'],
    example: '{ from: lastDeployment }',
    isInputOptional: true,
  },
  clearObserved: { takes: [], example: '{}', isInputOptional: true },
  export: { ...filter, takes: ['ownerId', 'action', 'from', 'afterSequence', 'onProgress', '…'] },
  verify: {
    takes: ['anchor', 'maxEntries', 'resume', 'onProgress'],
    example: '{ anchor: report.anchor }',
    isInputOptional: true,
  },
};

/**
 * Puts the typed face on the audit services.
 *
 * @param whenReady - waits until the instance is ready
 */
export function createAuditApi(whenReady: WhenReady): AuditApi {
  const commands = createAuditCommands(whenReady);
  return {
    ...createActingApi(commands, readUnboundCall),
    as: (actor) => createActingApi(commands, createBoundReader(readCallActor('audit.as', actor))),
  };
}

function createAuditCommands(whenReady: WhenReady): AuditCommands {
  return {
    async list({ what, context }, conditions) {
      refuseUndefined(what, conditions);
      const { service } = await whenReady();
      const page = await service.listEvents(context, conditions);
      return { ...page, items: page.items.map(showAuditEvent) };
    },

    async listAccess({ what, context }, conditions) {
      refuseUndefined(what, conditions);
      const { audit } = await whenReady();
      const page = await audit.listAccess(context, conditions);
      return { ...page, items: page.items.map(showAccessEvent) };
    },

    async listObserved({ what, context }, conditions) {
      refuseUndefined(what, conditions);
      const { audit } = await whenReady();
      return showObserved(await audit.listObserved(context, conditions));
    },

    async clearObserved({ context }) {
      const { audit } = await whenReady();
      await audit.clearObserved(context);
    },

    async export({ what, context }, input) {
      const { onProgress, ...conditions } = input;
      refuseUndefined(what, conditions);
      const listener = readListener<ExportProgress>(onProgress, `${what}.onProgress`);
      const { audit } = await whenReady();
      return showEach(await audit.exportTrail(context, conditions, listener));
    },

    async verify({ what, context }, input) {
      const { onProgress, ...part } = input;
      refuseUndefined(what, part);
      const listener = readListener<VerificationProgress>(onProgress, `${what}.onProgress`);
      const { audit } = await whenReady();
      return audit.verify(context, part, { onProgress: listener });
    },
  };
}

function readListener<P>(value: unknown, path: string): ((progress: P) => unknown) | undefined {
  return allowAbsent(takeFunction<(progress: P) => unknown>('a function that gets what was done so far'))(
    value,
    path,
  );
}

async function* showEach(entries: AsyncIterable<AuditEntry>): AsyncIterable<AuditEvent> {
  for await (const entry of entries) yield showAuditEvent(entry);
}

/** An export is iterated, not awaited. */
function createActingApi(commands: AuditCommands, readCall: ReadCall): ActingAuditApi {
  const bound = bindCommands('audit', commands, shapes, readCall);
  return {
    ...bound,
    async *export(...args: Parameters<typeof bound.export>) {
      yield* await bound.export(...args);
    },
  };
}
