import type { Config } from '#src/config.ts';
import { examinePostgres } from '#src/evidence/postgres-engine.ts';
import { anchorsOf, keyringOf } from '#src/outside.ts';
import { localOrigin } from '#src/signing/key-file.ts';
import { type Found, found } from './check-found.ts';

/** The key is opened and made to sign; each anchor is asked, without publishing anything there. */
export async function checkOutside(config: Config, now: () => number): Promise<Found[]> {
  const key = await found('ledger', 'key', async () => {
    const keyring = await keyringOf(config);
    if (keyring === null) return ['it is made beside the evidence at the first start', besideMend];
    for (const signer of keyring.signers) await signer.sign('holdfast check\n');
    const { origin, besideEvidence } = keyring;
    return besideEvidence === null
      ? [`it signs as ${origin}`, '']
      : [`it signs as ${origin}; it lies beside the evidence, so it protects only up to the last anchor`, besideMend];
  });
  const { origin } = (await keyringOf(config).catch(() => null)) ?? { origin: config.ledger?.origin ?? localOrigin(config.company) };
  const anchors = await Promise.all(
    anchorsOf(config, origin, now).map((anchor) => found(anchor.name, anchor.kind, async () => [await anchor.check(), ''])),
  );
  return [...(await checkSecrets(config)), ...(await checkStore(config)), key, ...anchors];
}

const besideMend = 'Keep it elsewhere with `ledger` in holdfast.yaml, and name `anchors`.';

/** Each secret is looked up. Those that are found are not told: what they open is told below. */
async function checkSecrets({ secrets }: Config): Promise<Found[]> {
  const every = [...new Map(secrets.map((secret) => [secret.ref, secret])).values()];
  const all = await Promise.all(
    every.map((secret) => found(secret.ref, 'secret', async () => [await secret.resolve().then(() => 'found'), ''])),
  );
  return all.filter(({ ok }) => !ok);
}

/** A database is asked for its version and for what would lose evidence; a file needs no asking. */
async function checkStore({ store }: Config): Promise<Found[]> {
  if (typeof store === 'string') return [];
  // Told as a secret already.
  const address = await store.resolve().catch(() => null);
  return address === null ? [] : [await found('store', 'store', async () => [`PostgreSQL ${examinePostgres(address)}`, ''])];
}
