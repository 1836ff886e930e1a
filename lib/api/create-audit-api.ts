import type { AuditService } from '../audit/audit-service.js';
import type { TrailReport } from '../audit/trail-report.js';
import type { AccessEvent } from '../domain/access-event.js';
import type { AuditEvent } from '../domain/audit-event.js';
import type { KeyService } from '../manage/key-service.js';
import type { Page } from '../manage/list-page.js';
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
  export: filter,
  verify: { takes: ['anchor'], example: '{ anchor: report.anchor }', isInputOptional: true },
};

/**
 * Puts the typed face on the audit services.
 *
 * @param whenReady - waits until the instance is ready
 */
export function createAuditApi(whenReady: WhenReady): AuditApi {
  const commands = createAuditCommands(whenReady);
  return {
    ...face(commands, readUnboundCall),
    as: (actor) => face(commands, createBoundReader(readCallActor('audit.as', actor))),
  };
}

function createAuditCommands(whenReady: WhenReady): AuditCommands {
  return {
    async list({ what, context }, conditions) {
      refuseUndefined(what, conditions);
      const { service } = await whenReady();
      return service.listEvents(context, conditions);
    },

    async listAccess({ what, context }, conditions) {
      refuseUndefined(what, conditions);
      const { audit } = await whenReady();
      return audit.listAccess(context, conditions);
    },

    async export({ what, context }, conditions) {
      refuseUndefined(what, conditions);
      const { audit } = await whenReady();
      return audit.exportTrail(context, conditions);
    },

    async verify({ what, context }, input) {
      refuseUndefined(what, input);
      const { audit } = await whenReady();
      return audit.verify(context, input);
    },
  };
}

/** An export is iterated, not awaited. */
function face(commands: AuditCommands, readCall: ReadCall): ActingAuditApi {
  const bound = bindCommands('audit', commands, shapes, readCall);
  return {
    ...bound,
    async *export(...args: Parameters<typeof bound.export>) {
      yield* await bound.export(...args);
    },
  };
}
