import { BlockList, isIP } from 'node:net';
import type { FastifyReply } from 'fastify';

/** What keeps pages from being framed, scripted, kept or read by others. */
export const guard = { headers, isOurs };

/** Whether only this machine can reach what listens on the host. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function headers(reply: FastifyReply): void {
  void reply.headers({
    'content-security-policy':
      "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-robots-tag': 'noindex, nofollow',
    'cache-control': 'no-store',
  });
}

/**
 * A page of a stranger can give its own name the address of this machine, and then read what is served here (DNS rebinding). The browser
 * still sends the stranger's name as the host, so only the names of this machine are answered. The port may be a forwarded one.
 */
function isOurs(header: string | undefined, listen: string): boolean {
  const host = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(header ?? '')?.[1]?.replace(/^\[|\]$/g, '');
  return host !== undefined && (isLoopback(host) || host.toLowerCase() === listen.toLowerCase());
}
