/** What keys can do. */
export const scopes = {
  'orders:read': 'Read orders',
  'orders:write': 'Place orders',
  'reports:read': 'Read reports of orders',
} as const;

/** The scopes of this service. */
export type Scope = keyof typeof scopes;

/** What owners get, now: a key never does more than the plan of its owner includes. Owners are on `free` until an admin says otherwise. */
export const plans = {
  free: { scopes: ['orders:*'], maxKeys: 100 },
  pro: { scopes: ['orders:*', 'reports:read'] },
} as const;
