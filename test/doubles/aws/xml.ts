import type { Shape } from './world.ts';

/** An element: text, what it holds, or several of the same name. Undefined and null leave it out. */
export type Node = string | number | boolean | Date | null | undefined | readonly Node[] | { readonly [name: string]: Node };

export function xml(name: string, node: Node): string {
  if (node === undefined || node === null) return '';
  if (Array.isArray(node)) return node.map((each) => xml(name, each as Node)).join('');
  return `<${name}>${inner(node)}</${name.split(' ')[0]}>`;
}

function inner(node: Node): string {
  if (isDate(node)) return node.toISOString();
  if (typeof node !== 'object' || node === null)
    return String(node).replace(/[&<>]/g, (each) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[each]!);
  return Object.entries(node)
    .map(([name, each]) => xml(name, each))
    .join('');
}

/** Turns a shape of the SDK into elements, whose names and lists differ by protocol. */
export function elements(value: unknown, naming: { name(field: string): string; item(field: string): string }, field = ''): Node {
  if (Array.isArray(value)) return { [naming.item(field)]: value.map((each) => elements(each, naming)) };
  if (typeof value !== 'object' || value === null || isDate(value)) return value as Node;
  return Object.fromEntries(Object.entries(value as Shape).map(([name, each]) => [naming.name(name), elements(each, naming, name)]));
}

/** Also one of another realm. */
const isDate = (value: unknown): value is Date => typeof (value as Date | null | undefined)?.toISOString === 'function';
