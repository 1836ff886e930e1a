import { demoUsers } from './users.js';
import { deriveWallet } from './wallets.js';

const [userName = ''] = process.argv.slice(2);
const password = process.env['PASSWORD'] ?? '';
if (password === '' || !demoUsers.some(({ name }) => name === userName)) {
  console.error(`Usage: PASSWORD=… node show-wallet.js ${demoUsers.map(({ name }) => name).join('|')}`);
  process.exit(2);
}
console.log(deriveWallet(userName, password));
