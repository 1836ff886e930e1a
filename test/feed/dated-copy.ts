import type { RecentVersions } from '../../lib/feed/recent-versions.js';

/** As much of a copy as its age is judged by. */
export function copyOf(id: string, version: number): Parameters<RecentVersions['isCurrent']>[0] {
  return { id, version, ownerId: 'owner-1', owner: null, ancestors: [] };
}
