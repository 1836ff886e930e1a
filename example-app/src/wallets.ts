import { hkdfSync } from 'node:crypto';
import { bech32 } from 'bech32';
import { demoUsers, type User } from './users.js';

/** More than the 90 of BIP 173, because Cardano addresses are longer than those of Bitcoin. */
const maxCharacters = 120;

/**
 * Derives the address of a user's wallet. DeltaDeFi's sign-in takes nothing else, so here the address is derived from the
 * password: it proves knowledge of the password and is as hard to brute-force. A real app requests a signature from the wallet.
 */
export function deriveWallet(userName: string, password: string): string {
  const bytes = new Uint8Array(hkdfSync('sha256', password, '', `example-app wallet of ${userName}`, 57));
  return bech32.encode('addr_test', bech32.toWords(bytes), maxCharacters);
}

/** Creates a function that finds a user by wallet address. */
export function createWallets(password: string): (address: string) => User | null {
  const users = new Map(demoUsers.map((user) => [deriveWallet(user.name, password), user]));
  return (address) => users.get(address) ?? null;
}
