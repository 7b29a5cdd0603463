import { glob, readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';

const root = new URL('..', import.meta.url).pathname;

/** Who may import whom. What is not named on the right is out of reach. */
const mayImport: Record<string, RegExp> = {
  'rules/*/**/*.ts': /^#rule$|^#populations\//,
  'collectors/aws/*.ts': /^#collector$|^#investigator$|^#populations\/|^\.\/|^zod$|^p-queue$|^@aws-sdk\/|^@smithy\/|^node:/,
  'collectors/github/*.ts': /^#collector$|^#investigator$|^#collectors\/http\.ts$|^#populations\/|^\.\/|^zod$|^p-queue$|^@octokit\/|^node:/,
  'collectors/scim/*.ts': /^#collector$|^#investigator$|^#collectors\/http\.ts$|^#populations\/|^\.\/|^zod$|^p-queue$|^node:/,
  'src/populations/*.ts': /^#src\/(population|duration)\.ts$|^\.\/|^#populations\/|^zod$/,
  'src/population.ts': /^#src\/duration\.ts$|^zod$/,
  'src/rule.ts': /^#src\/(population|duration)\.ts$|^zod$/,
  'src/collector.ts': /^#src\/(population|duration|redaction)\.ts$|^zod$/,
  'src/investigator.ts': /^#src\/(collector|alerts\/message)\.ts$/,
  'src/who/*.ts': /^\.\/|^#src\/(alerts\/message|collector|config|investigator|ledger\/canonical|redaction|registry|evidence\/store)\.ts$/,
  'src/window/*.ts': /^\.\//,
  'src/ledger/*.ts': /^\.\/|^node:crypto$/,
  'src/signing/*.ts': /^\.\/|^#src\/(ledger\/|errors\.ts$|config\/secret\.ts$|aws\.ts$)|^@aws-sdk\/client-kms$|^node:/,
  'src/anchors/*.ts': /^\.\/|^#src\/(ledger\/|errors\.ts$|redaction\.ts$|aws\.ts$|duration\.ts$)|^@aws-sdk\/client-s3$|^zod$|^node:/,
  'src/evidence/*.ts': /^\.\/|^#src\/(evidence|ledger|errors|population|rule|breath|cycle\/(collect|evaluate|items))|^zod$|^pg$|^node:/,
  'src/operations/*.ts': /^\.\/|^#src\/(evidence|errors)|^node:/,
  'src/alerts/slack*.ts':
    /^\.\/|^#src\/(config\/(secret|local-date)|errors|companion|actions\/action)\.ts$|^pino$|^@slack\/(web-api|socket-mode)$|^zod$|^node:/,
  'src/alerts/{condition,state,draft,drift,course,grouping,flapping,diff,words}.ts':
    /^\.\/|^#src\/(rule|population|ledger\/canonical)\.ts$/,
  'src/alerts/{tables,outbox,lease,delivery}.ts': /^\.\/|^#src\/(evidence\/engine|operations\/operations|errors)\.ts$|^node:/,
  'src/alerts/block*.ts': /^\.\/|^#src\/rule\.ts$/,
  'src/vitals/*.ts':
    /^\.\/|^#src\/(alerts\/sources|config|cycle|collector|companion|duration|evidence\/store|listening|operations|outside|portal\/guard|populations\/monitor-place|schedule\/queue)|^pino$|^prom-client$|^node:/,
  'src/actions/action.ts': /^$/,
  'src/actions/*.ts':
    /^\.\/|^#src\/(evidence|ledger|waivers|operations)\/|^#src\/(companion|config|errors|report\/types|window\/last-seen)\.ts$|^zod$|^pino$|^node:/,
  'src/waivers/*.ts': /^\.\/|^#src\/evidence\/(entries|store)\.ts$/,
  'src/package/*.ts':
    /^\.\/|^#src\/(evidence|ledger|signing|report|waivers|window|catalogue|portal\/(html|strip|told|wording)|config|controls|collector|rule|population|registry|errors)|^node:/,
  'src/backfill/*.ts':
    /^\.\/|^#src\/(cycle|evidence|ledger|errors|duration|collector|population|rule|report|replay\/(reperform|recorded-programs))|^yaml$|^zod$|^node:/,
  'src/replay/*.ts':
    /^\.\/|^#(collectors|rules)\/index\.ts$|^#src\/(cycle|evidence|ledger|collector|population|rule|program|registry|report|window)|^node:/,
  'src/schedule/*.ts':
    /^\.\/|^#src\/(cycle|ledger|operations|evidence\/(store|engine)|collector|population|config|duration|errors|program|redaction|signing\/key-file|alerts\/sources|vitals\/(measure|problems))|^bullmq$|^ioredis$|^p-limit$|^zod$|^node:/,
  'src/cycle/*.ts':
    /^\.\/|^#src\/(cycle|ledger|collector|population|populations|rule|duration|redaction|breath)|^#src\/evidence\/store\.ts$|^p-limit$|^node:zlib$/,
};

/** The composition root, and the one module above it. */
const onlyFrom: Record<string, readonly string[]> = {
  'src/agent.ts': ['src/main.ts', 'src/commands/'],
  'src/evidence/postgres.ts': ['src/agent.ts', 'src/evidence/'],
  'src/evidence/sqlite.ts': ['src/agent.ts', 'src/evidence/'],
};

async function importsOf(pattern: string): Promise<[file: string, imports: string[]][]> {
  const files = (await Array.fromAsync(glob(root + pattern))).filter((file) => !file.includes('node_modules'));
  return Promise.all(
    files.map(async (file): Promise<[string, string[]]> => {
      const source = await readFile(file, 'utf8');
      return [
        file.slice(root.length),
        [...source.matchAll(/(?:^(?:import|export)\s[^;]*?from\s+|\bimport\()['"](.+?)['"]/gm)].map((match) => match[1]!),
      ];
    }),
  );
}

test.each(Object.entries(mayImport))('%s imports only %s', async (pattern, allowed) => {
  const files = await importsOf(pattern);
  expect(files.length).toBeGreaterThan(0);
  const strays = files.flatMap(([file, imports]) =>
    imports.filter((specifier) => !allowed.test(specifier)).map((specifier) => `${file}: ${specifier}`),
  );
  expect(strays).toEqual([]);
});

test.each(Object.entries(onlyFrom))('%s is imported only from %j', async (target, allowed) => {
  const name = target.split('/').at(-1)!;
  const files = await importsOf('{src,collectors,rules}/**/*.ts');
  const strays = files
    .filter(
      ([file, imports]) =>
        imports.some((specifier) => specifier.endsWith(`/${name}`)) && !allowed.some((prefix) => file.startsWith(prefix)),
    )
    .map(([file]) => file);
  expect(strays).toEqual([]);
});

test('tests mirror the tree: each collector and each rule has one of its own', async () => {
  const files = await Array.fromAsync(glob(`${root}{rules/*/**,collectors/*}/*.ts`));
  const sources = await Promise.all(
    files.map(async (file): Promise<[string, string]> => [file.slice(root.length), await readFile(file, 'utf8')]),
  );
  const modules = sources.filter(([, source]) => source.includes('\nexport default define')).map(([file]) => file);
  expect(modules.length).toBeGreaterThan(60);
  const tests = new Set((await Array.fromAsync(glob(`${root}test/**/*.test.ts`))).map((file) => file.slice(root.length)));
  expect(modules.filter((file) => !tests.has(`test/${file.replace(/\.ts$/, '.test.ts')}`))).toEqual([]);
});

test('the project speaks of itself alone', async () => {
  const files = (
    await Array.fromAsync(glob(`${root}{src,collectors,rules,controls,test,bench,examples,scripts,docs,bin,.ci}/**/*`))
  ).filter((file) => /\.(ts|mjs|md|yaml|json|sh|sql)$/.test(file) && !file.endsWith('architecture.test.ts'));
  const strays: string[] = [];
  for (const file of files) if (/\/work\/(main|shared)|helper-\d/.test(await readFile(file, 'utf8'))) strays.push(file.slice(root.length));
  expect(strays).toEqual([]);
});
