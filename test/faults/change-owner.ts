import type { OrdersProcess, TimedAnswer } from '../harness/start-orders.js';

/** What is sent for each change of an owner: all but the suspension is what the plan is set to. */
const changes = {
  suspend: ['POST', '/suspend', {}],
  resume: ['POST', '/resume', {}],
  demote: ['PUT', '', { plan: 'lapsed' }],
  restrict: ['PUT', '', { plan: 'pro', overrides: { scopes: ['orders:read'] } }],
  promote: ['PUT', '', { plan: 'pro' }],
} as const;

/** A change of an owner. */
export type OwnerChange = keyof typeof changes;

/** Suspends or resumes an owner, or sets its plan, as an admin. */
export function changeOwner(app: OrdersProcess, ownerId: string, change: OwnerChange): Promise<TimedAnswer> {
  const [method, path, body] = changes[change];
  return app.manage(method, `/owners/${ownerId}${path}`, body, { 'X-Test-Admin': 'olga' });
}
