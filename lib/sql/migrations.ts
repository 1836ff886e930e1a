import { addIdleKeys } from './migrations/add-idle-keys.js';
import { addInstances } from './migrations/add-instances.js';
import { addLimitsAndRefusals } from './migrations/add-limits-and-refusals.js';
import { addMembers } from './migrations/add-members.js';
import { addOwnerCredits } from './migrations/add-owner-credits.js';
import { addOwners } from './migrations/add-owners.js';
import { addParents } from './migrations/add-parents.js';
import { addPlaces } from './migrations/add-places.js';
import { addPlans } from './migrations/add-plans.js';
import { addRemovedKeys } from './migrations/add-removed-keys.js';
import { addResources } from './migrations/add-resources.js';
import { addTokensAndSignatures } from './migrations/add-tokens-and-signatures.js';
import { addUsedParts } from './migrations/add-used-parts.js';
import { createKeysAndTrail } from './migrations/create-keys-and-trail.js';
import type { Migration } from './migrations/migration.js';
import { splitPersonalData } from './migrations/split-personal-data.js';

/** In the order in which they are applied; a schema's version is the number of those applied. A new one goes to the end. */
export const migrations: readonly Migration[] = [
  createKeysAndTrail,
  addInstances,
  addLimitsAndRefusals,
  addTokensAndSignatures,
  addPlaces,
  addOwners,
  addMembers,
  splitPersonalData,
  addIdleKeys,
  addPlans,
  addResources,
  addUsedParts,
  addOwnerCredits,
  addRemovedKeys,
  addParents,
];
