import { parseActor } from '../../lib/domain/parse-actor.js';

const apiKey = { id: 'key', ownerId: 'alice', scopes: [] };

describe('parseActor', () => {
  it.each([
    { kind: 'owner', ownerId: 'alice' },
    { kind: 'owner', ownerId: 'org:7', memberId: 'user:42' },
    { kind: 'owner', ownerId: 'org:7', memberId: 'user:42', memberName: "Olga O'Hara 🦊" },
    { kind: 'admin', id: 'root' },
    { kind: 'key', apiKey },
  ])('takes %j', (actor) => {
    const parsed = parseActor(actor);
    expect(parsed).toEqual(actor);
    expect(parsed).not.toBe(actor);
  });

  it.each([
    [{ kind: 'owner', ownerId: 'alice' }, 'kind, ownerId, memberId, memberName'],
    [{ kind: 'admin', id: 'root' }, 'kind, id'],
    [{ kind: 'key', apiKey }, 'kind, apiKey'],
  ])('names the unknown member of %j and what is accepted', (actor, known) => {
    const value = 'a value that must not be shown';
    for (const name of ['more', 'Role', 'memberid', 'scopes']) {
      let message = '';
      try {
        parseActor({ ...actor, [name]: value });
      } catch (error) {
        message = String(error);
      }
      expect(message).toMatch(new RegExp(`^TypeError: ${name} is not accepted here; `));
      expect(message).toContain(`an actor of the kind ${actor.kind} has ${known}`);
      expect(message).not.toContain(value);
    }
    expect(() => parseActor({ ...actor, sk_live_4kJ9vX2mQ8rT5wZ1: 1 })).toThrow(
      /^the actor contains an unknown name/,
    );
  });

  it('takes the name of a member that is undefined as left out, since it bounds nothing', () => {
    expect(parseActor({ kind: 'owner', ownerId: 'org:7', memberId: 'm', memberName: undefined })).toEqual({
      kind: 'owner',
      ownerId: 'org:7',
      memberId: 'm',
    });
  });

  it.each([
    [undefined, /^expected \{ kind: 'owner', ownerId \}/],
    [null, /^expected/],
    ['admin', /^expected/],
    [{}, /^expected/],
    [{ kind: 'application' }, /^expected/],
    [{ kind: 'owner' }, /^ownerId must be a string$/],
    [{ kind: 'owner', ownerId: ' ' }, /^ownerId must not be blank$/],
    [{ kind: 'owner', ownerId: ['alice'] }, /^ownerId/],
    [
      { kind: 'owner', ownerId: 'org:7', memberId: undefined },
      /^memberId is undefined; leave it out, or set it$/,
    ],
    [{ kind: 'owner', ownerId: 'org:7', memberId: null }, /^memberId must be a string$/],
    [{ kind: 'owner', ownerId: 'org:7', memberId: '' }, /^memberId must not be blank$/],
    [{ kind: 'owner', ownerId: 'org:7', memberId: 'x'.repeat(201) }, /^memberId must have at most 200/],
    [{ kind: 'owner', ownerId: 'org:7', memberId: 'm', memberName: 7 }, /^memberName must be a string$/],
    [{ kind: 'owner', ownerId: 'org:7', memberId: 'm', memberName: 'a\nb' }, /^memberName must not contain/],
    [{ kind: 'owner', ownerId: 'org:7', memberId: 'm', memberName: 'x'.repeat(101) }, /^memberName/],
    [{ kind: 'owner', ownerId: 'org:7', memberName: 'Olga' }, /^memberName needs the memberId/],
    [{ kind: 'admin', id: 1 }, /^id must be a string$/],
    [{ kind: 'key' }, /^apiKey must be the req\.apiKey/],
    [{ kind: 'key', apiKey: 'key' }, /^apiKey/],
    [{ kind: 'key', apiKey: { ...apiKey, scopes: undefined } }, /^apiKey/],
  ])('refuses %j', (value, message) => {
    expect(() => parseActor(value)).toThrow(message);
    expect(() => parseActor(value)).toThrow(TypeError);
  });
});
