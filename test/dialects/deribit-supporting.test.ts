import request from 'supertest';
import { createDeribitApp, rpcAnswer, type DeribitApp } from './deribit-app.js';

describe("Deribit's methods about the server", () => {
  let deribit: DeribitApp;

  beforeEach(async () => {
    deribit = createDeribitApp();
    await deribit.apiKeys.ready();
  });
  afterEach(() => deribit.apiKeys.close());

  const call = (method: string, params: object = {}) => deribit.rpc<unknown>(method, params, {});

  it('public/get_time returns the milliseconds of the clock that signatures are judged by', async () => {
    const { status, result } = await call('public/get_time');
    expect([status, result]).toEqual([200, deribit.clock.now()]);
    deribit.clock.advance(1500);
    expect((await call('public/get_time')).result).toBe(deribit.clock.now());
  });

  it('public/test returns the version, by GET as well', async () => {
    expect((await call('public/test')).result).toEqual({ version: '2.1.1' });
    const answer = rpcAnswer<unknown>(await request(deribit.app).get('/api/v2/public/test'));
    expect(answer.result).toEqual({ version: '2.1.1' });
  });

  it('public/test answers an error where one is expected, without an alarm', async () => {
    const { status, error } = await call('public/test', { expected_result: 'exception' });
    expect([status, error?.code, error?.message]).toEqual([400, 11050, 'bad_request']);
    expect(deribit.log).toEqual([]);
  });

  it.each(['', 'Exception', 7, ['exception']])(
    'public/test refuses to expect %j',
    async (expected_result) => {
      const { status, error } = await call('public/test', { expected_result });
      expect([status, error?.code, error?.data]).toEqual([
        ...[400, -32602],
        { param: 'expected_result', reason: expect.any(String) as string },
      ]);
    },
  );

  it('public/status says that nothing is locked', async () => {
    expect((await call('public/status')).result).toEqual({
      locked: 'false',
      locked_currencies: [],
      locked_indices: [],
    });
  });

  it('public/hello wants the name and the version of the client, and returns its own', async () => {
    const client = { client_name: 'My Trading Software', client_version: '1.0.2' };
    expect((await call('public/hello', client)).result).toEqual({ version: '2.1.1' });
    for (const missing of ['client_name', 'client_version']) {
      const { error } = await call('public/hello', { ...client, [missing]: undefined });
      expect([error?.code, error?.data]).toEqual([-32602, { param: missing, reason: 'is required' }]);
    }
  });
});
