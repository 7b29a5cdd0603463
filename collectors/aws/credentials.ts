import type { AwsCredentials, CredentialSource } from './sdk.ts';

const minute = 60_000;

/** The SDK's own chain: environment, profile, web identity, container, instance. Read anew each time, for files are rewritten. */
export const chainOf =
  (region: string): CredentialSource =>
  async () => {
    const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
    return fromNodeProviderChain({ ignoreCache: true, clientConfig: { region } })();
  };

/**
 * Asks the source once until five minutes before its credentials expire. Credentials that do not say when they expire are held for an
 * hour, because someone may renew them where they came from.
 */
export function remembered(source: CredentialSource, now: () => number): CredentialSource {
  let held: Promise<AwsCredentials> | undefined;
  let until = 0;
  return () => {
    if (held && now() < until) return held;
    until = Number.POSITIVE_INFINITY;
    const asked = source().then((credentials) => {
      const expiration = credentials.expiration ?? new Date(now() + 60 * minute);
      until = expiration.getTime() - 5 * minute;
      return { ...credentials, expiration };
    });
    held = asked;
    asked.catch(() => {
      held = undefined;
    });
    return asked;
  };
}
