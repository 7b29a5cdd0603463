import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

/* Requests and answers of the double, held against Slack's own description of its Web API. It is of 2021: what came later is named below. */

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly required?: boolean;
}
interface Operation {
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<'200' | 'default', { readonly schema: { readonly properties: Record<string, object> } }>>;
}

const description = JSON.parse(readFileSync(new URL('openapi.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly definitions: Record<string, { properties: Record<string, object> }>;
};

/** Arguments that came later, and those of methods that the description lacks. */
const laterArguments: Readonly<Record<string, readonly Parameter[]>> = {
  'chat.postMessage': [{ name: 'metadata', type: 'string' }],
  'chat.update': [{ name: 'metadata', type: 'string' }],
  'chat.delete': [
    { name: 'channel', type: 'string', required: true },
    { name: 'ts', type: 'string', required: true },
  ],
  'views.open': [],
  'apps.connections.open': [],
  'conversations.history': [
    { name: 'channel', type: 'string', required: true },
    { name: 'oldest', type: 'string' },
    { name: 'latest', type: 'string' },
    { name: 'inclusive', type: 'boolean' },
    { name: 'include_all_metadata', type: 'boolean' },
    { name: 'limit', type: 'integer' },
    { name: 'cursor', type: 'string' },
  ],
  'conversations.replies': [
    { name: 'channel', type: 'string', required: true },
    { name: 'ts', type: 'string', required: true },
    { name: 'oldest', type: 'string' },
    { name: 'include_all_metadata', type: 'boolean' },
    { name: 'limit', type: 'integer' },
    { name: 'cursor', type: 'string' },
  ],
};
/** Members of answers that came later; as in the samples of the java-slack-sdk. */
const laterMembers: Readonly<Record<string, Record<string, object>>> = {
  objs_message: { metadata: { type: 'object' }, app_id: { type: 'string' }, bot_id: { type: 'string' } },
};
const laterErrors = [
  'missing_scope',
  'ratelimited',
  'not_allowed_token_type',
  'thread_not_found',
  'invalid_blocks',
  'msg_blocks_too_long',
  'edit_window_closed',
  'metadata_too_large',
  'invalid_metadata_format',
];

for (const [name, members] of Object.entries(laterMembers)) Object.assign(description.definitions[name]!.properties, members);

description.paths['/auth.test']!['get']!.responses['200'].schema.properties['app_id'] = { type: 'string' };

const ajv = new Ajv({ strict: false, coerceTypes: true, validateFormats: false, allErrors: true });
const operationOf = (method: string): Operation | undefined => Object.values(description.paths[`/${method}`] ?? {})[0];

const requests = new Map<string, ValidateFunction>();
const answers = new Map<string, ValidateFunction>();

/** What is wrong with the arguments of a call, of which Slack's client makes a form. */
export function wrongIn(method: string, args: Readonly<Record<string, string>>): string[] {
  let validate = requests.get(method);
  if (!validate) {
    const parameters = [...(operationOf(method)?.parameters ?? []), ...(laterArguments[method] ?? [])].filter(
      ({ name }) => name !== 'token',
    );
    validate = ajv.compile({
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(parameters.map(({ name, type }) => [name, { type }])),
      required: parameters.filter(({ required }) => required).map(({ name }) => name),
    });
    requests.set(method, validate);
  }
  return validate({ ...args })
    ? []
    : (validate.errors ?? []).map(({ instancePath, message, params }) => `${method}${instancePath} ${message} ${JSON.stringify(params)}`);
}

/** What is wrong with an answer of the double itself. */
export function wrongInAnswer(method: string, answer: { readonly ok: boolean; readonly error?: string }): string[] {
  const operation = operationOf(method);
  if (!operation || laterErrors.includes(answer.error ?? '')) return [];
  const key = `${method} ${answer.ok}`;
  let validate = answers.get(key);
  if (!validate) {
    validate = ajv.compile({ ...operation.responses[answer.ok ? '200' : 'default'].schema, definitions: description.definitions });
    answers.set(key, validate);
  }
  return validate(JSON.parse(JSON.stringify(answer)))
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `answer of ${method}${instancePath} ${message} ${JSON.stringify(params)}`,
      );
}
