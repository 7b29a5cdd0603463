/** Shapes of credentials that must never be kept, whatever field they turn up in. Collectors keep few fields; this is the second net. */
const shapes: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/],
  ['a Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10,}\b/],
  ['a JSON web token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b/],
  ['an AWS secret access key', /(?:aws_?secret_?access_?key|SecretAccessKey)["'\s:=\\]{1,6}[A-Za-z0-9/+]{40}\b/i],
  ['an AWS session token', /\b(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9/+=]{80,}/],
  ['a Stripe key', /\b[rs]k_live_[A-Za-z0-9]{20,}\b/],
  ['a Google API key', /\bAIza[A-Za-z0-9_-]{35}\b/],
  ['a password in a URL', /:\/\/[^\s/:@"\\]{1,64}:[^\s/@"\\]{1,128}@/],
];

/**
 * What this process was given as a secret, in the ways in which it might be said again. Kept in memory alone, to be taken out of whatever is said
 * or kept: a provider may answer with the very credential that it refuses.
 */
const known = new Set<string>();
let longEnoughToStandAlone: string[] = [];

/** Shorter ones would take words out of everything; of these long enough, an answer that holds one is no accident. */
const shortest = { toTakeOut: 12, toRefuse: 16 };

/** From now on the secret is taken out of what is said, in whole and in the parts that are secret by themselves. */
export function learnSecret(value: string): void {
  const before = known.size;
  for (const part of [value.trim(), ...partsOf(value.trim())])
    for (const way of [part, encodeURIComponent(part), JSON.stringify(part).slice(1, -1)])
      if (way.length >= shortest.toTakeOut) known.add(way);
  if (known.size > before) longEnoughToStandAlone = [...known].filter(({ length }) => length >= shortest.toRefuse);
}

/** The password of an address; the path of one that has none, as of a webhook; the lines of a key. */
function partsOf(value: string): string[] {
  if (value.startsWith('-----BEGIN ')) return value.split('\n').filter((line) => line.length >= 32 && !line.startsWith('-----'));
  const url = URL.parse(value);
  if (!url || url.host === '') return [];
  const path = `${url.pathname}${url.search}`;
  return url.password ? [url.password, decoded(url.password)] : [path, path.slice(1), url.pathname.split('/').at(-1)!];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Variables of the environment whose names say that they hold a secret, whether the configuration refers to them or not. */
export function learnSecretsOf(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env))
    if (value && /(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|ACCESS_KEY|PRIVATE_KEY|API_KEY)$/i.test(name)) learnSecret(value);
}

/** The text without any secret that this process was given. */
export function withoutSecrets(text: string): string {
  let clean = text;
  for (const secret of known) if (clean.includes(secret)) clean = clean.replaceAll(secret, '(secret)');
  return clean;
}

/** Names the kind of credential that the text seems to hold, or null. */
export function secretIn(text: string): string | null {
  if (longEnoughToStandAlone.some((secret) => text.includes(secret))) return 'a secret of ours';
  return shapes.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}
