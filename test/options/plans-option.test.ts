import { InvalidOptionError, type AnyApiKeys } from '../../lib/index.js';
import { createWith } from './create-options.js';

const window = { name: 'minute', limit: 1, windowSeconds: 60 };
const free = (plan: unknown, more: object = {}): object => ({
  plans: { free: plan },
  defaultPlan: 'free',
  ...more,
});

describe('plans', () => {
  it.each<[object, string]>([
    [{ plans: { free: {} } }, 'defaultPlan: must be given with plans: '],
    [{ defaultPlan: 'free' }, 'defaultPlan: needs plans, '],
    [
      { plans: { free: {}, pro: {} }, defaultPlan: 'fre' },
      'defaultPlan: there is no plan "fre"; did you mean \'free\'?',
    ],
    [
      { plans: { free: {} }, defaultPlan: 'toString' },
      'defaultPlan: there is no plan "toString"; known are free',
    ],
    [{ plans: null, defaultPlan: 'free' }, 'plans: takes an object of plans, for example'],
    [{ plans: [], defaultPlan: 'free' }, 'plans: takes an object of plans, for example'],
    [{ plans: {}, defaultPlan: 'free' }, 'plans: takes 1 to 100 plans'],
    [
      { plans: { Free: {} }, defaultPlan: 'Free' },
      'plans: "Free" is no name of a plan; write it in lower case',
    ],
    [
      free(null),
      'plans.free: must be an object with scopes, features, rateLimits, credits, keyCeilings, maxKeys',
    ],
    [free({ scope: [] }), 'plans.free: must not have the member "scope"; did you mean \'scopes\'?'],
    [
      free({ scopes: ['orders:raed'] }),
      'plans.free: scopes must not contain "orders:raed"; did you mean \'orders:read\'?',
    ],
    [free({ scopes: 'orders:read' }), 'plans.free: scopes must be a list of scopes'],
    [
      free({ features: ['bta'] }, { features: { beta: 'New things' } }),
      'plans.free: features must not contain "bta"; did you mean \'beta\'?',
    ],
    [free({ features: ['beta'] }), 'plans.free: features must be empty: no features are configured here'],
    [
      free({ rateLimits: [{ name: 'minute' }] }),
      'plans.free: rateLimits entry 1: limit must be a whole number',
    ],
    [free({ credits: 5 }), 'plans.free: credits must be an object with amount, refillIntervalSeconds'],
    [free({ credits: {} }), 'plans.free: credits.amount must be a whole number from 0 to 1000000000000'],
    [free({ credits: { remaining: 5 } }), 'plans.free: credits must contain nothing but amount, refill'],
    [
      free({ credits: { amount: 5, refillIntervalSeconds: 0 } }),
      'plans.free: credits.refillIntervalSeconds must be a whole number from 1 to',
    ],
    [
      free({ keyCeilings: { credit: 1 } }),
      'plans.free: keyCeilings must not have the member "credit"; did you mean \'credits\'?',
    ],
    [
      free({ keyCeilings: { credits: -1 } }),
      'plans.free: keyCeilings.credits must be a whole number from 0 to',
    ],
    [
      free({ maxKeys: 0 }),
      'plans.free: maxKeys must be a whole number from 1 to 100000, or null for no maximum',
    ],
    [
      free({ maxKeys: 2 }, { policy: { onePerOwner: true } }),
      'plans.free.maxKeys: not together with policy.onePerOwner',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => createWith(options)).toThrow(InvalidOptionError);
    expect(() => createWith(options)).toThrow(message);
  });

  it.each<[object]>([
    [free({})],
    [free({ scopes: ['*'], features: [], rateLimits: [window], keyCeilings: {}, maxKeys: null })],
    [free({ keyCeilings: { credits: null, rateLimits: [window] } })],
    [free({ maxKeys: null }, { policy: { onePerOwner: true } })],
    [{ plans: { constructor: {}, free: { scopes: [] } }, defaultPlan: 'constructor' }],
  ])('takes %j', (options) => {
    expect(() => createWith(options)).not.toThrow();
  });

  it.each<[string, object, string]>([
    [
      'limits.perOwner where there are no plans',
      { limits: { perOwner: [window] } },
      'requireApiKey: cost 7 is more than the window minute of limits.perOwner allows (1), so that no request could be ' +
        'allowed; write a cost of at most 1, or a limit of at least 7 there',
    ],
    [
      'every plan, and the option that has its window',
      {
        limits: { perOwner: [window] },
        plans: { free: {}, pro: { rateLimits: [{ ...window, limit: 5 }] } },
        defaultPlan: 'free',
      },
      'cost 7 is more than the window minute of limits.perOwner, which the plan free has, allows (1), the window minute of ' +
        'plans.pro.rateLimits allows (5), so that no request could be allowed; write a cost of at most 5, or a limit of ' +
        'at least 7 there',
    ],
  ])('a guard that costs more than every owner can pay names %s', (_, options, message) => {
    const { requireApiKey } = createWith(options) as AnyApiKeys;
    expect(() => requireApiKey('orders:read', { cost: 7 })).toThrow(message);
    expect(() => requireApiKey('orders:read', { cost: 1 })).not.toThrow();
  });

  it.each<[string, object, string]>([
    ['the windows', { rateLimits: [window] }, 'the window minute of plans.free.rateLimits allows (1)'],
    ['the credits', { credits: { amount: 5, refillIntervalSeconds: 60 } }, 'plans.free.credits give (5)'],
  ])('P12: a guard that costs more than %s of one plan is mounted with a warning', (_, plan, named) => {
    const warnings: string[] = [];
    const logger = { warn: (line: string) => void warnings.push(line), error: () => undefined };
    const { requireApiKey } = createWith({
      plans: { free: plan, pro: {} },
      defaultPlan: 'free',
      logger,
    }) as AnyApiKeys;
    for (let guards = 0; guards < 3; guards += 1) requireApiKey('orders:read', { cost: 7 });
    expect(warnings.filter((line) => line.includes('cost 7'))).toEqual([expect.stringContaining(named)]);
    requireApiKey('orders:read', { cost: 1 });
    expect(warnings.filter((line) => line.includes('cost'))).toHaveLength(1);
  });

  it('a guard is mounted where plans give no credits, because overrides do', () => {
    const plans = { prepaid: { credits: { amount: 0 } } };
    const { requireApiKey } = createWith({ plans, defaultPlan: 'prepaid' }) as AnyApiKeys;
    for (const cost of [1, 7]) expect(() => requireApiKey('orders:read', { cost })).not.toThrow();
  });
});
