import { openAgent } from '#src/agent.ts';
import { checkSlack } from '#src/alerts/slack-check.ts';
import { AnchorFault, type AnchorKind } from '#src/anchors/anchor.ts';
import type { Connection, FoundPlace } from '#src/collector.ts';
import type { Config } from '#src/config.ts';
import { type Collected, collectScope } from '#src/cycle/collect.ts';
import { labelOf, scopeDeclaration } from '#src/cycle/declared.ts';
import { HoldfastError } from '#src/errors.ts';
import { openLog } from '#src/log.ts';
import { anchorsOf, keyringOf } from '#src/outside.ts';
import { explainUnread, isUnread, type Unread } from '#src/population.ts';
import { collectors, rules } from '#src/registry.ts';
import { inspectedBy } from '#src/rule.ts';
import { localOrigin } from '#src/signing/key-file.ts';
import type { Command } from './command.ts';
import { printable } from './text.ts';

interface Reading {
  readonly connection: string;
  readonly place: string;
  readonly collector: string;
  readonly population: string;
  readonly items: number | null;
  /** What could not be read: the whole population, or fields of it with how many items they are missing from. */
  readonly unread: readonly { readonly field: string | null; readonly items: number; readonly why: Unread }[];
  /** Rules that stay unobserved for it. */
  readonly rules: readonly string[];
}

export const check: Command = {
  summary: 'Connects to everything, read-only, and lists what each collector may and may not read, and which rules stay unobserved for it.',
  usage: 'check',
  run: async ({ config, now, answer, stderr }) => {
    const settings = config();
    await Promise.all(settings.secrets.map((secret) => secret.resolve()));
    const agent = await openAgent({ config: { ...settings, store: ':memory:' }, log: openLog('silent'), now });
    try {
      const readings: Reading[] = [];
      for (const connection of agent.connections) {
        const without = settings.connections.find(({ id }) => id === connection.id)?.without ?? [];
        readings.push(
          ...(await readAll(connection, without, scopeDeclaration(settings.scope), (text) => stderr.isTTY && stderr.write(text))),
        );
      }
      const outside = [...(await checkOutside(settings, now)), ...(await checkAlerts(settings))];
      answer(
        [...readings, ...outside],
        () => (readings.map(line).join('') || 'There is no connection in the configuration.\n') + outside.map(outsideLine).join(''),
      );
      const lost = agent.connections.some(({ id }) => readings.every(({ connection, items }) => connection !== id || items === null));
      if (lost) return 3;
      return outside.every(({ ok }) => ok) ? 0 : 2;
    } finally {
      await agent[Symbol.asyncDispose]();
    }
  },
};

/** What was found of the signing key, an anchor, or Slack. */
interface OutsideReading {
  readonly outside: string;
  readonly kind: 'key' | 'slack' | AnchorKind;
  readonly ok: boolean;
  readonly says: string;
  readonly mend: string;
}

/** The key is opened and made to sign; each anchor is asked, without publishing anything there. */
async function checkOutside(config: Config, now: () => number): Promise<OutsideReading[]> {
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
  return [key, ...anchors];
}

/** Slack is asked for everything that telling people needs; nothing is posted. */
async function checkAlerts({ alerts: { slack, webhook, routes } }: Config): Promise<OutsideReading[]> {
  const channels = [...(slack ? [slack.channel] : []), ...routes.map(({ channel }) => channel)];
  const readings = await checkSlack({ channels, ...(slack && { slack }), ...(webhook && { webhook }) });
  return readings.map(({ part, ...told }) => ({ outside: part, kind: 'slack', ...told }));
}

const besideMend = 'Keep it elsewhere with `ledger` in holdfast.yaml, and name `anchors`.';

async function found(
  outside: string,
  kind: OutsideReading['kind'],
  ask: () => Promise<[says: string, mend: string]>,
): Promise<OutsideReading> {
  try {
    const [says, mend] = await ask();
    return { outside, kind, ok: true, says, mend };
  } catch (error) {
    if (error instanceof AnchorFault) return { outside, kind, ok: false, says: error.message, mend: error.mend };
    if (error instanceof HoldfastError) return { outside, kind, ok: false, says: error.message, mend: error.remedy };
    throw error;
  }
}

const outsideLine = ({ outside, kind, ok, says, mend }: OutsideReading): string =>
  `${ok ? 'ok    ' : 'FAILED'}  ${kind === 'key' ? 'signing key' : kind === 'slack' ? printable(outside) : `anchor ${printable(outside)} (${kind})`}: ${printable(says)}\n${mend ? `          ${printable(mend)}\n` : ''}`;

async function readAll(
  connection: Connection,
  without: readonly string[],
  declaration: ReturnType<typeof scopeDeclaration>,
  progress: (text: string) => unknown,
): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const place of await connection.places()) {
    if (declaration.of(labelOf(connection.provider, place)).is === 'out') continue;
    const own = collectors.filter(
      ({ id, per }) =>
        id.startsWith(`${connection.provider}-`) &&
        !without.includes(id) &&
        ((per === 'account') === (place.region === 'global') || place.account === 'unknown'),
    );
    if (place.unread && own.length === 0)
      readings.push({
        connection: connection.id,
        place: labelOf(connection.provider, place),
        collector: '',
        population: '',
        items: null,
        unread: [
          {
            field: null,
            items: 0,
            why: place.unread,
          },
        ],
        rules: [],
      });
    const transport = place.unread ? null : connection.open(place);
    for (const collector of own) {
      progress(`\r\u001b[K${connection.id} ${labelOf(connection.provider, place)} ${collector.id}`);
      const collected: Collected = transport
        ? await collectScope(collector, place, transport)
        : { status: 'failed', unread: place.unread!, calls: [] };
      readings.push(readingOf(connection, place, collector, collected));
    }
  }
  progress('\r\u001b[K');
  return readings;
}

function readingOf(
  connection: Connection,
  place: FoundPlace,
  { id, population }: (typeof collectors)[number],
  collected: Collected,
): Reading {
  const common = { connection: connection.id, place: labelOf(connection.provider, place), collector: id, population: population.type };
  const inspecting = (fields: readonly string[] | null) =>
    rules
      .filter((rule) =>
        inspectedBy(rule).some(
          (each) => each.population.type === population.type && (fields === null || each.fields.some((field) => fields.includes(field))),
        ),
      )
      .map((rule) => rule.id);
  if (collected.status === 'failed')
    return { ...common, items: null, unread: [{ field: null, items: 0, why: collected.unread }], rules: inspecting(null) };
  const missing = new Map<string, { field: string; items: number; why: Unread }>();
  for (const { item } of collected.items)
    for (const [field, value] of Object.entries(item))
      if (isUnread(value))
        missing.set(`${field} ${value.call} ${value.unread}`, {
          field,
          items: (missing.get(`${field} ${value.call} ${value.unread}`)?.items ?? 0) + 1,
          why: value,
        });
  return {
    ...common,
    items: collected.items.length,
    unread: [...missing.values()],
    rules: missing.size > 0 ? inspecting([...missing.values()].map(({ field }) => field)) : [],
  };
}

function line({ connection, place, collector, items, unread, rules: lost }: Reading): string {
  const head = `${unread.length === 0 ? 'ok    ' : items === null ? 'UNREAD' : 'partly'}  ${connection}  ${place}  ${collector}: ${items === null ? 'not read' : `${items} items`}\n`;
  const why = unread
    .map(({ field, items: count, why }) => `          ${field === null ? '' : `${field} of ${count}: `}${explainUnread(why)}\n`)
    .join('');
  return (
    printable(head.trimEnd()) +
    '\n' +
    why
      .split('\n')
      .map((text) => printable(text))
      .join('\n') +
    (lost.length > 0 ? `          stays unobserved: ${lost.join(', ')}\n` : '')
  );
}
