import { hkdfSync } from 'node:crypto';
import { bech32 } from 'bech32';
import { demoUsers, type User } from './users.js';

/** Longer than Bitcoin's addresses, as those of Cardano are. */
const maxCharacters = 120;

/**
 * The address of a user's wallet. DeltaDeFi's sign-in takes nothing else, so here it is made of the password: whoever
 * knows the one knows the other, and nobody guesses it. A real app asks the wallet to sign something.
 */
export function walletOf(userName: string, password: string): string {
  const bytes = new Uint8Array(hkdfSync('sha256', password, '', `example-app wallet of ${userName}`, 57));
  return bech32.encode('addr_test', bech32.toWords(bytes), maxCharacters);
}

/** Finds users by their wallets. */
export function createWallets(password: string): (address: string) => User | null {
  const users = new Map(demoUsers.map((user) => [walletOf(user.name, password), user]));
  return (address) => users.get(address) ?? null;
}
