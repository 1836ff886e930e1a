import express, { type Express, type Request } from 'express';
import { createApiKeys, type ApiKeys, type ApiKeysOptions } from '../../lib/index.js';
import type { fixedClock } from '../../lib/testing/index.js';
import { createTestParts, type Scope } from './instance.js';
import { theApp } from './the-app.js';

export type Kind = 'project' | 'region';

/** An instance whose keys can be bound to projects and regions. */
export interface BoundInstance {
  readonly apiKeys: ApiKeys<Scope, never, Kind>;
  readonly clock: ReturnType<typeof fixedClock>;
  /** What was said to operators. */
  readonly log: string[];
  /** Makes a key of `alice` that may read and place orders, bound as said; `null`: to nothing. */
  key(
    resources: { readonly [K in Kind]?: readonly string[] } | null,
    fields?: object,
  ): Promise<{ id: string; token: string }>;
}

export const kinds = { project: 'A project of the app', region: 'A region' } as const;

export function createBoundInstance(
  options: Partial<ApiKeysOptions<Scope, never, Kind>> = {},
): BoundInstance {
  const { clock, log, defaults } = createTestParts(options, JSON.stringify);
  const apiKeys = createApiKeys<Scope, never, Kind>({ ...defaults, resources: kinds, ...options });
  return {
    apiKeys,
    clock,
    log,
    async key(resources, fields = {}) {
      const { id, key } = await apiKeys.keys.as(theApp).create({
        ownerId: 'alice',
        name: 'CI',
        scopes: ['orders:read', 'orders:write'],
        resources,
        ...fields,
      });
      return { id, token: key };
    },
  };
}

/** An app with one guarded route, at `path`, whose guard says what requests are about. It answers what its handler sees. */
export function createBoundApp(
  { apiKeys }: BoundInstance,
  on: 'handler' | ((req: Request) => unknown) | undefined,
  path = '/projects/:projectId',
): Express {
  const guard = apiKeys.requireApiKey('orders:read', { on } as { on: 'handler' });
  return express().all(path, guard, (req, res) => {
    const apiKey = apiKeys.apiKeyOf(req);
    res.json({ project: apiKey.only('project'), region: apiKey.only('region') });
  });
}
