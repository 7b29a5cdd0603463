import { z } from 'zod';
import { type SlackCall } from './slack-client.ts';
import { slackFault } from './slack-faults.ts';

/** The person behind a member of the workspace, by the address that Slack verified; or why there is none. */
export type Who = { readonly ok: true; readonly email: string } | { readonly ok: false; readonly problem: string; readonly mend: string };

/** As `people` in the configuration: an address, and the member id where Slack has another. */
export interface KnownPerson {
  readonly email: string;
  readonly slack?: string;
}

const identity = z.object({ team_id: z.string(), enterprise_id: z.string().nullish() });
const member = z.object({
  user: z.object({
    team_id: z.string().default(''),
    deleted: z.boolean().default(false),
    is_bot: z.boolean().default(false),
    is_stranger: z.boolean().default(false),
    is_email_confirmed: z.boolean().default(false),
    enterprise_user: z.object({ teams: z.array(z.string()).default([]) }).optional(),
    profile: z.object({ email: z.string().optional() }),
  }),
});

const remembered = 5 * 60_000;

/** Looks members up, and remembers for some minutes what it found. Who is not of the app's own workspace is nobody. */
export function slackPeople({ call, people, now }: { call: SlackCall; people: readonly KnownPerson[]; now: () => number }) {
  const found = new Map<string, { readonly email: string; readonly until: number }>();
  let team: string | null = null;

  async function lookUp(user: string): Promise<Who> {
    team ??= (await call('auth.test', {}, identity)).team_id;
    const { user: it } = await call('users.info', { user }, member);
    if (it.team_id !== team && !it.enterprise_user?.teams.includes(team)) return stranger;
    if (it.is_stranger) return stranger;
    if (it.deleted || it.is_bot)
      return { ok: false, problem: 'This account may not act: it is an app, or deactivated.', mend: 'Let a person do it.' };
    const known = people.find(({ slack }) => slack === user);
    if (known) return { ok: true, email: known.email };
    const { email } = it.profile;
    if (email === undefined)
      return {
        ok: false,
        problem: 'Slack does not tell the address of this account.',
        mend: 'Give the app the scope users:read.email, and install it again.',
      };
    if (!it.is_email_confirmed)
      return {
        ok: false,
        problem: `Slack has not verified the address ${email}.`,
        mend: 'Confirm it in Slack under Account settings, then try again.',
      };
    return { ok: true, email: email.toLowerCase() };
  }

  return {
    /** The workspace of the app; what comes from another is nobody's. Errors: ChannelFault. */
    async team(): Promise<string> {
      team ??= (await call('auth.test', {}, identity)).team_id;
      return team;
    },
    async who(user: string): Promise<Who> {
      const before = found.get(user);
      if (before && before.until > now()) return { ok: true, email: before.email };
      try {
        const who = await lookUp(user);
        if (who.ok) found.set(user, { email: who.email, until: now() + remembered });
        return who;
      } catch (error) {
        const { message, mend } = slackFault('users.info', error);
        return { ok: false, problem: `Who you are could not be told. ${message}.`, mend: mend || 'Try again in a minute.' };
      }
    },
  };
}

const stranger: Who = {
  ok: false,
  problem: 'This account belongs to another workspace.',
  mend: 'Let a member of the workspace do it in which the app is installed.',
};
