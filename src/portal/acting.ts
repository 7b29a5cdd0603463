import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Actions } from '#src/actions/action.ts';
import type { PersonSettings } from '#src/config.ts';
import { sameAddress } from '#src/waivers/people.ts';

/** What lets people act over the pages: the proxy in front that signs them in, and who takes their orders. */
export interface Acting {
  readonly actions: Actions;
  readonly people: readonly PersonSettings[];
  /** How a waiver may last at most. */
  readonly longestDays: number;
  /** By which people reach the pages: nobody acts from elsewhere. */
  readonly address: string;
  readonly timeZone: string;
  /** Names of headers, in small letters. */
  readonly header: string;
  readonly proof: string;
  readonly secret: string;
}

/** Why nobody may act now, or who may. `token` goes with every form, and lasts a day at most. */
export type SignedIn = { readonly person: PersonSettings; readonly token: string } | { readonly person: null; readonly why: string };

const half = 12 * 3_600_000;

/** Holds requests to what the proxy says, and orders to the pages they come from. */
export function doorkeeper({ people, header, proof, secret, address }: Omit<Acting, 'actions'>, now: () => number) {
  const key = randomBytes(32);
  const origin = new URL(address).origin;
  const tokenAt = (person: PersonSettings, period: number): string =>
    createHmac('sha256', key).update(`${period} ${person.email}`).digest('base64url');
  const period = (): number => Math.floor(now() / half);

  const signedIn = ({ headers }: FastifyRequest): SignedIn => {
    if (!same(text(headers[proof]), secret)) return { person: null, why: 'The request did not come through the sign-in.' };
    const who = text(headers[header]);
    const person = people.find(({ email, also }) => [email, ...also].some((own) => sameAddress(own, who)));
    return person
      ? { person, token: tokenAt(person, period()) }
      : { person: null, why: `${who === '' ? 'Who is signed in' : who} is none of the people who may act.` };
  };

  /** What is wrong with an order; null where it came from a form of ours that this person was shown. */
  const fault = ({ headers }: FastifyRequest, person: PersonSettings, token: string): string | null => {
    const site = text(headers['sec-fetch-site']);
    if (text(headers.origin) !== origin || (site !== '' && site !== 'same-origin')) return 'The order did not come from these pages.';
    const known = [period(), period() - 1].some((at) => same(token, tokenAt(person, at)));
    return known ? null : 'The form is too old, or was shown to somebody else.';
  };
  return { signedIn, fault, host: new URL(address).host };
}

/** Takes as long whatever differs. */
const same = (a: string, b: string): boolean => timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));

const text = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');
