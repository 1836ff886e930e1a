import type { Clock } from '../../lib/ports/clock.js';
import { ProtectedResources } from '../../lib/tokens/protected-resources.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import type { KeyStore } from '../../lib/store/index.js';
import type { Running } from '../../lib/instance/running.js';
import { startRunning } from '../../lib/instance/start-running.js';
import { createSecretHasher } from '../../lib/crypto/bcrypt-hasher.js';
import { Keyspaces } from '../../lib/domain/keyspaces.js';
import { createDefaultKeyspace } from '../../lib/instance/default-keyspace.js';
import { ChangeListeners } from '../../lib/feed/change-listeners.js';
import { AccessRecorder } from '../../lib/audit/access-recorder.js';
import { ObservationRecorder } from '../../lib/audit/observation-recorder.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { noScope } from '../../lib/domain/scope-requirement.js';
import type { TokenService } from '../../lib/tokens/token-service.js';
import { scopes, testPepper } from '../harness/instance.js';

/** An instance without HTTP around it. */
export interface TokenInstance {
  readonly running: Running;
  readonly tokens: TokenService;
  use(token: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts an instance without HTTP around it. */
export async function startTokens(
  store: KeyStore,
  clock: Clock,
  settings: { algorithm?: 'EdDSA' | 'HS256'; pepper?: string | string[] } = {},
): Promise<TokenInstance> {
  const logger = { warn: () => undefined, error: () => undefined };
  const pepper = settings.pepper ?? testPepper;
  const { algorithm = 'EdDSA' } = settings;
  const options = resolveOptions({
    ...{ prefix: 'acme', scopes, pepper, store, clock, logger },
    tokens: { issuer: 'https://api.example', algorithm },
  });
  const hasher = createSecretHasher({ cost: 8, logger });
  const random = createRandomSource();
  const running = await startRunning({
    ...{ options, hasher, logger },
    loadStore: () => Promise.resolve(store),
    keyspaces: new Keyspaces(createDefaultKeyspace(options)),
    peppers: parsePeppers(pepper),
    pepperFile: '',
    purpose: 'app',
    resources: new ProtectedResources(),
    listeners: new ChangeListeners(logger),
    recorder: new AccessRecorder({ random, clock, logger }),
    observed: new ObservationRecorder({ clock, logger }),
    routeUsage: null,
  });
  const { tokens } = running;
  if (tokens === null) throw new Error('no tokens');
  return {
    running,
    tokens: tokens.service,
    async use(token) {
      const request = { token, requirement: noScope, cost: 1, address: () => null };
      const verdict = await (tokens.verifier.verifyAtOnce(request) ?? tokens.verifier.verify(request));
      return verdict.allowed ? 'allowed' : verdict.code;
    },
    async stop() {
      await Promise.all([running.stop(), hasher.close()]);
    },
  };
}
