import type { Settings } from './config.js';
import { createSecondFactors } from './second-factor.js';
import { demoUsers } from './users.js';

/** A shell function that prints values of a JSON document by path, for example `items.0.id`. */
const fieldFunction = `field() { node -pe 'const it = JSON.parse(fs.readFileSync(0)); process.argv.slice(1).map((path) => path.split(".").reduce((at, name) => at?.[name], it)).join("\\n")' "$@"; }`;

/** Another plan, and what it does to the requests of a key. The key is revoked at the end, and the owner is where it was. */
const planStory = `sign_in() { curl -s $APP/signin -H 'Content-Type: application/json' -d '{"username":"'"$1"'","password":"'"$PASSWORD"'"}' | field token; }
ADMIN=$(sign_in admin)
plan() { curl -s -o /dev/null -w " plan $1 -> %{http_code}\\n" -X PUT $APP/api-keys/owners/alice -H "Authorization: Bearer $ADMIN" -H 'Content-Type: application/json' -d '{"plan":"'"$1"'"}'; }
report() { curl -s -o /dev/null -w ' report -> %{http_code}\\n' $APP/report -H "X-API-Key: $KEY"; }

echo; echo 'On the plan pro (200), a key of alice reads the report (200):'
plan pro
CREATED=$(curl -s $APP/api-keys/keys -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"name":"pro key","scopes":["reports:read"]}')
KEY=$(field key <<<"$CREATED"); ID=$(field id <<<"$CREATED")
report

echo; echo 'Moved to free (200), alice is refused on the next request (403); back on pro (200), the same key works again (200):'
plan free; report
plan pro; report
curl -s -o /dev/null -X POST $APP/api-keys/keys/$ID/revoke -H "Authorization: Bearer $TOKEN"; plan free`;

/** What members of one owner may do by their role. */
const formatMemberStory = (
  rotates: string,
): string => `MIA=$(sign_in mia); OSCAR=$(sign_in oscar); VERA=$(sign_in vera)
manage() { curl -s -w ' -> %{http_code}\\n' -X POST $APP/api-keys/keys$2 -H "Authorization: Bearer $1" -H 'Content-Type: application/json' -d "$3"; }

echo; echo 'vera views the keys of acme and may not create one (403), mia manages them and may (201):'
manage $VERA '' '{"name":"key of acme","scopes":["orders:read"]}'
CREATED=$(manage $MIA '' '{"name":"key of acme","scopes":["orders:read"]}'); echo "$CREATED"
ID=$(field id <<<"\${CREATED% -> *}")

echo; echo 'oscar operates them: may rotate the key (${rotates}), may not change it (403), may revoke it (200):'
manage $OSCAR /$ID/rotate '{}'
curl -s -w ' -> %{http_code}\\n' -X PATCH $APP/api-keys/keys/$ID -H "Authorization: Bearer $OSCAR" -H 'Content-Type: application/json' -d '{"scopes":["orders:write"]}'
manage $OSCAR /$ID/revoke '{}'`;

/** Formats what is printed at startup: commands for a second terminal that create, use and revoke keys. */
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
In a browser:
  ${publicUrl}/           sign in; people have their API keys on a settings page
  ${publicUrl}/api-keys/  the page of the keys of who is signed in; for admin, of all keys

Users: alice and bob (owners of keys); mia, oscar and vera (manager, operator and viewer of acme); admin.${passwordNote}
${settings.demoStepUp ? formatSecondFactorLines(settings.pepper) : ''}
Paste this into a second terminal (bash or zsh, with curl and node):

APP=${publicUrl}
PASSWORD=${password}
${fieldFunction}

${requirePassword(signIn)}
${requirePassword(story)}

${requirePassword(planStory)}

${requirePassword(formatMemberStory(settings.demoStepUp ? '403 without a code' : '200'))}
`;
}

/** Anyone who reads these lines can generate the codes of every user: a real app shows such a line once, to that user alone. */
function formatSecondFactorLines(secret: string): string {
  const factors = createSecondFactors(secret);
  const lines = demoUsers.map(({ name }) => `  ${factors.formatUri(name)}`);
  return `\nRotating a key requires a code (DEMO_STEP_UP). For an authenticator app:\n${lines.join('\n')}\n`;
}
