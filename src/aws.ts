import { NodeHttpHandler } from '@smithy/node-http-handler';
import { classify } from '#collectors/aws/failures.ts';

export { endpointInEnvironment } from '#collectors/aws/sdk.ts';

/**
 * How our own clients of AWS behave, other than those of the collectors: with the credentials that the SDK finds, bounded in time, and with
 * repeated attempts that wait longer each time. An endpoint replaces that of the service.
 */
export const awsClient = ({ region, endpoint }: { region: string; endpoint?: string }) => ({
  region,
  retryMode: 'standard',
  maxAttempts: 4,
  requestHandler: new NodeHttpHandler({ connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true }),
  ...(endpoint !== undefined && { endpoint }),
});

/** Why a call failed. The message is one line, without anything that could open a door. */
export const awsFault = classify;
