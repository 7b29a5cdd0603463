import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { actionsPart, openInbox } from '#src/actions/inbox.ts';
import type { AlertMessage } from '#src/alerts/message.ts';
import { put, take } from '#src/alerts/outbox.ts';
import { noAlerts } from '#src/alerts/state.ts';
import { alertPart, load, save } from '#src/alerts/tables.ts';
import { type Operations, openOperations } from '#src/operations/operations.ts';
import { queuePart } from '#src/schedule/embedded.ts';
import { postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';

const parts = [queuePart, actionsPart, alertPart];
const mallory = 'mallory@example.com';
const words = ['00u-2', mallory, 'Mallory "Mal" Ø'];
/** What must not be left of her, in whatever case. */
const tracesIn = (bytes: string) => ['mallory', '00u-2'].filter((trace) => bytes.toLowerCase().replaceAll('00u-22', '').includes(trace));

type AlertOf = Parameters<typeof save>[2] extends { alerts: ReadonlyMap<string, infer One> } ? One : never;

function alertOf(id: string, item: string, more: object = {}): AlertOf {
  const key = `drift\nidp.mfa\npeople\n${item}`;
  const condition = { key, item, name: item, headline: 'Somebody has no second factor', changes: [] };
  const members = new Map([[key, { condition, joined: 1, ended: null }]]);
  return { id, resolved: null, opened: 1, acknowledged: null, by: null, members, ...more } as unknown as AlertOf;
}

function fill(operations: Operations): void {
  const own = alertOf('HF-OWN', '00u-2');
  const actor = alertOf('HF-ACTOR', '00u-7', { by: { known: true, events: [{ who: mallory.toUpperCase() }] } });
  const diff = alertOf('HF-DIFF', '00u-8', { changes: [{ before: JSON.stringify(words[2]), after: null }] });
  const other = alertOf('HF-OTHER', '00u-22', { acknowledged: { by: 'dana@example.com', until: 9, note: 'a marmalade' } });
  const alerts = new Map([own, actor, diff, other].map((alert) => [alert.id, alert]));
  const flips = new Map([...alerts.values()].flatMap(({ members }) => [...members.keys()].map((key) => [key, { scope: 's', at: [1] }])));
  operations.transaction(() => {
    save(operations, noAlerts, { ...noAlerts, alerts, flips } as never, 0);
    const content = (headline: string) => ({ is: 'parent' as const, message: { headline } as AlertMessage });
    put(operations, [{ id: 'HF-OWN.1', alert: 'HF-OWN', channel: '#a', content: content(`${mallory} left`) }], 1);
    put(operations, [{ id: 'HF-OTHER.1', alert: 'HF-OTHER', channel: '#a', content: content('all else') }], 1);
    for (const table of ['queue_job (key, batch, payload, turn, place, due, attempt)', 'queue_told (id, batch, key, answer)'])
      operations.db
        .prepare(`INSERT INTO ${table} VALUES (${table.startsWith('queue_job') ? "'k', 'b', ?, 1, 1, 0, 0" : "1, 'b', 'k', ?"})`)
        .run(`packed ${mallory}`);
  });
  const inbox = openInbox(operations, () => 1);
  const waive = (id: string, by: string, item: string) =>
    ({ id, at: 1, by, via: 'command', deed: { do: 'acknowledge', alert: 'HF-OWN', until: 9, note: item } }) as never;
  inbox.put(waive('order-1', 'dana@example.com', `${mallory} is on leave`));
  inbox.put(waive('order-2', mallory, 'x'));
  inbox.put(waive('order-3', 'dana@example.com', 'x'));
  inbox.answer('order-2', { ok: true } as never);
}

function contract(place: () => string, bytes: () => Promise<string>): void {
  test('what mentions a person is gone from every table and file, and nothing else', async () => {
    {
      using operations = openOperations(place(), parts);
      fill(operations);
      expect(operations.forget(words, { dryRun: true })).toBe(5);
    }
    expect(tracesIn(await bytes())).toEqual(['mallory', '00u-2']);
    using operations = openOperations(place(), parts);
    // One that reads beside it, as `status` does.
    using beside = openOperations(place(), parts);
    expect(beside.db.prepare('SELECT count(*) AS n FROM alert').get()!['n']).toBe(4);
    expect(operations.forget(words)).toBe(5);
    expect(operations.forget(words)).toBe(0);

    expect(tracesIn(await bytes())).toEqual([]);
    const { state, first } = load(operations, 0);
    expect([first, ...state.alerts.keys()]).toEqual([false, 'HF-OTHER']);
    expect(state.alerts.get('HF-OTHER')).toMatchObject({ acknowledged: { note: 'a marmalade' }, members: { size: 1 } });
    expect([...state.flips.keys()].map((key) => key.split('\n').at(-1))).toEqual(['00u-7', '00u-8', '00u-22']);
    expect(operations.transaction(() => take(operations, '#a', 2))!.id).toBe('HF-OTHER.1');
    expect(
      openInbox(operations, () => 1)
        .waiting()
        .map(({ id }) => id),
    ).toEqual(['order-3']);
  });

  test('of nobody nothing is taken', () => {
    using operations = openOperations(place(), parts);
    expect(operations.forget([])).toBe(0);
    expect(operations.forget([''])).toBe(0);
    expect(load(operations, 0).state.alerts.size).toBe(1);
  });
}

describe('in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forget-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const inFolder = async () => readdirSync(folder).reduce((all, name) => all + readFileSync(join(folder, name), 'latin1'), '');
  contract(() => join(folder, 'operations.db'), inFolder);

  test('where somebody reads on, it is told that traces may be left', () => {
    using operations = openOperations(join(folder, 'operations.db'), parts);
    using reader = openOperations(join(folder, 'operations.db'), parts);
    const rows = reader.db.prepare('SELECT id FROM actions_order').iterate();
    rows.next();
    operations.db.prepare('PRAGMA busy_timeout = 50').get();
    expect(() => operations.forget(['x'])).toThrow(expect.objectContaining({ code: 'OPERATIONS_NOT_SCRUBBED' }));
    rows.return!();
    expect(operations.forget(['x'])).toBe(0);
  });
});

(postgresIsThere ? describe : describe.skip)('in PostgreSQL', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.remove());
  contract(
    () => server.address('forgetting'),
    () =>
      server.asked('forgetting_operations', async (client) => {
        const { rows } = await client.query<{ tablename: string }>(
          "SELECT tablename FROM pg_tables WHERE schemaname = 'forgetting_operations'",
        );
        const all: unknown[] = [];
        for (const { tablename } of rows) all.push((await client.query(`SELECT * FROM ${tablename}`)).rows);
        // And what lies in the files of the server, written or not yet.
        await client.query('CHECKPOINT');
        const files = readdirSync(server.tables, { recursive: true, encoding: 'utf8' });
        const raw = files.map((name) => {
          try {
            return readFileSync(join(server.tables, name), 'latin1');
          } catch {
            return '';
          }
        });
        return JSON.stringify(all) + raw.join('');
      }),
  );
});
