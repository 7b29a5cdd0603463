import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { actionsCompanion } from '#src/actions/companion.ts';
import { type Desk, openDesk } from '#src/actions/desk.ts';
import { actionsPart, type Inbox, openInbox } from '#src/actions/inbox.ts';
import { openAlerting, openButtons } from '#src/alerting.ts';
import type { Alerts } from '#src/alerts/alerts.ts';
import type { ListedAlert } from '#src/alerts/list.ts';
import { defaultChannel } from '#src/alerts/slack-open.ts';
import { stepsProblem } from '#src/alerts/steps.ts';
import { alertPart } from '#src/alerts/tables.ts';
import { alertMeasures, lettersOf, lettersProblem, tallyOf } from '#src/alerts/tally.ts';
import type { Connection } from '#src/collector.ts';
import type { Companion } from '#src/companion.ts';
import { besideEvidence, type Config } from '#src/config.ts';
import { connect } from '#src/connections.ts';
import { type Controls, controlsDocument, loadControls, parametersAt } from '#src/controls.ts';
import { criteriaIn } from '#src/criteria.ts';
import { type CycleOutcome, runCycle } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { HoldfastError } from '#src/errors.ts';
import { openPostgres } from '#src/evidence/postgres.ts';
import { openSqlite, type SqliteOptions } from '#src/evidence/sqlite.ts';
import { type EvidenceStore, type RuleSet, type Scope, scopeKey } from '#src/evidence/store.ts';
import { type Operations, openOperations, type Part } from '#src/operations/operations.ts';
import { keyringOf, newKeyring, type OutsideStatus, openOutside, outsideStatus } from '#src/outside.ts';
import { collectors, personalPopulations, ruleSetOf, rules, ruleVersions } from '#src/registry.ts';
import { recordProgram } from '#src/replay/program.ts';
import type { Reporting } from '#src/report/context.ts';
import { openReport } from '#src/report/report.ts';
import type { Report } from '#src/report/types.ts';
import { dailyRetention } from '#src/retention.ts';
import { queuePart } from '#src/schedule/embedded.ts';
import { openQueue } from '#src/schedule/open.ts';
import { openRereads, rereadPart } from '#src/schedule/rereads.ts';
import type { Keyring } from '#src/signing/keyring.ts';
import type { Signs } from '#src/vitals/signs.ts';
import { vitalsPart } from '#src/vitals/vitals.ts';
import { periodsOf } from '#src/vitals/watched.ts';
import { waiverNotices } from '#src/waiver-notices.ts';
import { openWho } from '#src/who/who.ts';

export interface AgentOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Epoch ms; the only clock of the agent. */
  readonly now: () => number;
  /** Reads the evidence beside a running agent; cannot run cycles. */
  readonly readOnly?: boolean;
  /** In place of the configured connections: recordings, doubles. */
  readonly connections?: readonly Connection[];
  /** The example company: rebuilt at each start, so that its store need not survive a power cut. */
  readonly example?: boolean;
  /** Works for good: alerts, takes orders, tells how it is. Otherwise it looks, records, and ends. */
  readonly operating?: boolean;
  /** Once it aborts the running cycle is given up, and none is begun. */
  readonly signal?: AbortSignal;
  /** The signs of life of this process, which outlive the agent. */
  readonly signs?: Signs;
}

/** How to look: at everything now, or at what is due; and who is told how far it is. */
interface Look {
  readonly everything?: boolean;
  readonly progress?: (connection: string, done: number, of: number) => void;
}

export interface Agent extends AsyncDisposable {
  readonly config: Config;
  readonly controls: Controls;
  readonly connections: readonly Connection[];
  readonly store: EvidenceStore;
  /** The evidence as of now, or as of an instant. */
  report(asOf?: number): Report;
  /** What a report as of an instant is made from. */
  reporting(asOf: number): Reporting;
  /** The rules in force at an instant, with the parameters of the controls. */
  ruleSetAt(instant: number): RuleSet;
  /** Runs a cycle of every connection that has a due collector, one after the other. Returns what was committed. */
  runDue(how?: Look): Promise<CycleOutcome[]>;
  /** What people order is put here; null where the agent does not work for good. */
  readonly inbox: Inbox | null;
  /** Takes orders from an inbox, which this agent, as the one that writes, then records. */
  desk(inbox: Inbox): Desk;
  /** What is told as wrong now, the worst first; `unknown` before that was ever worked out, null where nobody watches. */
  alerts(): readonly ListedAlert[] | 'unknown' | null;
  /** The keys that sign; null where the evidence is only read, or kept in memory. */
  readonly keyring: Keyring | null;
  /** Resolves when no checkpoint is being published, or after this many milliseconds. */
  published(atMost: number): Promise<void>;
}

/** The evidence of another agent, for reading only. Errors: as of any store. */
export const openForReading = (file: string): EvidenceStore => openSqlite(file, { readOnly: true });

/** The composition root: the only place where the configuration becomes adapters. */
export async function openAgent({
  config,
  log,
  now,
  readOnly = false,
  connections: given,
  example = false,
  operating = false,
  signal,
  signs,
}: AgentOptions): Promise<Agent> {
  const controls = loadControls(config.controls ? [config.controls] : [], { timeZone: config.timeZone, rules });
  const { store, keyring } = await openSigned(config, {
    readOnly,
    requestIdDays: 90,
    personal: personalPopulations(),
    ...(example && { synchronous: 'OFF' as const }),
  });
  // What is open is closed again, the latest first, whatever fails on the way.
  await using opening = new AsyncDisposableStack();
  opening.use(store);
  const outside = keyring && openOutside({ config, store, keyring, log, now });
  opening.defer(async () => {
    await outside?.settled(5_000);
    outside?.close();
  });
  const declaration = scopeDeclaration(config.scope);
  const operations = opening.use(operating ? await openBeside(config) : null);
  const rereads = operations && openRereads(operations);
  const queue = opening.use(
    operations && (await openQueue(config, operations, { now, warn: (reason) => log.warn({ reason }, 'the queue is away') })),
  );
  const opened =
    given ??
    (readOnly
      ? []
      : await Promise.all(config.connections.map((connection) => connect(connection, { declaration, log, now, reserve: queue?.reserve }))));
  for (const connection of opened) opening.defer(() => connection.close());
  const connections = signs ? opened.map(signs.meter.counting) : opened;
  const versions = ruleVersions();
  const keepOrder = dailyRetention(store, config.retention);
  const memory = newMemory();
  const parametersOf = (rule: string, instant: number) => parametersAt(controls, rule, instant);

  /** The rules in force change only when a version of a control begins. */
  const inForce = new Map<number, RuleSet>();
  const ruleSetAt = (instant: number): RuleSet => {
    const since = Math.max(-Infinity, ...controls.versions.map(({ start }) => start).filter((start) => start <= instant));
    return (
      inForce.get(since) ??
      inForce
        .set(
          since,
          ruleSetOf(versions, (rule) => parametersOf(rule, instant)),
        )
        .get(since)!
    );
  };
  const outsideAt = (asOf: number): OutsideStatus => outside?.status(asOf) ?? outsideStatus(config, store, asOf);
  let recorded = false;

  async function runDue({ everything = false, progress }: Look = {}): Promise<CycleOutcome[]> {
    const outcomes: CycleOutcome[] = [];
    for (const { beforeCycles } of companions) beforeCycles?.();
    for (const connection of connections) {
      if (signal?.aborted) break;
      const refused = outside?.refusal();
      if (refused) throw refused;
      const settings = config.connections.find(({ id }) => id === connection.id);
      const instant = now();
      if (!recorded) {
        await recordProgram(store, instant);
        await store.append('controls', instant, controlsDocument(controls));
      }
      recorded = true;
      const cycle = runCycle(connection, store, {
        collectors: collectors.filter(({ id }) => id.startsWith(`${connection.provider}-`) && !settings?.without.includes(id)),
        rules,
        ruleSet: ruleSetAt(instant),
        declaration,
        every: settings?.every ?? {},
        memory,
        now,
        everything,
        ...(queue && { collect: queue.collect }),
        ...(rereads && { again: rereads.due(instant) }),
        ...(signal && { signal }),
        ...(progress && { progress: (done: number, of: number) => progress(connection.id, done, of) }),
      });
      const outcome = await cycle.catch((error: unknown) => {
        signs?.meter.interrupted(connection.id);
        if (!signal?.aborted || error !== signal.reason) throw error;
        log.warn({ connection: connection.id, asOf: new Date(instant).toISOString() }, 'cycle given up: the agent stops');
        return null;
      });
      if (!outcome) continue;
      outcomes.push(outcome);
      rereads?.looked(
        outcome.record.scopes.map(({ scope }) => scopeKey(scope)),
        outcome.record.asOf,
      );
      logCycle(log, outcome);
    }
    if (signal?.aborted) return tell(outcomes);
    rereads?.keepOnly(isLookedAt);
    const purged = await keepOrder(now()).catch(notScrubbed(log));
    if (purged && purged.documents > 0) log.info({ documents: purged.documents, bytes: purged.bytes }, 'purged by policy');
    outside?.nudge();
    return tell(outcomes);
  }

  function isLookedAt(scope: string): boolean {
    const held = store.held.get(scope);
    return held?.retired === null && connections.some(({ id }) => id === held.scope.connection);
  }

  async function tell(outcomes: CycleOutcome[]): Promise<CycleOutcome[]> {
    for (const { afterCycles } of companions) await afterCycles?.(outcomes);
    return outcomes;
  }

  const reporting = (asOf: number): Reporting => ({
    store: store.reading(),
    rules,
    controls,
    asOf,
    example,
    company: config.company,
    criteria: criteriaIn(config.categories),
    timeZone: config.timeZone,
    declared: config.window ?? null,
    thresholds: { coverage: config.coverage.atLeastPercent / 100, gap: config.coverage.longestGapHours * 3_600_000 },
    parametersAt: parametersOf,
    outside: () => outsideAt(asOf),
  });

  const inbox = operations && openInbox(operations, now);
  const desk = (orders: Inbox): Desk =>
    openDesk({
      inbox: orders,
      store,
      people: config.people,
      longestDays: config.waivers.longestDays,
      rules: new Set(rules.map(({ id }) => id)),
      report: () => openReport(reporting(now())),
      now,
      refusal: () => outside?.refusal(),
      recorded() {
        outside?.nudge();
        void alerts?.tick();
      },
      ...(alerts && { alerts }),
    });
  const companions: Companion[] = [];
  let alerts: Alerts | null = null;
  const noticed = waiverNotices(store);
  const accompany = (): void => {
    if (!operations || !inbox) return;
    let buttons: ReturnType<typeof openButtons> = null;
    const who = openWho({ connections, configured: config.connections, now });
    alerts = openAlerting({
      config,
      controls,
      store,
      operations,
      ...who,
      waivers: noticed,
      outside: outsideAt,
      troubles: [...(signs ? [signs.troubles] : []), ...(queue ? [queue.watch.troubles] : []), (at: number) => buttons?.troubles(at) ?? []],
      ...(signs && { delivered: (seconds: number) => signs.meter.delivered(seconds) }),
      ...(rereads && { reread: (scopes: readonly Scope[]) => rereads.ask(scopes.map(scopeKey), now()) }),
      log,
      now,
    });
    companions.push(alerts);
    buttons = openButtons({ config, actions: inbox, alerts, log, now });
    if (buttons) companions.push(buttons);
    companions.push(actionsCompanion({ inbox, desk: desk(inbox), log }));
    if (signs)
      companions.push(
        signs.accompany(
          {
            store,
            signs: keyring !== null,
            outside: outsideAt,
            operations,
            periods: periodsOf(config, collectors),
            problems: (at) => [
              ...(queue?.watch.problems() ?? []),
              ...(defaultChannel(config.alerts) === null ? [] : lettersProblem(lettersOf(operations), at)),
              ...(alerts ? stepsProblem(alerts.lastStep(), at) : []),
            ],
            measures: [async () => alertMeasures(tallyOf(operations), now()), ...(queue ? [queue.watch.measures] : [])],
          },
          connections,
        ),
      );
  };

  await outside?.begin();
  accompany();
  opening.defer(async () => void (await Promise.all(companions.map((companion) => companion.close()))));
  const open = opening.move();
  return {
    config,
    controls,
    connections,
    store,
    keyring,
    inbox,
    desk,
    runDue,
    alerts: () => (alerts === null || alerts.known() ? (alerts?.list() ?? null) : 'unknown'),
    ruleSetAt,
    report: (asOf = now()) => openReport(reporting(asOf)),
    reporting,
    published: async (atMost) => outside?.settled(atMost),
    async [Symbol.asyncDispose]() {
      await open.disposeAsync();
    },
  };
}

/**
 * The store and the keys that sign it. A key of our own is made once it is certain that the ledger was never signed by another; what is kept
 * in memory is not signed.
 */
async function openSigned(config: Config, options: SqliteOptions): Promise<{ store: EvidenceStore; keyring: Keyring | null }> {
  if (options.readOnly || config.store === ':memory:') return { store: await openStore(config.store, options), keyring: null };
  let keyring = await keyringOf(config);
  if (keyring === null) {
    await (await openStore(config.store, options))[Symbol.asyncDispose]();
    keyring = newKeyring(config);
  }
  return { store: await openStore(config.store, { ...options, signers: keyring.signers }), keyring };
}

/** A path is a file of SQLite, a secret the address of a database. */
async function openStore(store: Config['store'], options: SqliteOptions): Promise<EvidenceStore> {
  if (typeof store !== 'string') return openPostgres(await store.resolve(), options);
  if (!options.readOnly && store !== ':memory:') mkdirSync(dirname(store), { recursive: true });
  return openSqlite(store, options);
}

/** What is remembered and is no evidence, and who remembers it. */
const parts: readonly Part[] = [queuePart, rereadPart, actionsPart, alertPart, vitalsPart];

/** Opens it where the evidence is. */
export async function openBeside(config: Config): Promise<Operations> {
  const { store } = config;
  if (typeof store !== 'string') return openOperations(await store.resolve(), parts);
  return openOperations(store === ':memory:' ? store : besideEvidence(config, 'operations.db'), parts);
}

/** What was purged by policy is purged and signed by then; that readers still keep its pages alive is no reason to stop looking. */
const notScrubbed =
  (log: Logger) =>
  (error: unknown): null => {
    if (!(error instanceof HoldfastError) || !['STORE_NOT_SCRUBBED', 'STORE_LOCKED'].includes(error.code)) throw error;
    log.warn({ code: error.code }, error.message);
    return null;
  };

function logCycle(log: Logger, { head, record }: CycleOutcome): void {
  const failed = record.scopes.flatMap((scope) => (scope.status === 'failed' ? [scope] : []));
  const changes = record.scopes.reduce((total, scope) => total + (scope.status === 'complete' ? scope.changes.length : 0), 0);
  log.info(
    {
      connection: record.connection,
      asOf: new Date(record.asOf).toISOString(),
      ms: record.ended - record.asOf,
      scopes: record.scopes.length,
      failed: failed.length,
      changes,
      ledger: head.size,
    },
    'cycle committed',
  );
  for (const { scope, unread } of failed) log.warn({ scope, ...unread }, 'scope not read');
  for (const { scope, reason } of record.retired) log.info({ scope, reason }, 'scope retired');
}
