import type { TrailReport } from '../../audit/trail-report.js';
import type { AuditEntry } from '../../domain/audit-entry.js';
import { showAuditEvent, type AuditEvent } from '../../domain/audit-event.js';
import type { ObservedReport } from '../../domain/observed-view.js';
import type { Page } from '../../manage/list-page.js';
import type { AuditCommands } from '../instance-commands.js';
import type { RemoteClient } from './remote-client.js';

/** The commands about the audit log, over HTTP. */
export function createRemoteAudit(client: RemoteClient): AuditCommands {
  return {
    list: async (query) => (await client.send({ path: ['audit'], query })) as Page<AuditEvent>,
    listObserved: async (query) =>
      (await client.send({ path: ['audit', 'observed'], query })) as ObservedReport,
    async *export(query) {
      for await (const line of client.readLines({ path: ['audit', 'export'], query }))
        yield showAuditEvent(line as AuditEntry);
    },
    verify: async (query) => (await client.send({ path: ['audit', 'verify'], query })) as TrailReport,
  };
}
