import type { Severity } from '#src/rule.ts';
import {
  type Block,
  bold,
  code,
  type Drawn,
  date,
  type Inline,
  link,
  list,
  type Part,
  plain,
  quote,
  section,
  text,
  weight,
} from './block-kit.ts';
import type { AlertKind, AlertMessage, ChangeEvent, FieldChange, ReplyMessage, ToldItem } from './message.ts';
import { buttons } from './slack-buttons.ts';
import { cut, cutAlike, escaped, grouped, linkable, oneLine, someLines, span, utc } from './slack-text.ts';

/** Of the 13,200 characters that Slack takes, without saying so. */
const budget = 10_000;

/** An alert as Slack shows it. Cut, part by part and each time saying so, until it fits. */
export function drawAlert(message: AlertMessage, { interactive }: { readonly interactive: boolean }): Drawn {
  for (const room of [1, 0.6, 0.35, 0.2, 0.1, 0.04]) {
    const blocks = alertBlocks(message, interactive, room);
    if (weight(blocks) <= budget) return { blocks, text: alertText(message) };
  }
  throw new TypeError('an alert does not fit into a message, however it is cut');
}

/** What is added to a thread; `apart` where it cannot stand in one, so that it says which alert it belongs to. */
export function drawReply({ alert, headline, lines }: ReplyMessage, { apart = false }: { readonly apart?: boolean } = {}): Drawn {
  const head = `${apart ? `${cut(oneLine(alert), 60)}: ` : ''}${cut(oneLine(headline), 200)}`;
  for (const room of [1, 0.4, 0.15, 0.05]) {
    const most = Math.max(1, Math.round(40 * room));
    const told = lines.slice(0, most).map((line) => section(text(cut(oneLine(line), Math.round(600 * room)))));
    const more = lines.length > most ? [section(text(`… +${grouped(lines.length - most)} more lines`))] : [];
    const blocks: Block[] = [{ type: 'rich_text', elements: [section(bold(head)), ...(told.length > 0 ? [list(...told, ...more)] : [])] }];
    if (weight(blocks) <= budget) return { blocks, text: escaped(apart ? head : `${head} · ${cut(oneLine(alert), 60)}`) };
  }
  throw new TypeError('a reply does not fit into a message, however it is cut');
}

function alertBlocks(message: AlertMessage, interactive: boolean, room: number): Block[] {
  const few = (most: number): number => Math.max(1, Math.round(most * room));
  const told = (content: string, most: number): string => cut(oneLine(content), Math.max(8, Math.round(most * room)));
  const { controls, items, changes, by, due, resolved, acknowledged, assigned, rule } = message;

  const top: Part[] = [
    section(
      bold(`${kinds[message.kind]}, ${message.severity}, ${message.state}`),
      text(` · ${told(message.alert, 60)}${rule ? ` · ${told(rule.id, 120)}` : ''}`),
    ),
    ...(resolved
      ? [section(bold('Resolved '), date(resolved.at), text(` after ${span(resolved.at - message.firstBad)}: ${told(resolved.how, 300)}`))]
      : []),
    ...says(message.says, told, few),
    ...(due === null ? [] : [section(bold(deadline(message)), date(due), text(clock(message)))]),
    ...(by === null ? [] : who(by, told, few)),
    ...(message.kind === 'obligation' ? [] : [seen(message)]),
    ...(assigned === null ? [] : [section(bold('Assigned to '), text(told(assigned, 100)))]),
    ...(acknowledged ? [section(bold('Acknowledged by '), text(`${told(acknowledged.by, 100)} until `), date(acknowledged.until))] : []),
  ];
  const what: Part[] = [
    ...(changes.length > 0 ? difference(message, told, few) : []),
    ...(items.length > 0 || message.count > 1 ? affected(message, told, few, 900 * room) : []),
  ];
  const why: Part[] = controls
    .slice(0, few(3))
    .flatMap((control) => [
      section(bold('Control at risk: '), text(`${told(control.id, 60)} ${told(control.title, 120)} · owner ${told(control.owner, 80)}`)),
      quote(cut(someLines(control.statement), Math.round(500 * room))),
    ]);
  if (controls.length > few(3)) why.push(section(text(`… +${controls.length - few(3)} more controls`)));
  if (message.remedy !== '' && !resolved)
    why.push(section(bold('How to mend it: '), text(cut(someLines(message.remedy), Math.round(800 * room)))));
  const page = linkable(message.page, 900 * room);
  if (page !== null) why.push(section(link(page, 'Open in Holdfast')));
  else if (message.page !== null) why.push(section(text('Its page in Holdfast has an address that cannot be linked here.')));

  return [
    { type: 'header', text: plain(cut(`${markOf(message)} ${oneLine(message.headline)}`, 120)) },
    { type: 'rich_text', elements: top },
    ...(what.length > 0 ? [{ type: 'rich_text' as const, elements: what }] : []),
    ...(why.length > 0 ? [{ type: 'rich_text' as const, elements: why }] : []),
    ...(interactive ? buttons(message) : []),
  ];
}

type Told = (content: string, most: number) => string;
type Few = (most: number) => number;

function says(content: string, told: Told, few: Few): Part[] {
  const own = content.split('\n').filter((line) => line.trim() !== '');
  if (own.length < 2) return [section(bold('What: '), text(told(content.trim(), 400)))];
  const most = few(12);
  const more = own.length > most ? [section(text(`… +${grouped(own.length - most)} more lines`))] : [];
  return [section(bold('What:')), list(...own.slice(0, most).map((line) => section(text(told(line, 400)))), ...more)];
}

function deadline({ kind, due, firstBad, resolved }: AlertMessage): string {
  if (kind === 'waiver') return 'Ends ';
  if (kind === 'obligation') return due !== null && due <= firstBad ? 'Was due ' : 'Due ';
  return resolved ? 'Was to be mended by ' : 'Mend by ';
}

/** How long there is from when it was seen. */
const clock = ({ kind, due, firstBad }: AlertMessage): string =>
  due === null || kind === 'waiver' || kind === 'obligation'
    ? ''
    : ` (${span(Math.abs(due - firstBad))} ${due < firstBad ? 'before' : 'after'} it was seen)`;

const seen = ({ kind, firstBad, lastGood }: AlertMessage): Part =>
  section(
    bold(kind === 'waiver' ? 'Since ' : 'Seen '),
    date(firstBad),
    ...(lastGood === null ? [] : [text('; all was well '), date(lastGood)]),
  );

function who(by: NonNullable<AlertMessage['by']>, told: Told, few: Few): Part[] {
  if (by.known && by.events.length === 0) return [section(bold('Changed by '), text('unknown: the log names nobody'))];
  if (!by.known) {
    const when: Inline[] =
      by.from === null ? [text('before '), date(by.to)] : [text('between '), date(by.from), text(' and '), date(by.to)];
    return [section(bold('Changed by '), text('unknown, '), ...when, text(`: ${told(by.why, 300)}`))];
  }
  const events = by.events.slice(0, few(3));
  const more = by.events.length - events.length;
  return [
    ...events.map((event) => section(bold('Changed by '), text(`${actor(event, told)} `), date(event.at), text(origin(event, told)))),
    ...(more > 0 ? [section(text(`… +${grouped(more)} more changes`))] : []),
  ];
}

const actor = ({ actor: { name, kind, through, email } }: ChangeEvent, told: Told): string =>
  `${told(name, 120)} (${kind}${email === undefined ? '' : `, ${told(email, 100)}`}) through ${told(through, 80)},`;
const origin = ({ operation, source, id }: ChangeEvent, told: Told): string =>
  ` · ${told(operation, 100)} · ${told(source, 40)} ${told(id, 80)}`;

function difference({ changes, alike, count, items }: AlertMessage, told: Told, few: Few): Part[] {
  const shown = changes.slice(0, few(10));
  const of = alike
    ? count > 1
      ? ` in all ${grouped(count)}`
      : ''
    : items[0]
      ? ` in ${told(items[0].name, 100)}${count > 1 ? `, the first of ${grouped(count)}` : ''}`
      : '';
  const more = changes.length - shown.length;
  return [
    section(bold('Changed'), text(`${of}:`)),
    code(
      [...shown.flatMap((change) => lines(change, told, few(220))), ...(more > 0 ? [`… +${grouped(more)} more fields`] : [])].join('\n'),
    ),
  ];
}

function lines({ field, before, after }: FieldChange, told: Told, most: number): string[] {
  const name = told(field, 120);
  const [was, is] =
    before !== null && after !== null
      ? cutAlike(oneLine(before), oneLine(after), most)
      : [before === null ? null : cut(oneLine(before), most), after === null ? null : cut(oneLine(after), most)];
  if (was === null && is === null) return [`  ${name}`];
  return [...(was === null ? [] : [`- ${name}: ${was}`]), ...(is === null ? [] : [`+ ${name}: ${is}`])];
}

function affected({ items, count }: AlertMessage, told: Told, few: Few, longest: number): Part[] {
  const shown = items.slice(0, few(8));
  const more = Math.max(count, items.length) - shown.length;
  const row = ({ name, key, scope, page, console }: ToldItem) => {
    // Names are not unique; ids are, and are what one looks for.
    const id = key.split(/[/:]/).at(-1) ?? '';
    const there = linkable(console, longest);
    return section(
      link(linkable(page, longest), told(name, 120)),
      text(`${id === '' || name.includes(id) ? '' : ` (${told(id, 80)})`} · ${told(scope, 100)}`),
      ...(there === null ? [] : [text(' · '), link(there, 'console')]),
    );
  };
  return [
    section(bold(`${grouped(count)} ${count === 1 ? 'item' : 'items'}`)),
    ...(shown.length > 0 ? [list(...shown.map(row), ...(more > 0 ? [section(text(`… +${grouped(more)} more`))] : []))] : []),
  ];
}

/** For notifications and screen readers: what, how bad, who, by when. Markup is escaped, since this text alone knows any. */
function alertText(message: AlertMessage): string {
  const { headline, severity, state, alert, count, by, due, resolved } = message;
  const event = by?.known ? by.events[0] : undefined;
  const told = [
    `${markOf(message)} ${cut(oneLine(headline), 300)}`,
    `${kinds[message.kind]}, ${severity}, ${state}${count > 1 ? `, ${grouped(count)} items` : ''}`,
    ...(event ? [`changed by ${cut(oneLine(event.actor.name), 120)}`] : by ? ['changed by unknown'] : []),
    ...(resolved ? [`resolved ${utc(resolved.at)}`] : due === null ? [] : [`${deadline(message).toLowerCase()}${utc(due)}`]),
    cut(oneLine(alert), 60),
  ];
  return escaped(told.join(' · '));
}

const kinds: Readonly<Record<AlertKind, string>> = {
  drift: 'Drift',
  event: 'Failed event',
  obligation: 'Missed obligation',
  waiver: 'Waiver',
  monitoring: 'Monitoring lost',
  operations: 'Holdfast itself',
};

const severities: Readonly<Record<Severity, string>> = { critical: '🚨', high: '🔴', medium: '🟠', low: '🟡' };
const markOf = ({ state, severity }: AlertMessage): string =>
  state === 'resolved' ? '✅ Resolved:' : state === 'acknowledged' ? '👀' : severities[severity];
