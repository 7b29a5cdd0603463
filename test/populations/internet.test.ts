import { BlockList, isIP } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  exposure,
  type FirewallEntry,
  isPublic,
  parseCidr,
  portList,
  portRanges,
  portsInWords,
  portsWithin,
  portsWithout,
} from '#populations/internet';

const width = { maxOpenV4: 8, maxOpenV6: 16 };
const allow = (protocol: string, from: number | null, to: number | null, ...cidrs: string[]): FirewallEntry => ({
  allows: true,
  protocol,
  from,
  to,
  cidrs,
});
const deny = (protocol: string, from: number | null, to: number | null, ...cidrs: string[]): FirewallEntry => ({
  allows: false,
  protocol,
  from,
  to,
  cidrs,
});
const open = (...entries: FirewallEntry[]): string => portsInWords(exposure(entries, width).ports);

describe('parseCidr', () => {
  test.each([
    ['0.0.0.0/0', 0n, 2n ** 32n],
    ['128.0.0.0/1', 2n ** 31n, 2n ** 32n],
    ['10.1.2.3/8', 10n << 24n, 11n << 24n],
    ['203.0.113.7/32', 3405803783n, 3405803784n],
    ['::/0', 0n, 2n ** 128n],
    ['0000:0000:0000:0000:0000:0000:0000:0000/0', 0n, 2n ** 128n],
    ['::ffff:1.2.3.4/128', 0xffff01020304n, 0xffff01020305n],
    ['FE80::/10', 0xfe80n << 112n, 0xfec0n << 112n],
    ['1:2:3:4:5:6:7::/128', 0x00010002000300040005000600070000n, 0x00010002000300040005000600070001n],
  ])('%s', (text, first, end) => {
    expect(parseCidr(text)).toMatchObject({ first, end });
  });

  test.each([
    '',
    '0.0.0.0',
    '/0',
    '0.0.0.0/',
    '0.0.0.0/33',
    '0.0.0.0/00',
    '0.0.0.0/-1',
    '0.0.0/0',
    '0.0.0.0.0/0',
    '00.0.0.0/0',
    '256.0.0.0/0',
    ' 0.0.0.0/0',
    '0.0.0.0/0 ',
  ])('refuses %j', (text) => expect(parseCidr(text)).toBeNull());
  test.each([
    ':/0',
    ':::/0',
    '::1::/0',
    '1:2:3:4:5:6:7:8:9/0',
    '1:2:3:4:5:6:7:8::/0',
    '::/129',
    '::g/0',
    'fe80::1%eth0/64',
    '1.2.3.4::/0',
    '::1.2.3.4:5/0',
    'any',
    'sg-1',
    'pl-1',
  ])('refuses %j', (text) => expect(parseCidr(text)).toBeNull());

  test('takes exactly what is an address, and covers exactly its block', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom('0', '1', 'f', '25', ':', '::', '.'), maxLength: 12 }),
      fc.array(fc.constantFrom('', '0', '1', 'ffff', '1.2.3.4', '10000'), { maxLength: 9 }).map((parts) => parts.join(':')),
    );
    fc.assert(
      fc.property(address, fc.nat(128), address, (text, prefix, other) => {
        const family = isIP(text);
        const block = parseCidr(`${text}/${prefix}`);
        expect(block?.family).toBe(family !== 0 && prefix <= (family === 4 ? 32 : 128) ? family : undefined);
        if (!block || isIP(other) !== family) return;
        const list = new BlockList();
        list.addSubnet(text, prefix, family === 4 ? 'ipv4' : 'ipv6');
        const { first } = parseCidr(`${other}/${family === 4 ? 32 : 128}`)!;
        expect(block.first <= first && first < block.end).toBe(list.check(other, family === 4 ? 'ipv4' : 'ipv6'));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('exposure', () => {
  test.each<[string, FirewallEntry[], string]>([
    ['nothing at all', [], ''],
    ['one port', [allow('tcp', 22, 22, '0.0.0.0/0')], 'tcp/22'],
    ['one port to IPv6 alone', [allow('tcp', 22, 22, '::/0')], 'tcp/22'],
    ['every protocol', [allow('all', null, null, '0.0.0.0/0')], 'tcp/0-65535, udp/0-65535'],
    ['ports without bounds are all ports', [allow('tcp', null, null, '::/0')], 'tcp/0-65535'],
    ['two halves', [allow('tcp', 22, 22, '0.0.0.0/1', '128.0.0.0/1')], 'tcp/22'],
    ['two halves of a /8, each longer than it', [allow('tcp', 22, 22, '54.0.0.0/9', '54.128.0.0/9')], 'tcp/22'],
    [
      'halves in different entries, where their ports meet',
      [allow('tcp', 1, 30, '54.0.0.0/9'), allow('tcp', 20, 90, '54.128.0.0/9')],
      'tcp/20-30',
    ],
    ['halves in every protocol and in one', [allow('all', null, null, '54.0.0.0/9'), allow('udp', 161, 161, '54.128.0.0/9')], 'udp/161'],
    ['halves in different protocols do not meet', [allow('tcp', 22, 22, '54.0.0.0/9'), allow('udp', 22, 22, '54.128.0.0/9')], ''],
    ['halves on different ports do not meet', [allow('tcp', 22, 22, '54.0.0.0/9'), allow('tcp', 23, 23, '54.128.0.0/9')], ''],
    ['the first and last port', [allow('tcp', 0, 0, '0.0.0.0/0'), allow('tcp', 65535, 65535, '0.0.0.0/0')], 'tcp/0, tcp/65535'],
    ['ranges that touch are one', [allow('tcp', 1, 5, '0.0.0.0/0'), allow('tcp', 6, 9, '::/0')], 'tcp/1-9'],
    ['a block too small to be the internet', [allow('tcp', 22, 22, '54.0.0.0/9', '198.51.99.7/32')], ''],
    ['the smallest block that counts', [allow('tcp', 22, 22, '54.0.0.0/8')], 'tcp/22'],
    [
      'private space alone',
      [
        allow(
          'tcp',
          22,
          22,
          '10.0.0.0/8',
          '172.16.0.0/12',
          '192.168.0.0/16',
          '100.64.0.0/10',
          '127.0.0.0/8',
          '224.0.0.0/3',
          'fc00::/7',
          'fe80::/10',
          'ff00::/8',
        ),
      ],
      '',
    ],
    ['private space beside public space', [allow('tcp', 22, 22, '10.0.0.0/7')], 'tcp/22'],
    ['a public block with a private part', [allow('tcp', 22, 22, '172.0.0.0/8')], 'tcp/22'],
    [
      'one IPv6 block that counts, one that does not',
      [allow('tcp', 22, 22, '2600::/16'), allow('tcp', 23, 23, '2600:1f00::/24')],
      'tcp/22',
    ],
    ['IPv4-mapped addresses are none of the internet', [allow('tcp', 22, 22, '::ffff:0:0/96')], ''],
    ['an inverted range opens nothing', [allow('tcp', 23, 21, '0.0.0.0/0')], ''],
    ['a denial before', [deny('tcp', 22, 22, '0.0.0.0/0'), allow('tcp', 20, 25, '0.0.0.0/0')], 'tcp/20-21, tcp/23-25'],
    ['a denial after', [allow('tcp', 20, 25, '0.0.0.0/0'), deny('all', null, null, '0.0.0.0/0')], 'tcp/20-25'],
    ['a denial of one half', [deny('tcp', 22, 22, '0.0.0.0/1'), allow('tcp', 22, 22, '0.0.0.0/0')], 'tcp/22'],
    ['a denial of one family', [deny('tcp', 22, 22, '0.0.0.0/0'), allow('tcp', 22, 22, '0.0.0.0/0', '::/0')], 'tcp/22'],
  ])('%s', (_, entries, expected) => {
    expect(open(...entries)).toBe(expected);
  });

  test('types and codes of ICMP are no ports', () => {
    expect(exposure([allow('icmp', 8, -1, '0.0.0.0/0'), allow('icmpv6', 255, 0, '::/0'), allow('50', 22, 22, '0.0.0.0/0')], width)).toEqual(
      {
        ports: [],
        allProtocols: false,
        otherProtocols: ['50', 'icmp', 'icmpv6'],
      },
    );
  });

  test('every protocol, and those that are named, count on their own', () => {
    expect(exposure([allow('all', null, null, '54.0.0.0/9'), allow('icmp', 8, 8, '54.128.0.0/9')], width)).toEqual({
      ports: [],
      allProtocols: false,
      otherProtocols: ['icmp'],
    });
    expect(exposure([allow('all', null, null, '::/0')], width)).toMatchObject({ allProtocols: true, otherProtocols: [] });
  });

  test.each([0, 8, 31])('the width is a parameter: /%i', (maxOpenV4) => {
    const opens = (block: string) => exposure([allow('tcp', 22, 22, block)], { ...width, maxOpenV4 }).ports.length > 0;
    expect([opens(`54.1.2.3/${maxOpenV4}`), opens(`54.1.2.3/${maxOpenV4 + 1}`)]).toEqual([true, false]);
    expect(opens('10.1.2.3/32')).toBe(false);
  });

  test('at the widest parameter one public address is the internet', () => {
    expect(exposure([allow('tcp', 22, 22, '54.1.2.3/32')], { ...width, maxOpenV4: 32 }).ports).toHaveLength(1);
    expect(exposure([allow('tcp', 22, 22, '10.1.2.3/32')], { ...width, maxOpenV4: 32 }).ports).toEqual([]);
  });

  test.each(
    (
      '0.1.2.3/32 10.0.0.1/32 100.64.0.0/10 100.127.255.255/32 127.0.0.1/32 169.254.169.254/32 172.16.0.0/12 172.31.255.255/32 192.0.0.1/32 192.0.2.1/32 ' +
      '192.168.0.0/16 198.19.255.255/32 198.51.100.0/24 203.0.113.0/24 239.1.2.3/32 255.255.255.255/32 ' +
      '::/128 ::1/128 ::ffff:0:0/96 ::ffff:8.8.8.8/128 64:ff9b:1::1/128 100::1/128 2001:db8::/32 3fff::1/128 fc00::/7 fdff::1/128 fe80::1/128 fec0::/10 ff02::1/128'
    ).split(' '),
  )('%s is not on the internet', (block) => expect(isPublic(block)).toBe(false));

  test.each(
    '1.0.0.0/32 9.255.255.255/32 11.0.0.0/32 100.63.255.255/32 100.128.0.0/32 169.253.255.255/32 172.15.255.255/32 172.32.0.0/32 192.167.255.255/32 192.169.0.0/32 223.255.255.255/32 10.0.0.0/7 0.0.0.0/0 ::/0 2600::1/128 64:ff9b::808:808/128 fbff::1/128'.split(
      ' ',
    ),
  )('%s is', (block) => expect(isPublic(block)).toBe(true));

  test('a malformed block is never a closed one', () => {
    expect(() => exposure([allow('tcp', 22, 22, 'anywhere')], width)).toThrow(RangeError);
    expect(() => isPublic('0.0.0.0')).toThrow(RangeError);
  });

  test('agrees with counting cells and ports one by one', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 7 }), fc.nat(cellBits), fc.nat(cellBits), (entries, maxOpenV4, maxOpenV6) => {
        const { ports, allProtocols, otherProtocols } = exposure(entries, { maxOpenV4, maxOpenV6 });
        const naive = (protocol: string, port: number | null) => naivelyOpen(entries, protocol, port, { 4: maxOpenV4, 6: maxOpenV6 });
        for (const protocol of ['tcp', 'udp'] as const) {
          for (const port of [0, 2, 3, 4, 5, 7, 65_534, 65_535]) {
            expect(ports.some((range) => range.protocol === protocol && range.from <= port && port <= range.to)).toBe(
              naive(protocol, port),
            );
          }
        }
        expect(allProtocols).toBe(naive('a protocol that no entry names', null));
        expect(otherProtocols.includes('icmp')).toBe(entries.some(({ protocol }) => protocol === 'icmp') && naive('icmp', null));
      }),
      { numRuns: 150 },
    );
  });

  test('the order of entries that only allow, and of their blocks, changes nothing', () => {
    const entries = fc.array(anyEntry, { maxLength: 6 }).map((list) => list.map((entry) => ({ ...entry, allows: true })));
    fc.assert(
      fc.property(entries, (list) => {
        const turned = list.toReversed().map((entry) => ({ ...entry, cidrs: entry.cidrs.toReversed() }));
        expect(exposure(turned, width)).toEqual(exposure(list, width));
      }),
      { numRuns: 200 },
    );
  });
});

describe('ports', () => {
  const all = exposure([allow('all', null, null, '::/0')], width).ports;

  test('the open part of a list of ports', () => {
    expect(portsInWords(portsWithin(all, portRanges([22, '9092-9094', 9093])))).toBe('tcp/22, tcp/9092-9094, udp/22, udp/9092-9094');
    expect(portsWithin([{ protocol: 'tcp', from: 20, to: 25 }], portRanges(['25-30', 21, 19]))).toEqual([
      { protocol: 'tcp', from: 21, to: 21 },
      { protocol: 'tcp', from: 25, to: 25 },
    ]);
  });

  test('the open part that is in no list', () => {
    const listed = portRanges([22, '9092-9094', '0-1']).map((range) => ({ protocol: 'tcp' as const, ...range }));
    expect(portsInWords(portsWithout(all, listed))).toBe('tcp/2-21, tcp/23-9091, tcp/9095-65535, udp/0-65535');
    expect(portsWithout(all, all)).toEqual([]);
    expect(portsWithout([{ protocol: 'tcp', from: 443, to: 443 }], [{ protocol: 'udp', from: 443, to: 443 }])).toHaveLength(1);
  });

  test('many are cut short, and say how many there are', () => {
    expect(portsInWords(portRanges([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]).map((range) => ({ protocol: 'udp', ...range })))).toMatch(
      /^udp\/1, .*udp\/15 and 2 more$/,
    );
  });

  test.each([['22'], ['30-20'], ['1-65536'], [65_536], [-1], [1.5], ['1-2-3'], ['']])('%j is not a port', (value) => {
    expect(portList.safeParse([value]).success).toBe(false);
  });
  test('a number and a range are', () => {
    expect(portList.parse([0, 65_535, '0-65535'])).toHaveLength(3);
  });
});

// ---- A slow second opinion: the address space as numbered cells, each looked at on its own. ----

/** Cells per family are the blocks of this prefix length; no block below is longer. */
const cellBits = 10;
const cells = 2 ** cellBits;

/** Cells wholly inside space that no packet from the internet comes from, read off the registries by hand. */
const unroutableCell = {
  4: (cell: number) => [0, 10, 127].includes(cell >> 2) || cell >> 2 >= 224 || cell === ((100 << 2) | 1),
  6: (cell: number) => cell >> 2 === 0xfc || cell >> 2 === 0xfd || cell >> 2 === 0xff || cell === 0x3fa || cell === 0x3fb,
};

interface CellBlock {
  family: 4 | 6;
  cell: number;
  prefix: number;
}

const textOf = ({ family, cell, prefix }: CellBlock): string =>
  family === 4 ? `${cell >> 2}.${(cell & 3) << 6}.0.0/${prefix}` : `${((cell << 6) & 0xffff).toString(16)}::/${prefix}`;

const anyBlock: fc.Arbitrary<CellBlock> = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  cell: fc.oneof(fc.nat(cells - 1), fc.constantFrom(40, 41, 401, 508, 510, 896, 1008, 1018, 1019, 1020)),
  prefix: fc.oneof(fc.nat(cellBits), fc.nat(2)),
});
const anyEntry = fc
  .record({
    allows: fc.boolean(),
    protocol: fc.constantFrom('all', 'tcp', 'udp', 'icmp'),
    from: fc.option(fc.nat(7)),
    to: fc.option(fc.constantFrom(3, 4, 6, 7, 65_534, 65_535)),
    blocks: fc.array(anyBlock, { maxLength: 4 }),
  })
  .map(({ blocks, ...entry }): FirewallEntry & { blocks: CellBlock[] } => ({ ...entry, blocks, cidrs: blocks.map(textOf) }));

function naivelyOpen(
  entries: readonly (FirewallEntry & { blocks?: CellBlock[] })[],
  protocol: string,
  port: number | null,
  maxOpen: Record<4 | 6, number>,
): boolean {
  return ([4, 6] as const).some((family) => {
    const letIn = Array.from({ length: cells }, (_, cell) => {
      const decisive = entries.find(
        (entry) =>
          (entry.protocol === 'all' ||
            (entry.protocol === protocol && (port === null || ((entry.from ?? 0) <= port && port <= (entry.to ?? 65_535))))) &&
          entry.blocks!.some(
            (block) => block.family === family && block.cell >> (cellBits - block.prefix) === cell >> (cellBits - block.prefix),
          ),
      );
      return decisive?.allows === true;
    });
    const size = 2 ** (cellBits - maxOpen[family]);
    return Array.from({ length: cells / size }, (_, i) => i * size).some((start) => {
      const block = Array.from({ length: size }, (_, i) => start + i);
      return block.every((cell) => letIn[cell]) && !block.every(unroutableCell[family]);
    });
  });
}
