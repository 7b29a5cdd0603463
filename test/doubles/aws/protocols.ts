import type { IncomingMessage } from 'node:http';
import { AwsError, type Operation } from './calls.ts';
import { ec2, ec2Naming } from './ec2.ts';
import { iam, memberNaming } from './iam.ts';
import { cloudtrail, config, kms } from './json.ts';
import { rds, rdsNaming } from './rds.ts';
import { backup, guardduty, routes } from './rest.ts';
import { s3, s3control, settings } from './s3.ts';
import { elements, xml } from './xml.ts';

type Parameters = Readonly<Record<string, string | readonly string[]>>;
type Naming = Readonly<Record<'name' | 'item', (field: string) => string>>;
export interface Asked {
  readonly service: string;
  readonly name: string;
  readonly parameters: Parameters;
}
export interface Written {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a group of services speaks. */
export interface Protocol {
  read(request: IncomingMessage, url: URL, body: string): Omit<Asked, 'service'> & { service?: string };
  answer(asked: Asked, value: unknown, requestId: string): Written;
  refuse(error: AwsError, requestId: string): Written;
  /** The code and status of a refusal for want of permission, and of one for want of quota. */
  readonly denied: readonly [code: string, status: number];
  readonly throttled: readonly [code: string, status: number];
}

const xmlType = { 'content-type': 'text/xml;charset=UTF-8' };

/** Query: a form goes in, XML comes out. */
function query(
  naming: Naming,
  wrap: (name: string, inner: string, requestId: string) => string,
): Omit<Protocol, 'refuse' | 'denied' | 'throttled'> {
  return {
    read(_, __, body) {
      const { Action, Version: ___, ...parameters } = Object.fromEntries(new URLSearchParams(body));
      if (Action === undefined) throw new AwsError('MissingAction', 400, 'No action was given');
      return { name: Action, parameters };
    },
    answer({ name }, value, requestId) {
      const tree = elements(value, naming) as Readonly<Record<string, never>>;
      const inner = Object.entries(tree)
        .map(([field, node]) => xml(field, node))
        .join('');
      return { status: 200, headers: { ...xmlType, 'x-amzn-requestid': requestId }, body: wrap(name, inner, requestId) };
    },
  };
}

const resultWrap = (name: string, inner: string, requestId: string): string =>
  `<${name}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${name}Result>${inner}</${name}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`;
const queryRefusal: Protocol['refuse'] = ({ code, status, message, headers }, requestId) => ({
  status,
  headers: { ...xmlType, ...headers, 'x-amzn-requestid': requestId },
  body: `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">${xml('Error', { Type: 'Sender', Code: code, Message: message })}<RequestId>${requestId}</RequestId></ErrorResponse>`,
});
const queryOf = (naming: Naming): Protocol => ({
  ...query(naming, resultWrap),
  refuse: queryRefusal,
  denied: ['AccessDenied', 403],
  throttled: ['Throttling', 400],
});

const ec2Protocol: Protocol = {
  ...query(
    ec2Naming,
    (name, inner, requestId) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<${name}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>${requestId}</requestId>${inner}</${name}Response>`,
  ),
  refuse: ({ code, status, message, headers }, requestId) => ({
    status,
    headers: { ...xmlType, ...headers },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors>${xml('Error', { Code: code, Message: message })}</Errors><RequestID>${requestId}</RequestID></Response>`,
  }),
  denied: ['UnauthorizedOperation', 403],
  throttled: ['RequestLimitExceeded', 503],
};

/** JSON 1.1: the operation in a header; refusals for want of permission have the status 400. */
const json: Protocol = {
  read(request, _, body) {
    const parameters = Object.entries((body === '' ? {} : JSON.parse(body)) as Record<string, unknown>).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((each) => (typeof each === 'object' ? JSON.stringify(each) : String(each))) : String(value),
    ]);
    return { name: String(request.headers['x-amz-target']).split('.').at(-1)!, parameters: Object.fromEntries(parameters) as Parameters };
  },
  answer: (_, value, requestId) => ({
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId },
    body: withEpochs(value),
  }),
  refuse: ({ code, status, message, headers }, requestId) => ({
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', ...headers, 'x-amzn-requestid': requestId },
    body: JSON.stringify({ __type: code, message }),
  }),
  denied: ['AccessDeniedException', 400],
  throttled: ['ThrottlingException', 400],
};

const rest = (service: string): Protocol => ({
  read(_, url) {
    for (const [path, name, ...names] of routes[service]!) {
      const found = path.exec(url.pathname);
      if (found)
        return {
          name,
          parameters: {
            ...Object.fromEntries(url.searchParams),
            ...Object.fromEntries(names.map((each, i) => [each, decodeURIComponent(found[i + 1]!)])),
          },
        };
    }
    throw new AwsError('UnknownOperationException', 404, `nothing is at ${url.pathname}`);
  },
  answer: (_, value, requestId) => ({
    status: 200,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId },
    body: withEpochs(value),
  }),
  refuse: ({ code, status, message, headers }, requestId) => ({
    status,
    headers: {
      'content-type': 'application/json',
      ...headers,
      'x-amzn-errortype': `${code}:http://internal.amazon.com/`,
      'x-amzn-requestid': requestId,
    },
    body: JSON.stringify({ message }),
  }),
  denied: ['AccessDeniedException', 403],
  throttled: ['TooManyRequestsException', 429],
});

/** S3 and S3 Control share a name in the signature, and the path tells them apart. */
const s3Protocol: Protocol = {
  read(request, url) {
    if (url.pathname === '/v20180820/configuration/publicAccessBlock') {
      return {
        service: 's3control',
        name: 'GetPublicAccessBlock',
        parameters: { 'x-amz-account-id': String(request.headers['x-amz-account-id'] ?? '') },
      };
    }
    const bucket = decodeURIComponent(url.pathname.slice(1)).replace(/\/$/, '');
    if (bucket === '') return { name: 'ListBuckets', parameters: Object.fromEntries(url.searchParams) };
    const setting = [...url.searchParams.keys()].find((key) => Object.hasOwn(settings, key));
    if (setting === undefined) throw new AwsError('NotImplemented', 501, `S3 has no answer to ${url.pathname}${url.search}`);
    return { name: settings[setting]!, parameters: { Bucket: bucket } };
  },
  answer: ({ name }, value, requestId) => ({
    status: 200,
    headers: { 'content-type': name === 'GetBucketPolicy' ? 'application/json' : 'application/xml', 'x-amz-request-id': requestId },
    body: String(value),
  }),
  refuse: ({ code, status, message, headers }, requestId) => ({
    status,
    headers: { 'content-type': 'application/xml', ...headers, 'x-amz-request-id': requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${xml('Error', { Code: code, Message: message, RequestId: requestId })}`,
  }),
  denied: ['AccessDenied', 403],
  throttled: ['SlowDown', 503],
};

const s3controlProtocol: Protocol = { ...s3Protocol, refuse: queryRefusal };

/** By the name of the service in the signature; `s3control` by what is asked. */
export const protocols: Readonly<Record<string, Protocol>> = {
  ec2: ec2Protocol,
  iam: queryOf(memberNaming),
  sts: queryOf(memberNaming),
  rds: queryOf(rdsNaming),
  kms: json,
  cloudtrail: json,
  config: json,
  backup: rest('backup'),
  guardduty: rest('guardduty'),
  s3: s3Protocol,
  s3control: s3controlProtocol,
};

export const services: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  ec2,
  iam,
  rds,
  kms,
  cloudtrail,
  config,
  backup,
  guardduty,
  s3,
  s3control,
};

/** Instants in JSON are seconds since 1970. */
function withEpochs(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name, each: unknown) {
    const raw = this[name];
    return typeof (raw as Date | undefined)?.toISOString === 'function' ? (raw as Date).getTime() / 1000 : each;
  });
}
