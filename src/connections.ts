import type { Logger } from 'pino';
import { connectAws } from '#collectors/aws/client.ts';
import { limitCalls } from '#collectors/aws/limits.ts';
import { connectGithub } from '#collectors/github/client.ts';
import { connectScim } from '#collectors/scim/client.ts';
import type { Connection } from '#src/collector.ts';
import type { Connection as Configured } from '#src/config.ts';
import type { ScopeDeclaration } from '#src/cycle/declared.ts';
import type { Reserve } from '#src/schedule/queue.ts';

interface Surroundings {
  readonly declaration: ScopeDeclaration;
  readonly log: Logger;
  readonly now: () => number;
  /** Where several processes share a provider's quota: how many ms to wait before one more call. */
  readonly reserve?: Reserve | undefined;
}

/** Opens a configured connection. Nothing is asked of the provider yet; secrets are looked up when they are needed, never kept. */
export async function connect(configured: Configured, { declaration, now, reserve }: Surroundings): Promise<Connection> {
  switch (configured.provider) {
    case 'aws': {
      const { id, accounts, regions, region, endpoint } = configured;
      const settings = {
        id,
        ...(accounts && {
          accounts: accounts.map(({ externalId, ...account }) => ({
            ...account,
            ...(externalId && { externalId: () => externalId.resolve() }),
          })),
        }),
        ...(regions && { regions }),
        ...(region !== undefined && { region }),
        ...(endpoint !== undefined && { endpoint }),
        outOfScope: (label: string) => declaration.of(`aws:${label}`).is === 'out',
      };
      return connectAws(settings, { now, limit: limitCalls(reserve) });
    }
    case 'github': {
      const { id, organization, endpoint, credential } = configured;
      const own =
        'token' in credential
          ? { token: () => credential.token.resolve() }
          : { app: { ...credential.app, privateKey: () => credential.app.privateKey.resolve() } };
      return connectGithub({ id, organization, ...(endpoint !== undefined && { endpoint }), ...own });
    }
    case 'scim': {
      const { id, endpoint, token } = configured;
      return connectScim({ id, endpoint, token: () => token.resolve() });
    }
  }
}
