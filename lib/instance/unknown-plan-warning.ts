import type { Logger } from '../ports/logger.js';

/** How many names are logged: they come from the database. */
const maxNames = 100;

/** Logs each unknown plan once, when an owner with it is first seen. */
export function createUnknownPlanWarning(logger: Logger): (name: string) => void {
  const logged = new Set<string>();
  return function reportUnknownPlan(name) {
    if (logged.has(name) || logged.size >= maxNames) return;
    logged.add(name);
    logger.warn(
      `api-keys: an owner has the plan ${JSON.stringify(name)}, which is not in the option plans: its keys have no scopes ` +
        'and no features; add the plan, or give the owner another one with owners.set',
    );
  };
}
