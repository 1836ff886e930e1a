import type { Settings } from './config.js';
import { createSecondFactors } from './second-factor.js';
import { demoUsers } from './users.js';

/** A shell function that prints values of a JSON document by path, for example `items.0.id`. */
const fieldFunction = `field() { node -pe 'const it = JSON.parse(fs.readFileSync(0)); process.argv.slice(1).map((path) => path.split(".").reduce((at, name) => at?.[name], it)).join("\\n")' "$@"; }`;

/** Formats what is printed at startup: commands for a second terminal that create, use and revoke a key. */
export function formatLinesToPaste(
  settings: Pick<Settings, 'publicUrl' | 'demoPassword' | 'demoPasswordIsRandom' | 'demoStepUp' | 'pepper'>,
): string {
  const { publicUrl, demoPassword, demoPasswordIsRandom } = settings;
  // A chosen password is not written to the log: the commands read it from the environment. An interactive shell
  // continues after a failed line, so commands that need the password run only if it is set.
  const password = demoPasswordIsRandom
    ? demoPassword
    : '${DEMO_PASSWORD:?export it with the value that the app was started with}';
  const passwordNote = demoPasswordIsRandom ? ` The password of this start is ${demoPassword}` : '';
  const requirePassword = (lines: string): string =>
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
${settings.demoStepUp ? formatSecondFactorLines(settings.pepper) : ''}
Paste this into a second terminal (bash or zsh, with curl and node):

APP=${publicUrl}
PASSWORD=${password}
${fieldFunction}

${requirePassword(signIn)}
${requirePassword(story)}
`;
}

/** Anyone who reads these lines can generate the codes of every user: a real app shows such a line once, to that user alone. */
function formatSecondFactorLines(secret: string): string {
  const factors = createSecondFactors(secret);
  const lines = demoUsers.map(({ name }) => `  ${factors.formatUri(name)}`);
  return `\nRotating a key requires a code (DEMO_STEP_UP). For an authenticator app:\n${lines.join('\n')}\n`;
}
