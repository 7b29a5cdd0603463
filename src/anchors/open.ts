import { type Duration, milliseconds } from '#src/duration.ts';
import type { Anchor } from './anchor.ts';
import { type FileSettings, fileAnchor } from './file.ts';
import { type GitSettings, gitAnchor } from './git.ts';
import { type Rfc3161Settings, rfc3161Anchor } from './rfc3161.ts';
import { type S3Settings, s3Anchor } from './s3.ts';
import { type WitnessSettings, witnessAnchor } from './witness.ts';

type Configured<Kind, Settings> = { readonly kind: Kind; readonly every: Duration } & Omit<Settings, 'every' | 'origin' | 'now' | 'token'>;
/** An anchor as the configuration names it. */
export type AnchorSettings =
  | Configured<'file', FileSettings>
  | Configured<'s3', S3Settings>
  | (Configured<'git', GitSettings> & { readonly token?: { resolve(): Promise<string> } })
  | Configured<'rfc3161', Rfc3161Settings>
  | Configured<'witness', WitnessSettings>;

/** An anchor for the ledger of an origin. Nothing is asked yet. */
export function openAnchor(settings: AnchorSettings, { origin, now }: { origin: string; now: () => number }): Anchor {
  const every = milliseconds(settings.every);
  switch (settings.kind) {
    case 'file':
      return fileAnchor({ ...settings, every, origin });
    case 's3':
      return s3Anchor({ ...settings, every, origin, now });
    case 'git': {
      const { token, ...rest } = settings;
      return gitAnchor({ ...rest, every, origin, ...(token && { token: () => token.resolve() }) });
    }
    case 'rfc3161':
      return rfc3161Anchor({ ...settings, every });
    case 'witness':
      return witnessAnchor({ ...settings, every, origin });
  }
}
