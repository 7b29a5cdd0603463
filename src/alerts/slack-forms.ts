import { hash } from 'node:crypto';
import { z } from 'zod';
import { bold, type PlainText, plain, section, text } from './block-kit.ts';
import { cut, grouped, oneLine } from './slack-text.ts';

/* The forms that buttons open, and what comes back from them. */

/** What a form is about; Slack carries it back unread. */
const subject = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('waiver'), alert: z.string(), channel: z.string(), ts: z.string(), items: z.string() }),
  z.strictObject({ ask: z.enum(['approve', 'refuse']), waiver: z.string(), channel: z.string(), ts: z.string() }),
]);
export type Subject = z.output<typeof subject>;

export const formId = 'holdfast.form';

/** A form as `views.open` takes it. */
interface Form {
  readonly type: 'modal';
  readonly callback_id?: string;
  readonly title: PlainText;
  readonly submit?: PlainText;
  readonly close: PlainText;
  readonly private_metadata?: string;
  readonly blocks: readonly object[];
}

/** What a waiver would be for. */
export interface WaiverFor {
  readonly alert: string;
  readonly headline: string;
  readonly rule: string;
  readonly items: readonly { readonly scope: string; readonly item: string }[];
}

/** Names a list of items: what somebody asked for is what they were shown. */
export const listed = (items: WaiverFor['items']): string =>
  hash(
    'sha256',
    items
      .map(({ scope, item }) => JSON.stringify([scope, item]))
      .toSorted()
      .join(),
    'hex',
  ).slice(0, 16);

/** `proposed` is a day, YYYY-MM-DD. */
export function waiverForm({ alert, headline, rule, items }: WaiverFor, at: { channel: string; ts: string }, proposed: string): Form {
  const first = items.slice(0, 10).map(({ scope, item }) => `${cut(oneLine(item), 120)} · ${cut(oneLine(scope), 100)}`);
  const more = items.length > first.length ? [`… +${grouped(items.length - first.length)} more`] : [];
  return form('Ask for a waiver', 'Ask', { ask: 'waiver', alert, ...at, items: listed(items) }, [
    told(
      [bold(`${cut(oneLine(headline), 200)} `), text(`(${oneLine(alert)}, ${oneLine(rule)})`)],
      [text(`It names ${items.length === 1 ? 'this item' : `these ${grouped(items.length)} items`}, and no others:`)],
      ...[...first, ...more].map((line) => [text(line)]),
    ),
    area('reason', 'Why can it not be mended now?', 'Auditors read it.', 10),
    area('compensating', 'What protects meanwhile?', 'The compensating control, and who operates it.', 10),
    {
      type: 'input',
      block_id: 'until',
      label: plain('The last day on which it holds'),
      hint: plain('It begins when somebody else approves it, and changes nothing before that.'),
      element: { type: 'datepicker', action_id: 'value', initial_date: proposed },
    },
  ]);
}

export function decisionForm(ask: 'approve' | 'refuse', waiver: string, at: { channel: string; ts: string }): Form {
  const name = cut(oneLine(waiver), 60);
  return ask === 'approve'
    ? form('Approve a waiver', 'Approve', { ask, waiver, ...at }, [
        told([text(`${name} will be accepted from now on, in your name. What failed before stays what it was.`)]),
        area('reason', 'Why is it acceptable?', 'Auditors read it.', 3),
      ])
    : form('Refuse a waiver', 'Refuse', { ask, waiver, ...at }, [
        told([text(`${name} will be refused, in your name.`)]),
        area('reason', 'Why is it not acceptable?', 'Whoever asked for it reads it.', 3),
      ]);
}

/** What takes the place of a form whose answer is not there in time. */
export const keptForm: Form = {
  type: 'modal',
  title: plain('Kept'),
  close: plain('Close'),
  blocks: [
    told([
      text(
        'Your order is kept, and is being recorded. The thread of the message tells when it is; you are told here in the channel if it is refused.',
      ),
    ]),
  ],
};

/** Why a form is not filled in well, by block. */
export type FormErrors = Readonly<Record<string, string>>;

const submitted = z.object({
  view: z.object({
    id: z.string(),
    callback_id: z.string(),
    private_metadata: z.string(),
    state: z.object({
      values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish(), selected_date: z.string().nullish() }))),
    }),
  }),
});

export interface Submitted {
  readonly view: string;
  readonly subject: Subject;
  readonly values: Readonly<Record<'reason' | 'compensating' | 'until', string>>;
  /** The same for the same answers to the same form. */
  readonly mark: string;
}

/** A submission of one of these forms; null where it is none. */
export function readSubmission(payload: unknown): Submitted | null {
  const parsed = submitted.safeParse(payload);
  if (!parsed.success || parsed.data.view.callback_id !== formId) return null;
  const { id, private_metadata: carried, state } = parsed.data.view;
  const about = subject.safeParse(json(carried));
  if (!about.success) return null;
  const value = (block: string): string => {
    const { value: written, selected_date: day } = state.values[block]?.['value'] ?? {};
    return (written ?? day ?? '').trim();
  };
  const values = { reason: value('reason'), compensating: value('compensating'), until: value('until') };
  return { view: id, subject: about.data, values, mark: hash('sha256', JSON.stringify(values), 'hex').slice(0, 24) };
}

/** Under which field a refusal is shown, since Slack shows it nowhere else. */
export function besideField(refusal: string, { subject: { ask } }: Submitted): FormErrors {
  if (ask !== 'waiver') return { reason: refusal };
  return {
    [/compensating/i.test(refusal) ? 'compensating' : /\b(day|days|until|end|ends|ended|past)\b/i.test(refusal) ? 'until' : 'reason']:
      refusal,
  };
}

const form = (title: string, submit: string, about: Subject, blocks: readonly object[]): Form => ({
  type: 'modal',
  callback_id: formId,
  title: plain(title),
  submit: plain(submit),
  close: plain('Cancel'),
  private_metadata: JSON.stringify(about),
  blocks,
});

function told(...lines: readonly (readonly ReturnType<typeof text>[])[]): object {
  return { type: 'rich_text', elements: lines.map((elements) => section(...elements)) };
}

const area = (id: 'reason' | 'compensating', label: string, hint: string, least: number): object => ({
  type: 'input',
  block_id: id,
  label: plain(label),
  hint: plain(hint),
  element: { type: 'plain_text_input', action_id: 'value', multiline: true, min_length: least, max_length: 1500 },
});

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
