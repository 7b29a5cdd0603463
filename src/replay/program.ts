import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { collectors } from '#collectors/index.ts';
import { rules } from '#rules/index.ts';
import * as collecting from '#src/cycle/collect.ts';
import * as judging from '#src/cycle/evaluate.ts';
import * as joining from '#src/cycle/members.ts';
import { documentsOver } from '#src/evidence/entries.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { programSources } from '#src/program.ts';
import { ruleFile } from '#src/registry.ts';

/** The code of a time, ready to run. */
export interface Program {
  readonly hash: string;
  readonly rules: typeof rules;
  readonly collectors: typeof collectors;
  readonly judging: Pick<typeof judging, 'judge'>;
  readonly joining: typeof joining;
  readonly collecting: Pick<typeof collecting, 'collectScope' | 'replayTransport'>;
  /** SHA-256 of the source of a rule; undefined where the program does not have it. */
  versionOf(rule: string): string | undefined;
}

/** Hash of a program by path: the body of a leaf of kind `program`. */
export type Documents = Readonly<Record<string, string>>;

/** The code that runs now. */
export const ownProgram = (): Program => {
  const documents = documentsOver(programSources());
  return { rules, collectors, judging, joining, collecting, ...named(documents) };
};

/** Records the code that runs now, where the ledger does not name it already. */
export async function recordProgram(store: EvidenceStore, asOf: number): Promise<void> {
  const sources = programSources();
  await store.append('program', asOf, { documents: documentsOver(sources) }, Object.values(sources));
}

/** Loads recorded programs, each once. What they need from outside the project is what is installed. */
export interface Programs extends Disposable {
  /** The code itself where it is the one on the disk, else the recorded text, written out and imported. Throws where a text is missing. */
  load(documents: Documents): Promise<Program>;
}

export function openPrograms(textOf: (sha256: string) => string | null): Programs {
  const own = ownProgram();
  const loaded = new Map<string, Promise<Program>>([[own.hash, Promise.resolve(own)]]);
  const folders: string[] = [];
  const loadAnew = async (documents: Documents): Promise<Program> => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-program-'));
    folders.push(folder);
    for (const [path, hash] of Object.entries(documents)) {
      const text = textOf(hash);
      if (text === null) throw new Error(`the source ${path} is not kept`);
      if (sha256(text) !== hash) throw new Error(`the source ${path} does not have its hash`);
      const file = join(folder, path);
      if (!file.startsWith(`${folder}/`)) throw new Error(`the source ${path} lies outside the program`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));
    const module = async (path: string) => (await import(pathToFileURL(join(folder, path)).href)) as unknown;
    return {
      rules: ((await module('rules/index.ts')) as { rules: typeof rules }).rules,
      collectors: ((await module('collectors/index.ts')) as { collectors: typeof collectors }).collectors,
      judging: (await module('src/cycle/evaluate.ts')) as typeof judging,
      joining: (await module('src/cycle/members.ts')) as typeof joining,
      collecting: (await module('src/cycle/collect.ts')) as typeof collecting,
      ...named(documents),
    };
  };
  return {
    load(documents) {
      const { hash } = named(documents);
      return loaded.get(hash) ?? loaded.set(hash, loadAnew(documents)).get(hash)!;
    },
    [Symbol.dispose]() {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const named = (documents: Documents) => ({
  hash: sha256(canonical({ documents })),
  versionOf: (rule: string): string | undefined => documents[ruleFile(rule)],
});
