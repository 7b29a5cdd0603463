import { expect } from '@jest/globals';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text format of Prometheus 0.0.4, read strictly: each value belongs to a metric that was announced once, with help and type. */
export function read(text: string): Sample[] {
  expect(text.endsWith('\n')).toBe(true);
  const announced = new Map<string, string>();
  return text
    .trimEnd()
    .split('\n')
    .flatMap((line): Sample[] => {
      if (line === '') return [];
      const [, what, name, rest] = /^# (HELP|TYPE) ([a-z0-9_]+) (.+)$/.exec(line) ?? [];
      if (what === 'HELP') {
        expect(announced.has(name!)).toBe(false);
        announced.set(name!, '');
        return [];
      }
      if (what === 'TYPE') {
        expect(announced.get(name!)).toBe('');
        announced.set(name!, rest!);
        return [];
      }
      const [, full, written = '', value] = /^([a-z0-9_]+)(?:\{(.*)\})? (-?[0-9.e+-]+|N[aA][nN]|\+Inf)$/.exec(line) ?? [];
      if (full === undefined) throw new Error(`not a line of metrics: ${line}`);
      expect(announced.has(full) || announced.has(full.replace(/_(bucket|sum|count)$/, ''))).toBe(true);
      const labels = Object.fromEntries(
        [...written.matchAll(/([a-z0-9_]+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)].map(([, label, text]) => [
          label!,
          text!.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c)),
        ]),
      );
      return [{ name: full, labels, value: Number(value) }];
    });
}

export const valueOf = (samples: readonly Sample[], name: string, labels: object = {}): number | undefined =>
  samples.find((each) => each.name === name && Object.entries(labels).every(([label, value]) => each.labels[label] === value))?.value;
