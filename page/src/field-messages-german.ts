/** What the router says is wrong about a field, and the same in German: the parts in parentheses are taken over. */
const messages: readonly (readonly [RegExp, string])[] = [
  [/^must not be blank$/, 'darf nicht leer sein'],
  [/^must be an? (?:string|list|object)\b.*$/, 'hat nicht die richtige Form'],
  [/^must have at most (\d+) characters$/, 'darf höchstens $1 Zeichen haben'],
  [
    /^must not contain control.*characters$/,
    'darf keine Steuerzeichen und keine unsichtbaren Zeichen enthalten',
  ],
  [/^must not be "\." or "\.\.".*$/, 'darf nicht „.“ oder „..“ sein'],
  [/^must contain at most (\d+) scopes$/, 'darf höchstens $1 Rechte enthalten'],
  [/^must contain only known scopes: (.*)$/, 'darf nur diese Rechte enthalten: $1'],
  [/^must not name a scope twice$/, 'darf kein Recht zweimal nennen'],
  [/^must be empty: no features.*$/, 'muss leer sein: Funktionen sind nicht eingerichtet'],
  [
    /^must contain only known features, each once: (.*)$/,
    'darf nur diese Funktionen enthalten, jede einmal: $1',
  ],
  [/^must not name a feature twice$/, 'darf keine Funktion zweimal nennen'],
  [/^must be a time .*$/, 'muss ein gültiger Zeitpunkt sein'],
  [/^must be a date that exists$/, 'muss ein Tag sein, den es gibt'],
  [/^must be in the future$/, 'muss in der Zukunft liegen'],
  [
    /^must be at most (\S+): API keys end at most (\d+) days after their creation$/,
    'darf höchstens $1 sein: Schlüssel enden spätestens $2 Tage nach ihrer Anlage',
  ],
  [/^must name at least one address.*$/, 'muss mindestens eine Adresse nennen'],
  [/^must contain at most (\d+) (?:entries|ids)$/, 'darf höchstens $1 Einträge enthalten'],
  [
    /^must be an IPv4 or IPv6 address.*$/,
    'muss eine IPv4- oder IPv6-Adresse sein oder ein Netz wie 10.0.0.0/8 oder 2001:db8::/32',
  ],
  [/^must have a plain decimal prefix length.*$/, 'braucht hinter dem Schrägstrich eine Zahl'],
  [/^must have a prefix length of at most (\d+)$/, 'darf hinter dem Schrägstrich höchstens $1 haben'],
  [/^would allow every address.*$/, 'würde jede Adresse erlauben'],
  [/^has bits set after its prefix length.*$/, 'muss mit der ersten Adresse des Netzes beginnen'],
  [/^must be null: no kinds of resources.*$/, 'muss leer sein: Ressourcen sind nicht eingerichtet'],
  [/^must name only known kinds: (.*)$/, 'darf nur diese Arten nennen: $1'],
  [/^must name at least one (?:kind|id).*$/, 'muss mindestens einen Eintrag haben'],
  [/^must not name an id twice$/, 'darf keine Kennung zweimal nennen'],
  [/^must contain at most (\d+) tags$/, 'darf höchstens $1 Schlagwörter enthalten'],
  [/^must not contain a tag twice$/, 'darf kein Schlagwort zweimal enthalten'],
  [/^must not contain commas$/, 'darf keine Kommas enthalten'],
  [/^must contain at most (\d+) limits$/, 'darf höchstens $1 Grenzen enthalten'],
  [/^must not use a name twice$/, 'darf keinen Namen zweimal nennen'],
  [
    /^(?:must be )?a whole number from (\S+) to (\S+?)(?:, or null.*)?$/,
    'muss eine ganze Zahl von $1 bis $2 sein',
  ],
  [/^must have refillAmount and refillIntervalSeconds.*$/, 'braucht zum Auffüllen Menge und Zeitraum'],
  [/^must be a JSON object$/, 'muss ein JSON-Objekt sein'],
  [/^must have at most (\d+) bytes as JSON$/, 'darf als JSON höchstens $1 Byte haben'],
  [/^must be at most (\d+) levels deep$/, 'darf höchstens $1 Ebenen tief sein'],
  [
    /^must not use the names __proto__.*$/,
    'darf die Namen __proto__, constructor und prototype nicht benutzen',
  ],
  [/^must not contain NUL.*$/, 'darf kein NUL und keine halben Zeichen enthalten'],
  [/^must contain only finite numbers$/, 'darf nur endliche Zahlen enthalten'],
  [/^must be one of (.*)$/, 'muss eins davon sein: $1'],
  [/^must be true or false$/, 'muss wahr oder falsch sein'],
  [/^is read-only.*$/, 'lässt sich nicht ändern'],
];

/** Which part of a field a message is about: an entry of a list, or a member by its name. */
const places: readonly (readonly [RegExp, string])[] = [
  [/^entry (\d+): /, 'Eintrag $1: '],
  [/^entry (\d+) /, 'Eintrag $1 '],
  [/^limit /, 'die Zahl der Anfragen '],
  [/^windowSeconds /, 'der Zeitraum '],
  [/^remaining /, 'der Rest '],
  [/^refillAmount /, 'die Menge zum Auffüllen '],
  [/^refillIntervalSeconds /, 'der Zeitraum zum Auffüllen '],
  [/^([a-z][a-z0-9_-]*) (?=must|entry)/, '$1 '],
];

/** Returns a message about a field in German; `null` for one that is not known. */
export function translateFieldMessage(message: string): string | null {
  const whole = messages.find(([pattern]) => pattern.test(message));
  if (whole !== undefined) return message.replace(...whole);
  const place = places.find(([pattern]) => pattern.test(message));
  if (place === undefined) return null;
  const [where = ''] = place[0].exec(message) ?? [];
  const rest = translateFieldMessage(message.slice(where.length));
  return rest === null ? null : where.replace(...place) + rest;
}
