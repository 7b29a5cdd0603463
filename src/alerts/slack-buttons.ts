import { type Block, plain } from './block-kit.ts';
import type { AlertMessage } from './message.ts';

/* The buttons under a message, and what their names mean when one is pressed. Slack carries `block_id` and `value` back unread. */

export const actionIds = {
  acknowledge: 'holdfast.acknowledge',
  assign: 'holdfast.assign',
  'request-waiver': 'holdfast.request-waiver',
  'approve-waiver': 'holdfast.approve-waiver',
  'refuse-waiver': 'holdfast.refuse-waiver',
} as const;
export type ButtonAction = keyof typeof actionIds;

export const acknowledgeDays = [1, 7, 30] as const;

const button = (action: ButtonAction, label: string, value: string, style?: 'primary' | 'danger') => ({
  type: 'button',
  action_id: actionIds[action],
  text: plain(label),
  value,
  ...(style && { style }),
});

const drawn: Readonly<Record<ButtonAction, (message: AlertMessage) => object | null>> = {
  acknowledge: () => ({
    type: 'static_select',
    action_id: actionIds.acknowledge,
    placeholder: plain('Acknowledge…'),
    options: acknowledgeDays.map((days) => ({ text: plain(days === 1 ? 'for 1 day' : `for ${days} days`), value: String(days) })),
  }),
  assign: () => ({ type: 'users_select', action_id: actionIds.assign, placeholder: plain('Assign to…') }),
  'request-waiver': ({ alert }) => button('request-waiver', 'Ask for a waiver', alert),
  'approve-waiver': ({ waiver }) => (waiver === null ? null : button('approve-waiver', 'Approve', waiver, 'primary')),
  'refuse-waiver': ({ waiver }) => (waiver === null ? null : button('refuse-waiver', 'Refuse', waiver, 'danger')),
};

/** The row of buttons of a message; nothing where nothing can be done any more. */
export function buttons(message: AlertMessage): Block[] {
  const elements = message.state === 'resolved' ? [] : message.actions.flatMap((action) => drawn[action](message) ?? []);
  return elements.length === 0 ? [] : [{ type: 'actions', block_id: `alert:${message.alert}`, elements }];
}

/** The alert that a row of buttons belongs to; null where it is not one of ours. */
export const alertOf = (blockId: string): string | null => /^alert:(.+)$/.exec(blockId)?.[1] ?? null;
