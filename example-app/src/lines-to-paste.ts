import type { Settings } from './config.js';
import { createSecondFactors } from './second-factor.js';
import { demoUsers } from './users.js';

/** Prints values of a JSON document by their paths, for example `items.0.id`. */
const fieldFunction = `field() { node -pe 'const it = JSON.parse(fs.readFileSync(0)); process.argv.slice(1).map((path) => path.split(".").reduce((at, name) => at?.[name], it)).join("\\n")' "$@"; }`;

/** What is shown at start: the life of a key as lines for a second terminal. */
export function linesToPaste(
  settings: Pick<Settings, 'publicUrl' | 'demoPassword' | 'demoPasswordIsRandom' | 'demoStepUp' | 'pepper'>,
): string {
  const { publicUrl, demoPassword, demoPasswordIsRandom } = settings;
  // A password that somebody chose is not written to the log: the lines take it from the environment. A shell in a
  // terminal goes on with the next line after one that failed, so what needs the password is only run when it is there.
  const password = demoPasswordIsRandom
    ? demoPassword
    : '${DEMO_PASSWORD:?export it with the value that the app was started with}';
  const passwordNote = demoPasswordIsRandom ? ` The password of this start is ${demoPassword}` : '';
  const whenThereIsOne = (lines: string): string =>
    demoPasswordIsRandom ? lines : `if [ -n "$DEMO_PASSWORD" ]; then\n${lines}\nfi`;
  const signIn = `TOKEN=$(curl -s $APP/signin -H 'Content-Type: application/json' -d '{"username":"alice","password":"'"$PASSWORD"'"}' | field token)`;
  const story = `CREATED=$(curl -s $APP/api-keys/keys -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"name":"first key","scopes":["orders:read"]}')
KEY=$(field key <<<"$CREATED"); ID=$(field id <<<"$CREATED")

echo; echo 'A new key of alice reads orders (200) but does not place them (403):'
curl -s -w ' -> %{http_code}\\n' $APP/orders -H "X-API-Key: $KEY"
curl -s -w ' -> %{http_code}\\n' $APP/orders -H "X-API-Key: $KEY" -H 'Content-Type: application/json' -d '{"item":"tea","quantity":2}'

echo; echo 'Revoked (200), it is refused from the next request on (401):'
curl -s -w ' -> %{http_code}\\n' -X POST $APP/api-keys/keys/$ID/revoke -H "Authorization: Bearer $TOKEN"
curl -s -w ' -> %{http_code}\\n' $APP/orders -H "X-API-Key: $KEY"`;
  return `
Users: alice and bob (owners of keys), admin.${passwordNote}
${settings.demoStepUp ? secondFactorLines(settings.pepper) : ''}
Paste this into a second terminal (bash or zsh, with curl and node):

APP=${publicUrl}
PASSWORD=${password}
${fieldFunction}

${whenThereIsOne(signIn)}
${whenThereIsOne(story)}
`;
}

/** Whoever reads these lines can make every code: a real app shows such a line once, to its user alone. */
function secondFactorLines(secret: string): string {
  const factors = createSecondFactors(secret);
  const lines = demoUsers.map(({ name }) => `  ${factors.uriOf(name)}`);
  return `\nTo rotate a key asks for a code (DEMO_STEP_UP). For an authenticator app:\n${lines.join('\n')}\n`;
}
