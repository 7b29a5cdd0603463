import { z } from 'zod';

/* What Slack takes of Block Kit, with its limits: the blocks that Holdfast has a use for, and those that hostile text might make. */

const plainText = (most: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(most), emoji: z.boolean().optional() });
const anyText = (most: number) =>
  z.discriminatedUnion('type', [
    plainText(most),
    z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(most), verbatim: z.boolean().optional() }),
  ]);
const blockId = z.string().min(1).max(255).optional();
const actionId = z.string().min(1).max(255);
const address = z
  .string()
  .min(1)
  .max(3000)
  .refine((value) => URL.canParse(value));

const style = z.strictObject({ bold: z.boolean(), italic: z.boolean(), strike: z.boolean(), code: z.boolean() }).partial().optional();
const inline = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1), style }),
  z.strictObject({ type: z.literal('link'), url: address, text: z.string().min(1).optional(), style }),
  z.strictObject({ type: z.literal('user'), user_id: z.string(), style }),
  z.strictObject({ type: z.literal('usergroup'), usergroup_id: z.string(), style }),
  z.strictObject({ type: z.literal('channel'), channel_id: z.string(), style }),
  z.strictObject({ type: z.literal('broadcast'), range: z.enum(['here', 'channel', 'everyone']), style }),
  z.strictObject({ type: z.literal('emoji'), name: z.string(), style }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int().positive(),
    format: z.string().regex(/\{\w+\}/),
    url: address.optional(),
    fallback: z.string().optional(),
    style,
  }),
]);
const richSection = z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(inline).min(1) });
const richPart = z.discriminatedUnion('type', [
  richSection,
  z.strictObject({ type: z.enum(['rich_text_quote', 'rich_text_preformatted']), elements: z.array(inline).min(1) }),
  z.strictObject({
    type: z.literal('rich_text_list'),
    style: z.enum(['bullet', 'ordered']),
    elements: z.array(richSection).min(1),
    indent: z.int().optional(),
  }),
]);

const option = z.strictObject({ text: plainText(75), value: z.string().min(1).max(150) });
const element = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('button'),
    action_id: actionId,
    text: plainText(75),
    value: z.string().max(2000).optional(),
    url: address.optional(),
    style: z.enum(['primary', 'danger']).optional(),
  }),
  z.strictObject({
    type: z.literal('static_select'),
    action_id: actionId,
    placeholder: plainText(150).optional(),
    options: z.array(option).min(1).max(100),
  }),
  z.strictObject({
    type: z.literal('users_select'),
    action_id: actionId,
    placeholder: plainText(150).optional(),
    initial_user: z.string().optional(),
  }),
]);
const input = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('plain_text_input'),
    action_id: actionId,
    multiline: z.boolean().optional(),
    initial_value: z.string().max(3000).optional(),
    placeholder: plainText(150).optional(),
    min_length: z.int().min(0).max(3000).optional(),
    max_length: z.int().min(1).max(3000).optional(),
  }),
  z.strictObject({
    type: z.literal('datepicker'),
    action_id: actionId,
    placeholder: plainText(150).optional(),
    initial_date: z
      .string()
      .regex(/^\d{4}-\d\d-\d\d$/)
      .optional(),
  }),
]);

const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plainText(150), block_id: blockId }),
  z
    .strictObject({
      type: z.literal('section'),
      text: anyText(3000).optional(),
      fields: z.array(anyText(2000)).min(1).max(10).optional(),
      accessory: element.optional(),
      block_id: blockId,
    })
    .refine(({ text, fields }) => text !== undefined || fields !== undefined),
  z.strictObject({ type: z.literal('context'), elements: z.array(anyText(3000)).min(1).max(10), block_id: blockId }),
  z.strictObject({ type: z.literal('divider'), block_id: blockId }),
  z.strictObject({ type: z.literal('rich_text'), elements: z.array(richPart).min(1), block_id: blockId }),
  z.strictObject({ type: z.literal('actions'), elements: z.array(element).min(1).max(25), block_id: blockId }),
]);
const inputBlock = z.strictObject({
  type: z.literal('input'),
  block_id: blockId,
  label: plainText(2000),
  hint: plainText(2000).optional(),
  optional: z.boolean().optional(),
  element: input,
});

const unlike = (blocks: readonly { readonly block_id?: string | undefined }[]): boolean => {
  const ids = blocks.flatMap(({ block_id }) => block_id ?? []);
  return new Set(ids).size === ids.length;
};
const message = z.array(block).max(50).refine(unlike);
const view = z.strictObject({
  type: z.literal('modal'),
  title: plainText(24),
  submit: plainText(24).optional(),
  close: plainText(24).optional(),
  callback_id: z.string().max(255).optional(),
  private_metadata: z.string().max(3000).optional(),
  blocks: z
    .array(z.union([block, inputBlock]))
    .min(1)
    .max(100)
    .refine(unlike),
});

export type SeenBlock = z.output<typeof block> | z.output<typeof inputBlock>;
export type Inline = z.output<typeof inline>;
export type View = z.output<typeof view>;

/** The blocks of a message as Slack reads them, or the error that it answers. */
export function readBlocks(json: string): { blocks: SeenBlock[] } | { error: string; messages: string[] } {
  const parsed = message.safeParse(parse(json));
  if (!parsed.success) return { error: 'invalid_blocks', messages: told(parsed.error) };
  if (json.length > 13_200) return { error: 'msg_blocks_too_long', messages: [] };
  return { blocks: parsed.data };
}

export function readView(json: string): { view: View } | { error: string; messages: string[] } {
  const parsed = view.safeParse(parse(json));
  return parsed.success ? { view: parsed.data } : { error: 'invalid_arguments', messages: told(parsed.error) };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}

const told = (error: z.ZodError): string[] =>
  error.issues.map(({ path, message: said }) => `[ERROR] ${said} [json-pointer:/${path.join('/')}]`);
