import { createApiKeys, type ApiKeys } from '../../lib/index.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { databases, readTrail, type DatabaseUnderAttack } from './database-under-attack.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

interface Breakage {
  readonly break: readonly string[];
  readonly mend: readonly string[];
}

/** What keeps entries from being written, while keys could still be changed. */
const breakages: Readonly<Record<string, Readonly<Record<string, Breakage>>>> = {
  SQLite: {
    'the table of entries is gone': {
      break: ['alter table audit_events rename to gone'],
      mend: ['alter table gone rename to audit_events'],
    },
    'entries are refused': {
      break: [
        "create trigger refuse before insert on audit_events begin select raise(abort, 'the disk of the trail is full'); end",
      ],
      mend: ['drop trigger refuse'],
    },
    'the head cannot be moved': {
      break: ["create trigger stick before update on audit_head begin select raise(abort, 'no'); end"],
      mend: ['drop trigger stick'],
    },
    'the head is gone': {
      break: ['create table kept as select * from audit_head', 'delete from audit_head'],
      mend: ['insert into audit_head select * from kept', 'drop table kept'],
    },
  },
  PostgreSQL: {
    'the table of entries is gone': {
      break: ['alter table audit_events rename to gone'],
      mend: ['alter table gone rename to audit_events'],
    },
    'entries are refused': {
      break: [
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'the disk of the trail is full'; end $$",
        'create trigger refuse before insert on audit_events for each row execute function refuse()',
      ],
      mend: ['drop function refuse cascade'],
    },
    'the head cannot be moved': {
      break: [
        "create function stick() returns trigger language plpgsql as $$ begin raise 'no'; end $$",
        'create trigger stick before update on audit_head for each row execute function stick()',
      ],
      mend: ['drop function stick cascade'],
    },
    'the head is gone': {
      break: ['create table kept as select * from audit_head', 'delete from audit_head'],
      mend: ['insert into audit_head select * from kept', 'drop table kept'],
    },
  },
};

describe.each(Object.keys(databases))('on %s', (name) => {
  let database: DatabaseUnderAttack;
  let apiKeys: ApiKeys<Scope>;

  beforeEach(async () => {
    database = (await databases[name]?.()) as DatabaseUnderAttack;
    const logger = { warn: () => undefined, error: () => undefined };
    apiKeys = createApiKeys<Scope>({
      ...{ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8, logger },
      database: database.database,
    });
    await apiKeys.ready();
  });

  afterEach(async () => {
    await apiKeys.close();
    await database.drop();
  });

  it.each(Object.keys(breakages[name] ?? {}))(
    'R72 no key is made, changed, rotated or revoked while %s, and the answer is 503',
    async (title) => {
      const breakage = breakages[name]?.[title] as Breakage;
      const { id, key } = await apiKeys.keys.as(theApp).create({
        ownerId: 'alice',
        name: 'one',
        scopes: ['orders:read'],
      });
      const stored = async (): Promise<unknown> => [
        await database.query('select * from keys order by id'),
        await database.query('select * from credentials order by key_id, id'),
      ];
      const before = await stored();
      await database.run(...breakage.break);

      const changes: Readonly<Record<string, () => Promise<unknown>>> = {
        create: () => apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'two', scopes: [] }),
        update: () => apiKeys.keys.as(theApp).update({ id, name: 'renamed' }),
        disable: () => apiKeys.keys.as(theApp).update({ id, enabled: false }),
        rotate: () => apiKeys.keys.as(theApp).rotate({ id }),
        revoke: () => apiKeys.keys.as(theApp).revoke({ id }),
        revokeAll: () => apiKeys.keys.as(theApp).revokeAll({ ownerId: 'alice' }),
      };
      for (const [change, make] of Object.entries(changes)) {
        const failure = await make().then(
          () => null,
          (error: unknown) => error,
        );
        expect([change, failure]).toEqual([
          change,
          expect.objectContaining({ code: 'ERR_API_KEYS_UNAVAILABLE', status: 503 }),
        ]);
      }
      expect(await stored()).toEqual(before);

      await database.run(...breakage.mend);
      expect((await apiKeys.keys.verify({ key, scopes: 'orders:read' })).allowed).toBe(true);
      await apiKeys.keys.as(theApp).update({ id, name: 'renamed' });
      const trail = await readTrail(database);
      expect(trail.map(({ sequence, action }) => `${sequence} ${action}`)).toEqual([
        '1 key.created',
        '2 key.updated',
      ]);
      expect(await apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true, entries: 2 });
    },
  );
});
