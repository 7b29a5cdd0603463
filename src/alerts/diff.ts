import { canonical } from '#src/ledger/canonical.ts';
import { isUnread } from '#src/population.ts';
import type { FieldChange } from './message.ts';

/**
 * What differs between two snapshots of an item, by field, the paths as people write them: `ingress[2].peers[0].value`. Where elements came
 * into a list or left it, they are told whole, as `ingress[]`, and the others, which only moved, are not.
 */
export function diff(before: object, after: object): FieldChange[] {
  const changes: FieldChange[] = [];
  compare('', before, after, changes);
  return changes;
}

function compare(path: string, before: unknown, after: unknown, changes: FieldChange[]): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(path, before as unknown[], after as unknown[], changes);
  } else if (isMap(before) && isMap(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const inner = path === '' ? name : `${path}.${name}`;
      compare(inner, before[name], after[name], changes);
    }
  } else {
    const [was, is] = [textOf(before), textOf(after)];
    if (was !== is) changes.push({ field: path, before: was, after: is });
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isUnread(value);

const textOf = (value: unknown): string | null => (value === undefined ? null : canonical(value));

/** As many elements came as went: then each replaced the one at its turn, and what differs in them is told. */
function compareLists(path: string, before: readonly unknown[], after: readonly unknown[], changes: FieldChange[]): void {
  const gone = without(before, after);
  const come = without(after, before);
  if (gone.length === come.length) {
    for (const [i, { value }] of gone.entries()) compare(`${path}[${come[i]!.index}]`, value, come[i]!.value, changes);
    return;
  }
  for (const { value } of gone) changes.push({ field: `${path}[]`, before: textOf(value), after: null });
  for (const { value } of come) changes.push({ field: `${path}[]`, before: null, after: textOf(value) });
}

/** The elements of a list that another has not, each as often as it lacks it. */
function without(list: readonly unknown[], other: readonly unknown[]): { index: number; value: unknown }[] {
  const counts = new Map<string, number>();
  for (const value of other) {
    const text = canonical(value);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return list.flatMap((value, index) => {
    const text = canonical(value);
    const left = counts.get(text) ?? 0;
    counts.set(text, left - 1);
    return left > 0 ? [] : [{ index, value }];
  });
}

/** The fields that changed, whichever element of a list it was. */
export const fieldsOf = (changes: readonly FieldChange[]): string =>
  [...new Set(changes.map(({ field }) => field.replaceAll(/\[\d*\]/g, '[]')))].toSorted().join(' ');

/** Tells changes apart: the same change to two items gives the same text, though it may name the item itself. */
export function signatureOf(changes: readonly FieldChange[], { key, name }: { readonly key: string; readonly name: string }): string {
  const own = [key, name, key.split(/[/:]/).at(-1)!].filter((text) => text.length >= 4).toSorted((a, b) => b.length - a.length);
  const masked = (text: string | null) => text && own.reduce((rest, part) => rest.replaceAll(part, '\u0000'), text);
  return changes
    .map(({ field, before, after }) => `${field.replaceAll(/\[\d*\]/g, '[]')} ${masked(before)} ${masked(after)}`)
    .toSorted()
    .join('\n');
}
