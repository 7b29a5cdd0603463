import type { Deed } from '#src/actions/action.ts';
import { isLocalDate, nextDay, startOfDay } from '#src/config/local-date.ts';
import { HoldfastError } from '#src/errors.ts';
import type { Report, WaiverRow } from '#src/report/types.ts';
import { duration } from '#src/report/words.ts';
import { type Command, type Invocation, instantOf } from './command.ts';
import { meant } from './naming.ts';
import { order } from './ordering.ts';
import { requireRule } from './require.ts';
import { printable, shorten, table } from './text.ts';
import { personOf } from './who.ts';

const usage = 'waive [list | show ID | request | approve ID | refuse ID | withdraw ID]';

export const waive: Command = {
  summary: 'Asks that a deviation be accepted for a time, decides on it as somebody else, and lists what is accepted and until when.',
  usage,
  operands: [0, 2],
  options: {
    rule: { type: 'string', means: 'request: the rule' },
    item: { type: 'string', multiple: true, means: 'request: the key, its last part or the name of an item that fails it; again for each' },
    scope: { type: 'string', means: 'request: the scope of the items, where keys stand in several' },
    deviation: { type: 'string', multiple: true, means: 'request: in place of rule and item, the id of a deviation; again for each' },
    reason: { type: 'string', means: 'Why. Auditors read it' },
    compensating: { type: 'string', means: 'request: what keeps the risk down meanwhile' },
    until: { type: 'string', means: 'request: the last day, or an instant' },
    renews: { type: 'string', means: 'request: the waiver that it renews' },
    by: { type: 'string', means: 'The address of who does it; of git or of the user of the machine when not given' },
    open: { type: 'boolean', means: 'list: only what is asked for or in force' },
  },
  run: async (invocation) => {
    const [what = 'list', id, ...rest] = invocation.operands;
    const act = Object.hasOwn(acts, what) ? acts[what as keyof typeof acts] : undefined;
    if (!act || rest.length > 0 || (act.named ? id === undefined : id !== undefined))
      throw wrong(
        act ? `waive ${what} ${act.named ? 'needs the id of a waiver' : 'takes no further operand'}.` : `There is no waive ${what}.`,
      );
    return act.run(invocation, id ?? '');
  },
};

const acts = {
  list: { named: false, run: list },
  show: { named: true, run: show },
  request: { named: false, run: request },
  approve: { named: true, run: decide('approve-waiver') },
  refuse: { named: true, run: decide('refuse-waiver') },
  withdraw: { named: true, run: decide('withdraw-waiver') },
} as const;

function list({ options, reading, answer, stderr }: Invocation): Promise<number> {
  return reading((report) => {
    const asOf = Date.parse(report.status().asOf);
    const { waivers, strays } = report.waivers();
    const rows = waivers.filter(({ state }) => options.open !== true || state === 'requested' || state === 'approved');
    for (const { index, says } of strays) stderr.write(`${printable(`Leaf ${index} is not honoured: ${says}.`)}\n`);
    answer(rows, () =>
      rows.length === 0
        ? 'No waiver was asked for.\n'
        : table(
            ['WAIVER', 'STATE', 'ENDS', 'RULE', 'ITEMS', 'ASKED BY', 'DECIDED BY', 'REASON'],
            rows.map((row) => [
              row.id,
              row.state,
              endOf(row, asOf),
              row.rule,
              itemsOf(row),
              row.requestedBy,
              row.decidedBy ?? '-',
              shorten(row.reason, 60),
            ]),
          ),
    );
    return 0;
  });
}

/** The clock of its end: `2026-12-31, in 12 d`. */
function endOf({ state, until, endedAt }: WaiverRow, asOf: number): string {
  const end = endedAt ?? until;
  const left = Date.parse(end) - asOf;
  if (state === 'refused' || state === 'void') return '-';
  return `${end.slice(0, 10)}, ${left > 0 ? `in ${duration(left)}` : `${duration(-left)} ago`}`;
}

const itemsOf = ({ items }: WaiverRow): string => (items.length === 1 ? shorten(items[0]!.name, 40) : `${items.length} items`);

function show({ reading, answer }: Invocation, id: string): Promise<number> {
  return reading((report) => {
    const row = report.waivers().waivers.find((each) => each.id === id);
    if (!row)
      throw new HoldfastError('ACTION_REFUSED', {
        problem: `There is no waiver ${id}.`,
        mend: 'List what there is with `holdfast waive list`.',
      });
    answer(
      row,
      () =>
        `${lines(row)
          .map((line) => printable(line))
          .join('\n')}\n`,
    );
    return 0;
  });
}

const lines = (row: WaiverRow): string[] => [
  `${row.id}       ${row.state}${row.failing > 0 ? `; ${row.failing} of its ${row.items.length} items fail now` : '; nothing of it fails now'}`,
  `Rule           ${row.rule}`,
  ...row.items.map(({ name, scope }) => `Item           ${name} in ${scope}`),
  `Reason         ${row.reason}`,
  `Compensating   ${row.compensating}`,
  `In force       ${row.from === null ? 'never' : `${row.from} until ${row.endedAt ?? row.until}`}${row.from === null ? `; asked for until ${row.until}` : ''}`,
  ...(row.renews === null ? [] : [`Renews         ${row.renews}`]),
  ...(row.renewedBy === null ? [] : [`Renewed by     ${row.renewedBy}`]),
  ...row.steps.map(
    ({ step, at, name, by, way, index, reason, flaw }) =>
      `${step.padEnd(14)} ${at} by ${name} (${by}, ${way}), leaf ${index}${step === 'requested' ? '' : `: ${reason}`}${flaw === null ? '' : `; not honoured: ${flaw}`}`,
  ),
];

async function request(invocation: Invocation): Promise<number> {
  const { options, config, answer } = invocation;
  const [reason, compensating, until] = ['reason', 'compensating', 'until'].map((name) => given(invocation, name)) as [
    string,
    string,
    string,
  ];
  const settings = config();
  const person = await personOf(settings, text(options['by']), invocation.env);
  const end = endIn(until, settings.timeZone);
  const deed: Deed = {
    do: 'request-waiver',
    ...(await invocation.reading((report) => namedIn(invocation, report))),
    reason,
    compensating,
    until: end,
    ...(typeof options['renews'] === 'string' && { renews: options['renews'] }),
  };
  const done = await order(invocation, person.email, deed);
  answer(told(done, person.email), () => `${printable(done.says)}\n`);
  return 0;
}

/** The last day as people mean it, that day included; or an instant. */
function endIn(until: string, timeZone: string): number {
  const day = isLocalDate(until) ? startOfDay(nextDay(until), timeZone) : instantOf(until);
  if (day === null) throw wrong(`--until ${until} is no day.`);
  return day;
}

/** The rule and the items that the options name, by deviations or by keys. */
function namedIn(invocation: Invocation, report: Report): Pick<Extract<Deed, { do: 'request-waiver' }>, 'rule' | 'items'> {
  const { options } = invocation;
  const ids = texts(options['deviation']);
  const names = texts(options['item']);
  if (ids.length > 0) {
    if (options['rule'] !== undefined || names.length > 0) throw wrong('Name deviations, or a rule and items, not both.');
    const known = report.deviations();
    const found = ids.map(
      (id) =>
        known.find((row) => row.id === id) ??
        refuse(`There is no deviation ${id} in the window.`, 'List what is open with `holdfast deviations --open --json`.'),
    );
    if (new Set(found.map(({ rule }) => rule)).size > 1) throw wrong('A waiver is about one rule: ask for one for each rule.');
    return { rule: found[0]!.rule, items: found.map(({ scope, item }) => ({ scope, item })) };
  }
  const rule = requireRule(given(invocation, 'rule')).id;
  if (names.length === 0) throw wrong('--item is missing.');
  const rows = report.results({ rule }).filter(({ scope }) => options['scope'] === undefined || scope === options['scope']);
  return {
    rule,
    items: names.map((name) => {
      const own = meant(rows, name);
      if (own.length === 1) return { scope: own[0]!.scope, item: own[0]!.item };
      if (own.length === 0) return refuse(`${rule} judges no item ${name}.`, 'See what it judges with `holdfast results --rule ID`.');
      return refuse(
        `${name} stands for ${own.length} items: in ${own
          .slice(0, 3)
          .map(({ scope }) => scope)
          .join(', ')}.`,
        'Say which with --scope, or name it by its key.',
      );
    }),
  };
}

function decide(what: 'approve-waiver' | 'refuse-waiver' | 'withdraw-waiver') {
  return async (invocation: Invocation, waiver: string): Promise<number> => {
    const reason = given(invocation, 'reason');
    const person = await personOf(invocation.config(), text(invocation.options['by']), invocation.env);
    const done = await order(invocation, person.email, { do: what, waiver, reason });
    invocation.answer(told(done, person.email), () => `${printable(done.says)}\n`);
    return 0;
  };
}

const told = ({ index, says, waiver = '' }: Awaited<ReturnType<typeof order>>, by: string) => ({ waiver, by, index, says });

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as string[]) : []);

function given({ options }: Invocation, name: string): string {
  const value = options[name];
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(`--${name} is missing.`);
}

const wrong = (problem: string): HoldfastError => new HoldfastError('USAGE', { problem, mend: `Use: holdfast ${usage}` });

function refuse(problem: string, mend: string): never {
  throw new HoldfastError('ACTION_REFUSED', { problem, mend });
}
