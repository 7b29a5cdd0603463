import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Posted, State } from './methods.ts';
import { acceptSocket, type Socket } from './websocket.ts';

/** What came back for an envelope within three seconds; `null` where nothing did, and a person sees a warning. */
export type Acknowledged = { readonly payload: Readonly<Record<string, unknown>> } | null;

/** Slack's side of Socket Mode: hands out addresses, greets, delivers what people do, and drops connections. */
export function socketMode(state: State) {
  const tickets = new Set<string>();
  const open = new Set<Socket>();
  const waiting = new Map<string, (payload: Acknowledged) => void>();
  const connected: (() => void)[] = [];
  let opened = 0;

  return {
    address(host: string): string {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `ws://${host}/link/?ticket=${ticket}&app_id=${state.world.app}`;
    },

    accept(request: IncomingMessage, stream: Duplex): void {
      if (!tickets.delete(new URL(request.url!, 'ws://double').searchParams.get('ticket') ?? '')) {
        stream.end('HTTP/1.1 404 Not Found\r\n\r\n');
        return;
      }
      const socket = acceptSocket(request, stream, {
        onMessage(message) {
          const { envelope_id: id, payload = {} } = message as { envelope_id: string; payload?: Record<string, unknown> };
          waiting.get(id)?.({ payload });
          waiting.delete(id);
        },
        onClose: () => open.delete(socket),
      });
      if (!state.world.socketMode) {
        socket.send({ type: 'disconnect', reason: 'link_disabled', debug_info: { host: 'double' } });
        return;
      }
      open.add(socket);
      opened++;
      socket.send({
        type: 'hello',
        num_connections: open.size,
        debug_info: { host: 'double', approximate_connection_time: 18_060 },
        connection_info: { app_id: state.world.app },
      });
      for (const tell of connected.splice(0)) tell();
    },

    /** How many connections were greeted so far. */
    opened: () => opened,
    /** Resolves when there is a connection. */
    connected: () => (open.size > 0 ? Promise.resolve() : new Promise<void>((resolve) => connected.push(resolve))),
    /** As Slack does every now and then. */
    refresh(): void {
      for (const socket of open) socket.send({ type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'double' } });
    },
    cut(): void {
      for (const socket of open) socket.cut();
    },
    close(): void {
      for (const socket of open) socket.cut();
    },

    /** Sends an envelope to one of the connections, once or, as after a lost acknowledgement, again. */
    async deliver(payload: object, envelope: string = randomUUID()): Promise<Acknowledged> {
      const [socket] = open;
      if (!socket) return null;
      const answer = new Promise<Acknowledged>((resolve) => {
        waiting.set(envelope, resolve);
        setTimeout(() => resolve(null), 3000).unref();
      });
      socket.send({ type: 'interactive', envelope_id: envelope, accepts_response_payload: true, payload });
      return answer;
    },
  };
}

let clicks = 0;
function newTrigger(state: State, user: string): string {
  const trigger = `${++clicks}.${state.world.team.id}.${randomUUID()}`;
  state.triggers.set(trigger, { user, at: state.now() });
  return trigger;
}

const who = (state: State, user: string) => {
  const team = state.world.users.find(({ id }) => id === user)?.team ?? state.world.team.id;
  return {
    user: { id: user, username: user.toLowerCase(), name: user.toLowerCase(), team_id: team },
    team: { id: state.world.team.id, domain: state.world.team.domain },
    api_app_id: state.world.app,
    is_enterprise_install: false,
    enterprise: null,
  };
};

export interface Press {
  readonly user: string;
  readonly action: string;
  /** The option chosen, or the person. */
  readonly chosen?: string;
}

/** What Slack sends when somebody uses an element of a message. */
export function blockActions(state: State, message: Posted, { user, action, chosen }: Press): object {
  for (const block of message.blocks) {
    if (block.type !== 'actions') continue;
    const element = block.elements.find((each) => each.action_id === action);
    if (!element) continue;
    const at = state.now();
    return {
      type: 'block_actions',
      ...who(state, user),
      container: { type: 'message', message_ts: message.ts, channel_id: message.channel, is_ephemeral: false },
      trigger_id: newTrigger(state, user),
      channel: { id: message.channel, name: 'channel' },
      message: { type: 'message', user: message.user, ts: message.ts, text: message.text, blocks: message.blocks },
      state: { values: {} },
      response_url: 'https://hooks.slack.com/actions/none',
      actions: [
        {
          type: element.type,
          action_id: element.action_id,
          block_id: block.block_id,
          action_ts: `${Math.floor(at / 1000)}.${String(++clicks).padStart(6, '0')}`,
          ...(element.type === 'button' && { text: element.text, ...(element.value !== undefined && { value: element.value }) }),
          ...(element.type === 'static_select' && { selected_option: element.options.find(({ value }) => value === chosen) }),
          ...(element.type === 'users_select' && { selected_user: chosen }),
        },
      ],
    };
  }
  throw new Error(`the message has no ${action}`);
}

/** What Slack sends when somebody submits a form, with a value for each block of it. */
export function viewSubmission(state: State, opened: State['views'][number], values: Readonly<Record<string, string | null>>): object {
  const entries = opened.view.blocks.flatMap((block) => {
    if (block.type !== 'input') return [];
    const value = values[block.block_id!] ?? null;
    if (value === null && block.optional !== true && block.element.type === 'plain_text_input')
      throw new Error(`Slack asks for ${block.block_id}`);
    return [
      [
        block.block_id!,
        {
          [block.element.action_id]: { type: block.element.type, [block.element.type === 'datepicker' ? 'selected_date' : 'value']: value },
        },
      ],
    ];
  });
  return {
    type: 'view_submission',
    ...who(state, opened.user),
    trigger_id: newTrigger(state, opened.user),
    response_urls: [],
    view: {
      id: opened.id,
      team_id: state.world.team.id,
      ...opened.view,
      state: { values: Object.fromEntries(entries) },
      hash: `${opened.id}.hash`,
      root_view_id: opened.id,
      previous_view_id: null,
    },
  };
}
