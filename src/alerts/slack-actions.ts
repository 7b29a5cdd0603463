import type { Logger } from 'pino';
import { z } from 'zod';
import type { Action, Actions, Answer, Deed } from '#src/actions/action.ts';
import type { Companion } from '#src/companion.ts';
import type { Secret } from '#src/config/secret.ts';
import { HoldfastError } from '#src/errors.ts';
import { bold, section, text } from './block-kit.ts';
import { ChannelFault } from './channel.ts';
import { acknowledgeDays, actionIds, alertOf, type ButtonAction } from './slack-buttons.ts';
import { slackCall } from './slack-client.ts';
import { SlackFault, slackFault } from './slack-faults.ts';
import { besideField, decisionForm, type FormErrors, keptForm, readSubmission, type Submitted, waiverForm } from './slack-forms.ts';
import { type KnownPerson, slackPeople } from './slack-people.ts';
import { keepSocket } from './slack-socket.ts';
import { cut, escaped, oneLine } from './slack-text.ts';
import { deedOf, type Refusal, waivable } from './slack-waivers.ts';
import type { KnownAlerts, Troubles } from './sources.ts';

export interface SlackActionsOptions {
  readonly token: Secret;
  readonly appToken: Secret;
  readonly endpoint?: string;
  readonly actions: Actions;
  readonly alerts: Pick<KnownAlerts, 'find'>;
  readonly people: readonly KnownPerson[];
  /** Where a day ends. */
  readonly timeZone: string;
  readonly now: () => number;
  readonly log: Logger;
}

const press = z.object({
  type: z.literal('block_actions'),
  team: z.object({ id: z.string() }),
  user: z.object({ id: z.string() }),
  channel: z.object({ id: z.string() }),
  container: z.object({ message_ts: z.string() }),
  trigger_id: z.string(),
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        block_id: z.string(),
        action_ts: z.string().regex(/^\d{1,12}\.\d+$/),
        value: z.string().default(''),
        selected_option: z.object({ value: z.string() }).nullish(),
        selected_user: z.string().nullish(),
      }),
    )
    .min(1),
});
type Press = z.output<typeof press>;
const submitter = z.object({ type: z.literal('view_submission'), team: z.object({ id: z.string() }), user: z.object({ id: z.string() }) });

/** Slack waits three seconds for an acknowledgement. */
const inTime = 2200;
const patience = 60_000;
/** Slack ends a connection now and then, and the next one is there within seconds. */
const lasting = 10 * 60_000;
const day = 86_400_000;

export interface SlackActions extends Companion {
  /** Why nobody listens to what is pressed; null while somebody does. */
  trouble(): string | null;
  /** That nobody listens, once it has lasted. */
  readonly troubles: Troubles;
}

/** What people do with the buttons of messages becomes orders to the agent. Refusals are told to them alone, right there. */
export function slackActions(options: SlackActionsOptions): SlackActions {
  const { actions, alerts, now, log, timeZone } = options;
  const call = slackCall(options.token, options.endpoint);
  /** Orders that were taken are done all the same; nobody is told any more. */
  let closed = false;
  const people = slackPeople({ call, people: options.people, now });

  async function tell(channel: string, user: string, { problem, mend }: Refusal): Promise<void> {
    const [what, how] = [cut(oneLine(problem), 600), cut(oneLine(mend), 600)];
    const blocks = [{ type: 'rich_text', elements: [section(bold('Not done. '), text(what)), section(text(how))] }];
    await call(
      'chat.postEphemeral',
      { channel, user, text: escaped(`Not done. ${what} ${how}`), blocks, parse: 'none' },
      z.object({}),
    ).catch((error: unknown) =>
      log.warn({ channel, user, problem, reason: slackFault('chat.postEphemeral', error).message }, 'a refusal was not told'),
    );
  }

  /** Who acts. Errors: ChannelFault. */
  async function actor(team: string, user: string): Promise<string | Refusal> {
    if (team !== (await people.team()))
      return { problem: 'This comes from another workspace.', mend: 'Act in the workspace in which the app is installed.' };
    const who = await people.who(user);
    return who.ok ? who.email : who;
  }

  async function order(action: Action): Promise<Refusal | null> {
    try {
      const answer: Answer = await actions.submit(action, patience);
      return answer.ok ? null : answer;
    } catch (error) {
      if (error instanceof HoldfastError) return { problem: error.message, mend: error.remedy };
      throw error;
    }
  }

  /** Does what a button says. `handedOver` is called once it is kept, or nothing is left to keep. */
  async function pressed(
    { team, user, channel, container, trigger_id, actions: [used] }: Press,
    handedOver: () => void,
  ): Promise<Refusal | null> {
    const what = (Object.keys(actionIds) as ButtonAction[]).find((name) => actionIds[name] === used!.action_id);
    if (what === undefined) return null;
    const by = await actor(team.id, user.id);
    if (typeof by !== 'string') return by;
    const at = { channel: channel.id, ts: container.message_ts };
    const id = ['slack', team.id, channel.id, container.message_ts, user.id, used!.action_id, used!.action_ts].join(':');
    const send = (deed: Deed): Promise<Refusal | null> => {
      const sent = order({ id, by, at: now(), via: { way: 'slack', team: team.id, user: user.id, ts: container.message_ts }, deed });
      handedOver();
      return sent;
    };
    const open = (view: object): Promise<Refusal | null> =>
      call('views.open', { trigger_id, view }, z.object({})).then(
        () => null,
        (error: unknown) => (error instanceof SlackFault ? notOpened(error) : Promise.reject(error)),
      );
    const alert = alertOf(used!.block_id) ?? '';
    switch (what) {
      case 'acknowledge': {
        const days = acknowledgeDays.find((each) => String(each) === used!.selected_option?.value);
        if (days === undefined) return { problem: 'No span was chosen.', mend: 'Choose one of those in the list.' };
        // From Slack's own time of the press, so that the same press is the same order.
        return send({ do: 'acknowledge', alert, until: Math.round(Number(used!.action_ts) * 1000) + days * day, note: '' });
      }
      case 'assign': {
        const to = await people.who(used!.selected_user ?? '');
        return to.ok
          ? send({ do: 'assign', alert, to: to.email })
          : { problem: `It cannot be assigned to them: ${to.problem}`, mend: to.mend };
      }
      case 'request-waiver': {
        const about = waivable(alerts.find, alert);
        return 'problem' in about ? about : open(waiverForm(about, at, localDay(now() + 30 * day, timeZone)));
      }
      case 'approve-waiver':
        return open(decisionForm('approve', used!.value, at));
      case 'refuse-waiver':
        return open(decisionForm('refuse', used!.value, at));
    }
  }

  /** Does what a form says; or what is wrong with it, by field. */
  async function filledIn(form: Submitted, team: string, user: string): Promise<FormErrors | null> {
    const by = await actor(team, user);
    const beside = ({ problem, mend }: Refusal): FormErrors => besideField(cut(oneLine(`${problem} ${mend}`), 1000), form);
    if (typeof by !== 'string') return beside(by);
    const deed = deedOf(form, alerts.find, timeZone);
    if ('problem' in deed) return beside(deed);
    if ('until' in deed && deed.until <= now()) return { until: 'That day is over. Choose one to come.' };
    const id = ['slack', team, form.view, user, form.mark].join(':');
    const refusal = await order({ id, by, at: now(), via: { way: 'slack', team, user, ts: form.subject.ts }, deed });
    return refusal && beside(refusal);
  }

  async function onPress(payload: Press, acknowledge: () => Promise<void>): Promise<void> {
    let told: Promise<void> | undefined;
    const handedOver = (): void => void (told ??= acknowledge());
    const timer = setTimeout(handedOver, inTime);
    const refusal = await pressed(payload, handedOver).catch(refusalOf);
    clearTimeout(timer);
    handedOver();
    if (refusal && !closed) await tell(payload.channel.id, payload.user.id, refusal);
  }

  async function onForm(form: Submitted, team: string, user: string, acknowledge: (answer?: object) => Promise<void>): Promise<void> {
    const done = filledIn(form, team, user).catch((error: unknown) => besideField(wordsOf(refusalOf(error)), form));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, inTime, 'late' as const);
    });
    const first = await Promise.race([done, late]);
    clearTimeout(timer);
    if (first === 'late') {
      await acknowledge({ response_action: 'update', view: keptForm });
      const errors = await done;
      if (errors && !closed) await tell(form.subject.channel, user, { problem: Object.values(errors).join(' '), mend: '' });
    } else await acknowledge(first ? { response_action: 'errors', errors: first } : undefined);
  }

  const socket = keepSocket({
    appToken: options.appToken,
    endpoint: options.endpoint,
    log,
    now,
    onInteraction(payload, acknowledge) {
      const pressing = press.safeParse(payload).data;
      const form = readSubmission(payload);
      if (!pressing && !form)
        log.warn({ type: (payload as { type?: unknown } | null)?.type }, 'something came from Slack that is not understood');
      const sender = form && submitter.safeParse(payload).data;
      const done = pressing
        ? onPress(pressing, () => acknowledge())
        : form && sender
          ? onForm(form, sender.team.id, sender.user.id, acknowledge)
          : acknowledge();
      done.catch((error: unknown) => closed || log.error({ error: String(error) }, 'what was done in Slack was not understood'));
    },
  });
  return {
    name: 'slack',
    trouble: () => socket.trouble()?.says ?? null,
    troubles(at) {
      const deaf = socket.trouble();
      if (deaf === null || at - deaf.since < lasting) return [];
      return [
        {
          key: 'slack buttons',
          severity: 'low',
          headline: 'Buttons in Slack do not work',
          says: deaf.says,
          remedy: deaf.mend || 'Let this machine reach slack.com on port 443. Until then, use the pages and `holdfast waive`.',
          since: deaf.since,
        },
      ];
    },
    async close() {
      closed = true;
      await socket.close();
    },
  };
}

const wordsOf = ({ problem, mend }: Refusal): string => `${problem} ${mend}`.trim();

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ChannelFault)) return { problem: `Holdfast met a fault of its own: ${String(error)}.`, mend: 'Report this.' };
  const { message, mend } = error;
  return { problem: `${message}.`, mend: mend || 'Try again in a minute.' };
}

/** A form that is open already needs no second. */
function notOpened(fault: SlackFault): Refusal | null {
  if (fault.code === 'exchanged_trigger_id') return null;
  if (fault.code === 'expired_trigger_id') return { problem: 'Slack waited too long for the form.', mend: 'Press the button once more.' };
  return refusalOf(fault);
}

const localDay = (instant: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(instant);
