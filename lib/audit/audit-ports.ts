import type { AuthorityPorts } from '../manage/authority.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { Clock } from '../ports/clock.js';
import type { CursorSigner } from '../ports/cursor-signer.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ObservationRecorder } from './observation-recorder.js';

/** The ports of queries on the audit trail and the access log. */
export interface AuditPorts extends AuthorityPorts {
  readonly store: KeyStore;
  /** What this process has counted and not written yet. */
  readonly observed: Pick<ObservationRecorder, 'flush' | 'clear'>;
  readonly sealer: AuditSealer;
  readonly cursorSigner: CursorSigner;
  /** Signs the `resume` of a verification in parts, up to `maxResumeLength`. */
  readonly resumeSigner: CursorSigner;
  readonly clock: Clock;
}
