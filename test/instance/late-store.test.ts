import { AccessRecorder } from '../../lib/audit/access-recorder.js';
import { ObservationRecorder } from '../../lib/audit/observation-recorder.js';
import { createSecretHasher } from '../../lib/crypto/bcrypt-hasher.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { Keyspaces } from '../../lib/domain/keyspaces.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { ChangeListeners } from '../../lib/feed/change-listeners.js';
import { createDefaultKeyspace } from '../../lib/instance/default-keyspace.js';
import { LateStore } from '../../lib/instance/late-store.js';
import { startRunning } from '../../lib/instance/start-running.js';
import { memoryStore } from '../../lib/testing/index.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { ProtectedResources } from '../../lib/tokens/protected-resources.js';
import { scopes, testPepper } from '../harness/instance.js';

const logger = { warn: () => undefined, error: () => undefined };

describe('a store whose code is loaded late', () => {
  it('starts after a failure, of which the start gives the reason', async () => {
    const created = memoryStore();
    let calls = 0;
    const store = new LateStore(() => {
      calls += 1;
      return calls === 1
        ? Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }))
        : Promise.resolve(created);
    });
    const options = resolveOptions({ prefix: 'acme', scopes, pepper: testPepper, store: created, logger });
    const { clock } = options;
    const hasher = createSecretHasher({ cost: 8, logger });
    const start = () =>
      startRunning({
        ...{ options, hasher, logger },
        loadStore: () => store.load(),
        keyspaces: new Keyspaces(createDefaultKeyspace(options)),
        peppers: parsePeppers(testPepper),
        pepperFile: '',
        purpose: 'app',
        resources: new ProtectedResources(),
        listeners: new ChangeListeners(logger),
        recorder: new AccessRecorder({ random: createRandomSource(), clock, logger }),
        observed: new ObservationRecorder({ clock, logger }),
        routeUsage: null,
      });
    await expect(start()).rejects.toMatchObject({
      code: 'ERR_API_KEYS_UNAVAILABLE',
      message: expect.stringContaining('cannot be opened (EMFILE: too many open files)'),
    });
    const running = await start();
    expect(await store.load()).toBe(created);
    expect(calls).toBe(2);
    await Promise.all([running.stop(), hasher.close()]);
  });

  it('passes on what no retry fixes', async () => {
    const store = new LateStore(() => Promise.reject(new InvalidOptionError('no such store')));
    await expect(store.load()).rejects.toThrow(InvalidOptionError);
  });
});
