import { z } from 'zod';

/**
 * What the commands write with `--json`, member by member. The types of the report say what is computed; these say what is promised to whoever
 * reads it: members are added, never renamed or removed. docs/json.md is written from here, and the tests hold the commands to it.
 */
const instant = z.iso.datetime();
const severity = z.enum(['low', 'medium', 'high', 'critical']);
const result = z.enum(['pass', 'fail', 'not-applicable', 'unobserved', 'pending']);
const reason = z.object({ reason: z.string(), call: z.string(), needs: z.string(), detail: z.string() });
const unread = z.object({ unread: z.string(), call: z.string(), needs: z.string(), detail: z.string() });
const ledger = z.object({ size: z.int(), root: z.string().describe('Hex; RFC 6962') });
const scope = z.object({ connection: z.string(), account: z.string(), region: z.string(), population: z.string() });

const correction = z.object({ index: z.int().describe('Ledger index of the leaf since which it is known'), reason: z.string() });

const waivedBy = z.object({
  id: z.string(),
  from: instant,
  until: instant,
  requestedBy: z.string(),
  approvedBy: z.string(),
  reason: z.string(),
});

const resultRow = z.object({
  rule: z.string(),
  item: z.string().describe("The stable key; holds the provider's own id. `scope:<key>` where a whole scope was never read"),
  name: z.string(),
  population: z.string(),
  connection: z.string(),
  scope: z.string().describe('connection/account/region/population'),
  result,
  message: z.string(),
  severity,
  since: instant.nullable().describe('First look of the run with this result'),
  lastSeen: instant.nullable().describe('Last complete look at the scope'),
  evidence: z.object({ index: z.int().describe('Ledger index'), snapshot: z.string().describe('SHA-256 of the snapshot') }).nullable(),
  correction: correction.optional().describe('Present exactly when it rests on looks that were brought later or corrected'),
  notJudgedAgain: correction
    .optional()
    .describe('Present exactly when the rule took it together with another scope that was corrected: that was not judged again'),
  reason: reason.optional().describe('Present exactly when unobserved'),
  waiver: waivedBy.optional().describe('Present exactly when it fails under a waiver'),
});

const deviationRow = z.object({
  id: z.string(),
  count: z.int().describe('More than 1 only for streams that were not observed for the same time and reason'),
  rule: z.string(),
  item: z.string(),
  name: z.string(),
  scope: z.string(),
  severity,
  message: z.string(),
  controls: z.array(z.string()),
  lastGood: instant.nullable(),
  firstBad: instant,
  lastBad: instant,
  firstGood: instant.nullable().describe('Null while open'),
  closedBy: z.enum(['pass', 'not-applicable', 'gone']).nullable(),
  atLeast: z.int().describe('Seconds'),
  atMost: z.int().nullable().describe('Seconds; null where no look came before'),
  due: instant,
  clock: z.enum(['in-time', 'late', 'pending', 'overdue']),
  carriedIn: z.boolean(),
  waivers: z.array(waivedBy).describe('Under which it stands or stood. It counts even so'),
  backfilled: z.boolean().describe('Its bounds rest on looks that were brought later or corrected'),
  correction: correction.optional().describe('Present exactly when backfilled'),
  notJudgedAgain: correction
    .optional()
    .describe('Present exactly when the rule took it together with another scope that was corrected: that was not judged again'),
});

const criterion = z.object({ id: z.string(), says: z.string(), controls: z.array(z.string()), reached: z.boolean() });

const status = z.object({
  well: z.boolean().describe('Nothing is in `problems`'),
  problems: z
    .array(z.object({ key: z.string(), says: z.string() }))
    .describe('What is not well; the key is the same for as long as it is the same'),
  alerts: z
    .object({
      open: z.record(severity, z.int()),
      acknowledged: z.int(),
      waiting: z.int().describe('Messages that were not delivered yet'),
      waitingSince: instant.nullable(),
      parked: z.int().describe('Messages that a channel refused for good'),
      fault: z.object({ says: z.string(), mend: z.string() }).nullable().describe('What kept the latest of those that were tried'),
    })
    .nullable()
    .describe('Null where no agent has worked yet'),
  company: z.string(),
  example: z.boolean(),
  asOf: instant,
  ledger,
  window: z
    .object({ from: z.int(), to: z.int(), asOf: z.int(), firstDay: z.string(), lastDay: z.string(), timeZone: z.string() })
    .nullable()
    .describe('Epoch milliseconds, half-open'),
  connections: z.array(
    z.object({
      id: z.string(),
      lastCycle: z.looseObject({ index: z.int(), asOf: z.int(), ended: z.int() }).nullable(),
      scopes: z.int(),
      failing: z.array(z.object({ scope: z.string(), unread, since: instant })),
      items: z.int(),
    }),
  ),
  retired: z.array(z.object({ scope: z.string(), at: instant, reason: z.string() })),
  backfills: z.array(z.object({ scope: z.string(), from: instant, to: instant, index: z.int(), reason: z.string() })),
  items: z.int(),
  results: z.record(result, z.int()),
  observed: z.number().nullable().describe('Share of scope-time looked at, 0 to 1'),
  unobserved: z.object({ hours: z.int(), gaps: z.int() }).nullable(),
  deviations: z.object({
    total: z.int(),
    open: z.int(),
    waived: z.int().describe('Of the open ones, those under a waiver. They count even so'),
    overdue: z.int(),
    nextDue: instant.nullable(),
  }),
  waivers: z.object({
    requested: z.int(),
    inForce: z.int(),
    expired: z.int().describe('And something that they name still fails'),
    nextEnd: instant.nullable(),
  }),
  criteria: z.array(criterion),
  signed: z.object({ origin: z.string(), size: z.int() }).nullable().describe('The last signed head; null where nothing was signed'),
  keyBesideEvidence: z.boolean().describe('The signing key lies beside the evidence: it protects only up to the last anchor'),
  anchors: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['file', 's3', 'git', 'rfc3161', 'witness']),
      size: z.int().nullable().describe('Of the last checkpoint published there; null before the first'),
      at: instant.nullable(),
      leavesBehind: z.int().describe('Leaves that it does not cover, receipts of anchors aside'),
      behindSince: instant.nullable().describe('Instant of the oldest of them'),
      late: z.boolean().describe('The next publication should have come by now'),
      fault: z
        .object({ at: instant, attempts: z.int(), reason: z.string(), mend: z.string() })
        .nullable()
        .describe('Why the last attempt failed; null where it did not'),
    }),
  ),
});

const alive = z.object({
  alive: z.boolean(),
  connections: z.array(
    z.object({
      id: z.string(),
      lastCycle: instant.nullable().describe('When it ended; null where there was none'),
      ageSeconds: z.int().nullable(),
      withinSeconds: z.number(),
      unread: z.array(z.string()).describe('Why nothing of it can be read; empty while something can'),
      alive: z.boolean(),
    }),
  ),
});

const facts = z.looseObject({ rule: z.string(), kind: z.enum(['state', 'event', 'cadence']), population: z.int() });
const conclude = z.object({
  ledger: ledger.optional().describe('The ledger that the conclusions rest on; in a package its manifest says so'),
  window: z.object({ from: instant, to: instant, asOf: instant, timeZone: z.string() }),
  controls: z.array(
    z.object({
      id: z.string(),
      family: z.string(),
      title: z.string(),
      statement: z.string(),
      owner: z.string(),
      frequency: z.string(),
      type: z.string(),
      criteria: z.array(z.string()),
      conclusion: z.enum(['deviations-noted', 'not-demonstrated', 'not-operated', 'no-deviations-noted', 'not-tested']),
      grade: z.enum(['open-at-end', 'some-late', 'all-remediated-in-time', 'all-under-waiver']).nullable(),
      says: z.string(),
      backfilled: z.boolean().describe('It rests in part on looks that were brought later or corrected'),
      tally: z.record(z.string(), z.int()),
      shortfalls: z.array(z.object({ rule: z.string(), name: z.string(), value: z.number() })),
      observed: z.number().nullable().describe('Share of the window in which its key rules were observed, 0 to 1'),
      rules: z.array(
        z.object({
          role: z.enum(['key', 'supporting']),
          id: z.string(),
          title: z.string(),
          available: z.boolean(),
          facts: facts.nullable(),
        }),
      ),
      detail: z.looseObject({}).describe('The arithmetic behind it, part by part'),
    }),
  ),
  criteria: z.array(criterion),
});

const cycle = z.object({
  connection: z.string(),
  asOf: instant,
  ended: instant,
  scopes: z.int(),
  failed: z.array(scope.extend(unread.shape)),
  items: z.int(),
  changes: z.int(),
  calls: z.int(),
  retired: z.array(z.object({ scope, reason: z.string() })),
  ledger,
});

const reading = z.object({
  connection: z.string(),
  place: z.string(),
  collector: z.string(),
  population: z.string(),
  items: z.int().nullable().describe('Null where the population could not be read'),
  unread: z.array(z.object({ field: z.string().nullable(), items: z.int(), why: unread })),
  rules: z.array(z.string()).describe('Rules that stay unobserved for it'),
});

const checked = z.object({
  check: z.string(),
  says: z.string().nullable().describe('What holds; null where something failed or nothing was established'),
  faults: z.array(z.string()),
  notEstablished: z.array(z.string()),
});

const judgement = z.object({
  rule: z.string(),
  result,
  message: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.int()])).optional(),
  severity,
  until: z.int().optional(),
  unread: unread.optional(),
});
const replay = z.object({
  ledger,
  cycles: z.int(),
  judgements: z.int(),
  evaluations: z.int(),
  agree: z.int(),
  differ: z.int(),
  notReperformed: z.array(z.object({ reason: z.string(), judgements: z.int() })).describe('What could not be done again, and why'),
  programs: z
    .array(z.object({ hash: z.string(), cycles: z.int(), onDisk: z.boolean() }))
    .describe('The code that was recorded for the cycles'),
  differences: z.array(
    z.object({
      index: z.int().describe('Ledger index'),
      asOf: instant,
      scope: z.string(),
      item: z.string(),
      rule: z.string(),
      recorded: judgement.nullable(),
      again: judgement,
      says: z.string(),
    }),
  ),
  replies: z
    .object({
      looks: z.int(),
      collections: z.int(),
      agree: z.int(),
      differ: z.int(),
      notReperformed: z.array(z.object({ reason: z.string(), looks: z.int() })),
      differences: z.array(z.object({ index: z.int(), asOf: instant, scope: z.string(), says: z.string() })),
    })
    .nullable()
    .describe('With --replies'),
});

const outsideReading = z.object({
  outside: z
    .string()
    .describe('The name of the anchor, of the connection, of the secret, of the part of Slack; `ledger` for the signing key'),
  kind: z.enum(['key', 'clock', 'queue', 'secret', 'slack', 'store', 'who', 'file', 's3', 'git', 'rfc3161', 'witness']),
  ok: z.boolean(),
  partly: z.literal(true).optional().describe('It is lost, in part or wholly, and nothing else depends on it'),
  says: z.string(),
  mend: z.string().describe('Empty where nothing is to be done'),
});

const key = z.object({
  origin: z.string(),
  vkey: z.string().describe('C2SP verifier key'),
  previous: z.array(z.string()).describe('Verifier keys of earlier keys that still sign'),
  pem: z.string().describe('SubjectPublicKeyInfo'),
  ssh: z.string().describe('As OpenSSH writes it'),
  fingerprint: z.string().describe('As ssh-keygen -l shows it'),
  sha256: z.string().describe('Of the DER form of the public key, hex'),
  besideEvidence: z.boolean().describe('The private key lies beside the evidence'),
});

const concluded = z.object({ conclusion: z.string(), grade: z.string().nullable(), says: z.string() });
const interval = z.object({ result, first: instant, ended: instant.nullable() });
const today = z.object({
  ledger,
  window: z.object({ from: instant, to: instant, asOf: instant }),
  program: z.string(),
  ruleSets: z.object({ recorded: z.array(z.string()), today: z.string() }),
  evaluations: z.int().describe('Runs of a rule: of distinct snapshots, and of populations when they changed'),
  naive: z.int().describe('What judging every item at every look would have taken'),
  notJudged: z.int(),
  broughtLooks: z.int().describe('Looks that were brought later or corrected, judged in place of those of their time'),
  intervals: z.object({ n: z.int(), root: z.string() }),
  controls: z.array(z.object({ id: z.string(), title: z.string(), recorded: concluded, today: concluded, differs: z.boolean() })),
  rules: z.array(z.object({ rule: z.string(), items: z.int() })),
  items: z.array(
    z.object({ rule: z.string(), scope: z.string(), item: z.string(), recorded: z.array(interval), today: z.array(interval) }),
  ),
});

const alert = z.object({
  alert: z.string().describe('Its name'),
  kind: z.enum(['drift', 'event', 'obligation', 'waiver', 'monitoring', 'operations']),
  state: z.enum(['open', 'acknowledged', 'flapping', 'resolved']),
  severity,
  headline: z.string(),
  rule: z.string().nullable().describe('Null where it is about no rule, or about several'),
  count: z.int().describe('Of items, or of what else it is about'),
  since: instant,
  due: instant.nullable(),
  page: z.string().nullable().describe('Its page; null where the pages have no address'),
  channel: z.string().nullable().describe('Null where nobody is told'),
  told: instant.nullable().describe('When the first message arrived'),
  assigned: z.string().nullable(),
  acknowledged: z.object({ by: z.string(), until: instant }).nullable(),
  resolved: z.object({ at: instant, how: z.string() }).nullable(),
});
const letter = z.object({
  id: z.string(),
  alert: z.string(),
  channel: z.string(),
  state: z.enum(['waiting', 'parked']).describe('Parked: not tried again before somebody mends what is wrong, or an hour has passed'),
  created: instant,
  attempts: z.int(),
  fault: z.string().nullable(),
  mend: z.string().nullable(),
});
const waiverRow = z.object({
  id: z.string(),
  rule: z.string(),
  items: z.array(z.object({ scope: z.string(), item: z.string(), name: z.string(), failing: z.boolean() })),
  failing: z.int().describe('How many of them fail now'),
  state: z
    .enum(['requested', 'approved', 'expired', 'refused', 'withdrawn', 'lapsed', 'void'])
    .describe('`lapsed`: nobody decided before its end. `void`: the request itself is not honoured'),
  reason: z.string(),
  compensating: z.string(),
  requestedBy: z.string().describe('People by name'),
  requestedAt: instant,
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
  from: instant.nullable().describe('Null where it was never approved'),
  until: instant,
  endedAt: instant.nullable().describe('When it was withdrawn'),
  renews: z.string().nullable(),
  renewedBy: z.string().nullable(),
  verdict: z.object({ result, message: z.string() }).nullable().describe('What meta.waiver-approved-and-unexpired says of it now'),
  steps: z
    .array(
      z.object({
        step: z.enum(['requested', 'approved', 'refused', 'withdrawn']),
        at: instant,
        by: z.string(),
        name: z.string(),
        way: z.enum(['command', 'page', 'slack']),
        index: z.int().describe('Ledger index'),
        reason: z.string(),
        flaw: z.string().nullable().describe('Why it is not honoured'),
      }),
    )
    .describe('Every leaf about it'),
});
const ordered = z.object({ waiver: z.string(), by: z.string(), index: z.int().describe('Ledger index of the record'), says: z.string() });

const looksTold = z.object({ complete: z.int(), failed: z.int() });
const said = z.object({ conclusion: z.string(), says: z.string() });

const pausing = z.object({
  paused: z.boolean(),
  changed: z.boolean().describe('False where it was so already'),
  since: instant.nullable().describe('Since when it is, or was, paused; null where it was not, or nobody noted it'),
  waiting: z.int().describe('Places that wait'),
  underWay: z.int().describe('Places that workers have taken; what they tell is not lost'),
  resting: z.int().describe('Places that failed, and are tried again'),
  workers: z.int().describe('Workers that are connected'),
});

export const shapes = {
  alerts: z.object({
    known: z.boolean().describe('False where no agent ever worked out what is open'),
    alerts: z.array(alert),
    undelivered: z.array(letter),
  }),
  'alerts --test': z.object({
    channel: z.string().nullable().describe('Null where the webhook has one of its own'),
    by: z.enum(['bot', 'webhook']),
    ts: z.string().nullable().describe('What Slack calls the message'),
  }),
  results: z.array(resultRow),
  deviations: z.array(deviationRow),
  conclude,
  status,
  'status --alive': alive,
  'worker --pause': pausing,
  'worker --resume': pausing,
  'waive list': z.array(waiverRow),
  'waive show': waiverRow,
  'waive request': ordered.describe('`approve`, `refuse` and `withdraw` write the same'),
  'run --once': z.array(cycle),
  verify: z.object({
    package: z.string().optional().describe('Absent where the live store was checked'),
    ok: z.boolean(),
    checks: z.array(checked),
    onTheirWord: z.array(z.string()).optional().describe('Files of a package that do not follow from its log'),
  }),
  'purge --dry-run': z.object({
    dryRun: z.boolean(),
    documents: z.int(),
    bytes: z.int(),
    words: z.array(z.string()).describe('Of `erase`, which writes the same: the texts by which the person was looked for'),
    beside: z.int().optional().describe('Of `erase`: alerts and orders that name the person'),
    remaining: z.object({ living: z.int(), unsalted: z.int() }).describe('Documents that still name the person'),
    ledger,
  }),
  'backfill --dry-run': z.object({
    scope: z.string(),
    from: instant,
    to: instant,
    reason: z.string(),
    run: z.string(),
    dryRun: z.boolean(),
    index: z.int().nullable().describe('Ledger index of the leaf; null with --dry-run'),
    ledger: ledger.nullable(),
    replaced: looksTold.describe('Looks known until now in that time'),
    brought: looksTold,
    failures: z.array(z.object({ at: instant, reason: z.string() })).describe('Why looks that are brought failed'),
    unobserved: z.object({ before: z.int(), after: z.int() }).describe('Seconds of that time in which the scope was not observed'),
    controls: z.array(z.object({ id: z.string(), before: said, after: said })).describe('Those that are told otherwise'),
    deviations: z
      .object({ appear: z.array(z.string()), vanish: z.array(z.string()), change: z.array(z.string()) })
      .describe('By their ids'),
    results: z
      .array(z.object({ rule: z.string(), item: z.string(), before: result.nullable(), after: result.nullable() }))
      .describe('What holds now and would hold with it, where that differs'),
    notJudgedAgain: z
      .array(z.string())
      .describe('Rules that take this scope together with others: what they said of those stays as it was recorded'),
  }),
  check: z.array(z.union([reading, outsideReading])),
  key,
  'migrate sqlite-to-postgres': z.object({ ...ledger.shape, rows: z.int(), checkpoints: z.int() }),
  replay,
  'replay --today': today,
} as const;

/** docs/json.md: each shape as the JSON Schema of it. */
export function jsonShapes(): string {
  const sections = Object.entries(shapes).map(
    ([command, shape]) => `## ${command} --json\n\n\`\`\`json\n${JSON.stringify(z.toJSONSchema(shape), null, 1)}\n\`\`\`\n`,
  );
  return `# What the commands write with --json\n\nThe shape of each document as JSON Schema. Members may be added; none is renamed or removed.\n\n${sections.join('\n')}`;
}
