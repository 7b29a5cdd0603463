import { HoldfastError } from '#src/errors.ts';

/** As it stands in an address: `127.0.0.1:8321`, `[::1]:8321`. */
export const addressText = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Why nothing listens there: PORT_IN_USE, ADDRESS_UNAVAILABLE, or the fault as it came. */
export function listenError(error: unknown, address: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'EADDRINUSE') return new HoldfastError('PORT_IN_USE', { address }, { cause: error });
  const reason = code === undefined ? undefined : unavailable[code];
  return reason === undefined ? error : new HoldfastError('ADDRESS_UNAVAILABLE', { address, reason }, { cause: error });
}

const unavailable: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'this machine does not have the address',
  EACCES: 'this user may not use the port',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up',
  EAFNOSUPPORT: 'this machine does not speak that kind of address',
};
