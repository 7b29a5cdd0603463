import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import type { Config, PersonSettings } from '#src/config.ts';
import { didYouMean, HoldfastError } from '#src/errors.ts';
import { sameAddress } from '#src/waivers/people.ts';
import type { Surroundings } from './command.ts';

/**
 * The person of `--by`, or of git's `user.email`, or whose address begins with the name of the user of this machine. It is a claim: the record
 * says by which user of the machine it was made. Errors: PERSON_UNKNOWN.
 */
export async function personOf(
  { people, folder }: Pick<Config, 'people' | 'folder'>,
  by: string | undefined,
  env: Surroundings['env'],
): Promise<PersonSettings> {
  const at = (address: string): PersonSettings | undefined =>
    people.find(({ email, also }) => [email, ...also].some((own) => sameAddress(own, address)));
  if (by !== undefined) return at(by) ?? unknown(by, people);
  const git = await gitAddress(folder, env);
  const known = git === null ? undefined : at(git);
  if (known) return known;
  const { username } = userInfo();
  const named = people.filter(({ email }) => sameAddress(email.split('@')[0]!, username));
  return named.length === 1 ? named[0]! : unknown(git ?? username, people);
}

function unknown(who: string, people: Config['people']): never {
  const addresses = people.flatMap(({ email, also }) => [email, ...also]);
  throw new HoldfastError('PERSON_UNKNOWN', { who, suggestion: didYouMean(who, new Set(addresses)) });
}

const run = promisify(execFile);

async function gitAddress(cwd: string, env: Surroundings['env']): Promise<string | null> {
  try {
    const { stdout } = await run('git', ['config', 'user.email'], { cwd, env, timeout: 2_000 });
    return stdout.trim() === '' ? null : stdout.trim();
  } catch {
    return null;
  }
}
