import { compare, hash } from 'bcryptjs';

/** Who can sign in. A real app has its own tables of users and of the members of organizations. */
export interface User {
  readonly name: string;
  /** Whose keys the user manages: the user's own, or those of an organization; `null` for admins, who manage all keys. */
  readonly ownerId: string | null;
  /** What a member may do with the keys of its organization. People who own their keys are managers of these. */
  readonly role: 'viewer' | 'operator' | 'manager';
}

/** The users of this service and their authentication. */
export interface Users {
  /** `null` when the name or the password is wrong; both take the same time. */
  authenticate(name: string, password: string): Promise<User | null>;
  /** The user as it is now; `null` when there is none. */
  find(name: string): User | null;
}

/** All users of this service. */
export const demoUsers: readonly User[] = [
  { name: 'alice', ownerId: 'alice', role: 'manager' },
  { name: 'bob', ownerId: 'bob', role: 'manager' },
  { name: 'mia', ownerId: 'acme', role: 'manager' },
  { name: 'oscar', ownerId: 'acme', role: 'operator' },
  { name: 'vera', ownerId: 'acme', role: 'viewer' },
  { name: 'admin', ownerId: null, role: 'manager' },
];

const bcryptCost = 10;

/** Creates the demo users, all with the same password, kept as bcrypt hashes in memory. */
export function createDemoUsers(password: string): Users {
  const hashes = new Map(demoUsers.map(({ name }) => [name, hash(password, bcryptCost)]));
  // For an unknown name a hash is compared as well, so that the timing does not reveal which names exist.
  const nobody = hash('', bcryptCost);
  const find = (name: string): User | null => demoUsers.find((user) => user.name === name) ?? null;

  return {
    async authenticate(name, candidate) {
      const isValid = await compare(candidate, await (hashes.get(name) ?? nobody));
      return isValid ? find(name) : null;
    },
    find,
  };
}
