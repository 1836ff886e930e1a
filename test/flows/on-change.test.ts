import { memoryStore } from '../../lib/testing/index.js';
import type { KeyEvent } from '../../lib/index.js';
import { createInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

describe('onChange', () => {
  it('calls back in every process before the change is answered, until it is stopped', async () => {
    const store = memoryStore();
    const [one, two] = [createInstance({ store }), createInstance({ store })];
    await Promise.all([one.apiKeys.ready(), two.apiKeys.ready()]);
    const { id } = await one.key();
    const other = await one.key();
    const heard: (KeyEvent | null)[] = [];
    const stops = [one, two].map(({ apiKeys }) => apiKeys.onChange(id, (change) => void heard.push(change)));

    await one.apiKeys.keys.as(theApp).update({ id: other.id, name: 'another key' });
    expect(heard).toEqual([]);
    await one.apiKeys.keys.as(theApp).update({ id, enabled: false });
    expect(heard).toEqual([
      { keyId: id, keyVersion: 2, action: 'key.disabled' },
      { keyId: id, keyVersion: 2, action: 'key.disabled' },
    ]);

    stops[0]?.();
    await one.apiKeys.keys.as(theApp).revoke({ id });
    expect(heard).toHaveLength(3);
    stops[1]?.();
    stops[1]?.();
    await Promise.all([one.apiKeys.close(), two.apiKeys.close()]);
  });

  it('is called once for each listener, and one that fails disturbs nobody', async () => {
    const { apiKeys, key, log } = createInstance();
    const { id } = await key();
    const heard: string[] = [];
    apiKeys.onChange(id, () => {
      throw new Error('a listener of the app');
    });
    const listener = (): void => void heard.push('x');
    const stop = apiKeys.onChange(id, listener);
    apiKeys.onChange(id, listener);
    await apiKeys.keys.as(theApp).update({ id, name: 'once' });
    expect(heard).toEqual(['x', 'x']);
    stop();
    await apiKeys.keys.as(theApp).update({ id, name: 'twice' });
    expect(heard).toEqual(['x', 'x', 'x']);
    expect(log.filter((line) => line.includes('a listener of onChange failed'))).toHaveLength(2);
    await apiKeys.close();
  });

  it('refuses what is no id or no function', () => {
    const { apiKeys } = createInstance();
    for (const [id, listener] of [
      [undefined, () => undefined],
      ['0123456789abcdef', undefined],
    ]) {
      expect(() => apiKeys.onChange(id as never, listener as never)).toThrow(
        'onChange: takes the id of a key',
      );
    }
  });
});
