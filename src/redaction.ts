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

/** Names the kind of credential that the text seems to hold, or null. */
export function secretIn(text: string): string | null {
  return shapes.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}
