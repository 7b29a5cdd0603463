import { expect, test } from '@jest/globals';
import { type FlowLog, trafficDelivered } from '#populations/aws-vpc';

const log = (traffic: FlowLog['traffic'], trouble: Partial<FlowLog> = {}): FlowLog => ({
  id: 'fl-1',
  status: 'ACTIVE',
  delivery: null,
  deliveryError: null,
  traffic,
  destination: null,
  ...trouble,
});

test.each<[string, FlowLog[], string]>([
  ['no log', [], 'none'],
  ['one of all', [log('ALL')], 'ALL'],
  ['one of a part', [log('REJECT')], 'REJECT'],
  ['both parts', [log('REJECT'), log('ACCEPT')], 'ALL'],
  ['a part twice', [log('REJECT'), log('REJECT')], 'REJECT'],
  ['an error without a failure', [log('ALL', { delivery: 'SUCCESS', deliveryError: 'Access error' })], 'none'],
  ['a failure without an error', [log('ALL', { delivery: 'FAILED' })], 'none'],
  ['one that is being made', [log('ALL', { status: 'CREATING' })], 'none'],
])('%s delivers', (_, logs, expected) => {
  expect(trafficDelivered(logs)).toBe(expected);
});
