import { addColumns } from './migrations/add-columns.js';
import { addEvents } from './migrations/add-events.js';
import { addHistory } from './migrations/add-history.js';
import { addInstances } from './migrations/add-instances.js';
import { addLimitsAndRefusals } from './migrations/add-limits-and-refusals.js';
import { addMembers } from './migrations/add-members.js';
import { addObservedRefusals } from './migrations/add-observed-refusals.js';
import { addOwnerCredits } from './migrations/add-owner-credits.js';
import { addOwners } from './migrations/add-owners.js';
import { addPlaces } from './migrations/add-places.js';
import { addRemovedKeys } from './migrations/add-removed-keys.js';
import { addRoutes } from './migrations/add-routes.js';
import { addTrailStart } from './migrations/add-trail-start.js';
import { addTokensAndSignatures } from './migrations/add-tokens-and-signatures.js';
import { addUsedParts } from './migrations/add-used-parts.js';
import { createKeysAndTrail } from './migrations/create-keys-and-trail.js';
import { indexManyKeys } from './migrations/index-many-keys.js';
import { indexParents } from './migrations/index-parents.js';
import type { Migration } from './migrations/migration.js';
import { splitPersonalData } from './migrations/split-personal-data.js';

/**
 * In the order in which they are applied; a schema's version is the number of those applied. A new one goes to the end: columns
 * as a row here, everything else as a file in `migrations/`.
 */
export const migrations: readonly Migration[] = [
  createKeysAndTrail,
  addInstances,
  addLimitsAndRefusals,
  addTokensAndSignatures,
  addPlaces,
  addOwners,
  addMembers,
  splitPersonalData,
  addColumns('idle keys', { keys: { max_idle_days: 'integer', activated_at: 'integer' } }),
  addColumns('plans of owners', { owners: { plan: 'text', overrides: 'text' } }),
  addColumns('resources of keys', { keys: { resources: 'text' } }),
  addUsedParts,
  addOwnerCredits,
  addRemovedKeys,
  addColumns('parents of keys', { keys: { parent_id: 'text' } }),
  addObservedRefusals,
  addTrailStart,
  indexParents,
  addEvents,
  addColumns('when queues of events were declared', { event_queues: { declared_at: 'integer' } }),
  addRoutes,
  addHistory,
  indexManyKeys,
];
