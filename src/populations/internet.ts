import { z } from 'zod';

/**
 * Who on the internet can reach what: arithmetic over address blocks and port ranges, for firewalls of every kind.
 * Comparing text with `0.0.0.0/0` and `22` misses `::/0`, two halves, ranges of ports and lists of prefixes, so nothing here compares text.
 */

/** How much must be open to count as the internet: the longest prefix of an open block, per address family. */
export interface Width {
  readonly maxOpenV4: number;
  readonly maxOpenV6: number;
}

/** The parameters that rules about the internet share. */
export const width = {
  maxOpenV4: z.int().min(0).max(32).default(8).describe('An open IPv4 block with a prefix of at most this length counts as the internet.'),
  maxOpenV6: z
    .int()
    .min(0)
    .max(128)
    .default(16)
    .describe('An open IPv6 block with a prefix of at most this length counts as the internet.'),
};

/** One line of a firewall. Ports are inclusive; null is no bound. Only tcp and udp have ports; elsewhere `from` and `to` mean other things. */
export interface FirewallEntry {
  readonly allows: boolean;
  /** `all`, `tcp`, `udp`, or any other protocol's name or number. */
  readonly protocol: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly cidrs: readonly string[];
}

/** Inclusive at both ends, as firewalls write them. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export type OpenPorts = PortRange & { readonly protocol: 'tcp' | 'udp' };

/** What the internet can reach through a firewall. */
export interface Exposure {
  /** Disjoint, merged, in order: tcp before udp. */
  readonly ports: readonly OpenPorts[];
  /** Every protocol that no entry names is open. Where entries only allow, that is all traffic. */
  readonly allProtocols: boolean;
  /** Protocols without ports that are open by name, such as `icmp`. */
  readonly otherProtocols: readonly string[];
}

/**
 * What the internet can reach through entries of which the first that matches decides (where all allow, the order does not matter).
 * For each protocol and port, all blocks that reach it are merged, and what was denied before is taken out. It is open to the internet
 * where what is left holds a whole block of at most `maxOpen` bits that is not inside private or otherwise unroutable space.
 * Throws a RangeError on a malformed CIDR: what cannot be understood is not taken for closed.
 */
export function exposure(entries: readonly FirewallEntry[], width: Width): Exposure {
  const parsed = entries.map((entry) => ({ ...entry, blocks: entry.cidrs.map(blockOf) }));
  const reaching = (protocol: string): Entry[] => parsed.filter((entry) => entry.protocol === protocol || entry.protocol === 'all');
  const named = [...new Set(entries.map(({ protocol }) => protocol))].filter((protocol) => !['all', 'tcp', 'udp'].includes(protocol));
  return {
    ports: (['tcp', 'udp'] as const).flatMap((protocol) => openPorts(reaching(protocol), width).map((range) => ({ protocol, ...range }))),
    allProtocols: isOpen(reaching('all'), width),
    otherProtocols: named.filter((protocol) => isOpen(reaching(protocol), width)).toSorted(),
  };
}

const lastPort = 65_535;

/** The part of the open ports that lies within the ranges. */
export function portsWithin(open: readonly OpenPorts[], ranges: readonly PortRange[]): OpenPorts[] {
  const within = open.flatMap(({ protocol, from, to }) =>
    ranges
      .map((range) => ({ protocol, from: Math.max(from, range.from), to: Math.min(to, range.to) }))
      .filter((part) => part.from <= part.to),
  );
  return (['tcp', 'udp'] as const).flatMap((protocol) =>
    mergePorts(within.filter((part) => part.protocol === protocol)).map((range) => ({ protocol, ...range })),
  );
}

/** The part of the open ports that none of the others holds. */
export function portsWithout(open: readonly OpenPorts[], others: readonly OpenPorts[]): OpenPorts[] {
  return others.reduce<OpenPorts[]>(
    (left, hole) =>
      left.flatMap((part) => {
        if (part.protocol !== hole.protocol || hole.to < part.from || part.to < hole.from) return [part];
        const before = { ...part, to: hole.from - 1 };
        const after = { ...part, from: hole.to + 1 };
        return [before, after].filter(({ from, to }) => from <= to);
      }),
    [...open],
  );
}

/** A parameter that lists ports: numbers, and ranges such as `9092-9098`. */
export const portList = z.array(
  z.union([
    z.int().min(0).max(lastPort),
    z.string().refine((text) => {
      const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
      return from !== undefined && Number(from) <= Number(to) && Number(to) <= lastPort;
    }, 'is not a range of ports such as 9092-9098'),
  ]),
);

/** The parameter that the rules about remote administration share. */
export const adminPorts = portList
  .default([22, 3389, 5985, 5986, 23, 135, 139, 445, 2375, 2376, 6443, 10250])
  .describe('Ports of remote administration, over tcp and udp: numbers, and ranges such as 5985-5986.');

export const portRanges = (list: z.infer<typeof portList>): PortRange[] =>
  list.map((ports) => {
    const [from, to = from] = String(ports).split('-').map(Number) as [number, number?];
    return { from, to };
  });

/** In words: `tcp/22, tcp/9092-9098`. */
export const portsInWords = (ports: readonly OpenPorts[]): string =>
  inWords(ports.map(({ protocol, from, to }) => `${protocol}/${from === to ? from : `${from}-${to}`}`));

/** The first eight, and how many more there are. */
export const inWords = (texts: readonly string[]): string =>
  texts.length > 8 ? `${texts.slice(0, 8).join(', ')} and ${texts.length - 8} more` : texts.join(', ');

/** Whether the block reaches beyond private and otherwise unroutable space. */
export const isPublic = (cidr: string): boolean => !isUnroutable(blockOf(cidr));

/** The length of a CIDR's prefix. */
export const prefixLength = (cidr: string): number => Number(cidr.slice(cidr.indexOf('/') + 1));

/** A CIDR in a provider's answer. A malformed one makes the answer malformed: it must not read as a block that opens nothing. */
export const ipv4Cidr = z.string().refine((text) => parseCidr(text)?.family === 4, 'is not an IPv4 CIDR');
export const ipv6Cidr = z.string().refine((text) => parseCidr(text)?.family === 6, 'is not an IPv6 CIDR');
export const cidr = z.string().refine((text) => parseCidr(text) !== null, 'is not a CIDR');

/** A run of addresses of one family, half-open. */
export interface Block {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly end: bigint;
}

/** The same blocks come up again and again. */
const parsed = new Map<string, Block | null>();

/** The block that a CIDR covers, whatever its host bits say; null where the text is none. */
export function parseCidr(text: string): Block | null {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  if (parsed.size >= 50_000) parsed.clear();
  const block = readCidr(text);
  parsed.set(text, block);
  return block;
}

function readCidr(text: string): Block | null {
  const [, address, prefix] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  if (address === undefined || (prefix!.length > 1 && prefix!.startsWith('0'))) return null;
  const family = address.includes(':') ? 6 : 4;
  const value = family === 6 ? parseV6(address) : parseV4(address);
  const hostBits = bits[family] - Number(prefix);
  if (value === null || hostBits < 0) return null;
  const size = 1n << BigInt(hostBits);
  const first = value - (value % size);
  return { family, first, end: first + size };
}

const bits = { 4: 32, 6: 128 } as const;

function parseV4(text: string): bigint | null {
  const octets = text.split('.');
  // A leading zero is octal to some and decimal to others, so it is neither here.
  if (octets.length !== 4 || !octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)) return null;
  return octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

/** RFC 4291 §2.2, an IPv4 tail included; no zone. */
function parseV6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const groups = halves.map((half) => groupsOf(half));
  const [head, tail = []] = groups;
  if (!head || groups.includes(null)) return null;
  const missing = 8 - head.length - tail!.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  // An IPv4 tail stands at the very end only.
  if (halves.length === 2 && halves[0]!.includes('.')) return null;
  return [...head, ...Array<bigint>(missing).fill(0n), ...tail!].reduce((value, group) => (value << 16n) | group, 0n);
}

function groupsOf(half: string): bigint[] | null {
  if (half === '') return [];
  const parts = half.split(':');
  const groups: bigint[] = [];
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 && part.includes('.') ? parseV4(part) : null;
    if (v4 !== null) groups.push(v4 >> 16n, v4 & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return null;
  }
  return groups;
}

function blockOf(text: string): Block {
  const block = parseCidr(text);
  if (block === null) throw new RangeError(`not a CIDR: ${text}`);
  return block;
}

type Entry = FirewallEntry & { readonly blocks: readonly Block[] };

function openPorts(entries: readonly Entry[], width: Width): PortRange[] {
  const bounded = entries.map((entry) =>
    entry.protocol === 'all' ? { entry, from: 0, to: lastPort } : { entry, from: entry.from ?? 0, to: entry.to ?? lastPort },
  );
  const edges = [...new Set([0, lastPort + 1, ...bounded.flatMap(({ from, to }) => [from, to + 1])])].sort((a, b) => a - b);
  // Between two edges the same entries match every port, so judging the first port judges them all.
  const segments = edges.slice(0, -1).map((from, i) => ({ from, to: edges[i + 1]! - 1 }));
  const isOpenAt = (port: number): boolean =>
    isOpen(
      bounded.filter(({ from, to }) => from <= port && port <= to).map(({ entry }) => entry),
      width,
    );
  return mergePorts(segments.filter(({ from }) => isOpenAt(from)));
}

function mergePorts(ranges: readonly PortRange[]): PortRange[] {
  const merged: PortRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && range.from <= last.to + 1) merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else merged.push({ from: range.from, to: range.to });
  }
  return merged;
}

/** Whether what the entries let in, the first match deciding, is wide enough to be the internet. */
function isOpen(entries: readonly Entry[], { maxOpenV4, maxOpenV6 }: Width): boolean {
  const allowed: Block[] = [];
  let denied: Block[] = [];
  for (const { allows, blocks } of entries) {
    if (allows) allowed.push(...subtract(blocks, denied));
    else denied = union([...denied, ...blocks]);
  }
  return union(allowed).some((block) => isWide(block, block.family === 4 ? maxOpenV4 : maxOpenV6));
}

/** Whether a run of addresses holds an aligned block of that prefix length that is not inside unroutable space. */
function isWide({ family, first, end }: Block, maxOpen: number): boolean {
  const size = 1n << BigInt(bits[family] - maxOpen);
  const whole = { family, first: ((first + size - 1n) / size) * size, end: (end / size) * size };
  return whole.first < whole.end && !isUnroutable(whole);
}

/** Disjoint runs in order; runs that touch become one. */
function union(blocks: readonly Block[]): Block[] {
  const merged: Block[] = [];
  for (const block of blocks.toSorted((a, b) => a.family - b.family || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const last = merged.at(-1);
    if (last && last.family === block.family && block.first <= last.end)
      merged[merged.length - 1] = { ...last, end: block.end > last.end ? block.end : last.end };
    else merged.push(block);
  }
  return merged;
}

function subtract(blocks: readonly Block[], taken: readonly Block[]): readonly Block[] {
  return taken.reduce<readonly Block[]>((left, hole) => left.flatMap((block) => without(block, hole)), blocks);
}

function without(block: Block, hole: Block): Block[] {
  if (block.family !== hole.family || hole.end <= block.first || block.end <= hole.first) return [block];
  const parts = [
    { ...block, end: hole.first },
    { ...block, first: hole.end },
  ];
  return parts.filter(({ first, end }) => first < end);
}

/** Blocks that no packet from the internet can come from. IANA special-purpose registries (RFC 6890), multicast and reserved space. */
const unroutable = union(
  (
    '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.168.0.0/16 ' +
    '198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ' +
    // The low 2^32 addresses hold ::, ::1 and the deprecated IPv4-compatible ones; then IPv4-mapped, discard-only, documentation.
    '::/96 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 2001:db8::/32 3fff::/20 fc00::/7 fe80::/10 fec0::/10 ff00::/8'
  )
    .split(' ')
    .map(blockOf),
);

function isUnroutable({ family, first, end }: Block): boolean {
  return unroutable.some((block) => block.family === family && block.first <= first && end <= block.end);
}
