import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as an AWS service sees it. `accessKey`, `region` and `service` are those of its signature. */
export interface AwsRequest {
  readonly service: string;
  readonly region: string;
  readonly accessKey: string;
  /** The action of a query protocol. */
  readonly action: string;
  readonly parameters: URLSearchParams;
  readonly body: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface AwsAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds before it is sent. */
  readonly after?: number;
}

export interface AwsDouble {
  readonly endpoint: string;
  readonly requests: readonly AwsRequest[];
  close(): Promise<void>;
}

/** A server on loopback that answers every AWS request as `answer` says. */
export async function startAws(answer: (request: AwsRequest, nth: number) => AwsAnswer): Promise<AwsDouble> {
  const requests: AwsRequest[] = [];
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)).toString();
    const [accessKey = '', , region = '', service = ''] =
      /Credential=([^,]+)/.exec(incoming.headers.authorization ?? '')?.[1]?.split('/') ?? [];
    const parameters = new URLSearchParams(body);
    const request = {
      service,
      region,
      accessKey,
      action: parameters.get('Action') ?? '',
      parameters,
      body,
      path: incoming.url ?? '',
      headers: incoming.headers,
    };
    requests.push(request);
    const { status = 200, headers = {}, body: text = '', after = 0 } = answer(request, requests.length);
    if (after > 0) await new Promise((resolve) => setTimeout(resolve, after).unref());
    outgoing.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': `request-${requests.length}`, ...headers }).end(text);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The answer of an action in the query protocol. */
export const queryAnswer = (action: string, result: string): AwsAnswer => ({
  body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
});

/** The answer of an EC2 action. */
export const ec2Answer = (action: string, result: string): AwsAnswer => ({ body: `<${action}Response>${result}</${action}Response>` });

/** A refusal in the query protocol. */
export const queryError = (status: number, code: string, message = 'no'): AwsAnswer => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});

/** A refusal of EC2. */
export const ec2Error = (status: number, code: string, message = 'no'): AwsAnswer => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors></Response>`,
});

export const callerIdentity = (account: string, arn = `arn:aws:sts::${account}:assumed-role/audit/holdfast`): AwsAnswer =>
  queryAnswer('GetCallerIdentity', `<Arn>${arn}</Arn><UserId>AROAX</UserId><Account>${account}</Account>`);

export const assumedRole = (accessKey: string): AwsAnswer =>
  queryAnswer(
    'AssumeRole',
    `<Credentials><AccessKeyId>${accessKey}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration></Credentials>`,
  );

export const regionList = (states: Readonly<Record<string, string>>): AwsAnswer =>
  ec2Answer(
    'DescribeRegions',
    `<regionInfo>${Object.entries(states)
      .map(
        ([name, state]) =>
          `<item><regionName>${name}</regionName><regionEndpoint>ec2.${name}</regionEndpoint><optInStatus>${state}</optInStatus></item>`,
      )
      .join('')}</regionInfo>`,
  );
