import type { FlowLog } from '#populations/aws-vpc';
import rule from '#rules/aws/vpc/flow-logs-enabled.ts';
import { testRule } from '#test/rule-tester.ts';

const log = (traffic: FlowLog['traffic'], trouble: Partial<FlowLog> = {}): FlowLog => ({
  id: `fl-${traffic.toLowerCase()}`,
  status: 'ACTIVE',
  delivery: 'SUCCESS',
  deliveryError: null,
  traffic,
  destination: 's3',
  ...trouble,
});
const failed = log('ALL', { delivery: 'FAILED' });

testRule(rule, {
  pass: [
    // AWS does not always say how delivery goes.
    { flowLogs: [log('ALL', { delivery: null, destination: null })] },
    { flowLogs: [failed, log('ALL', { id: 'fl-2' })] },
    { flowLogs: [log('ACCEPT'), log('REJECT')] },
    { flowLogs: [log('REJECT')], $parameters: { traffic: 'REJECT' } },
    { flowLogs: [log('ALL', { id: 'fl-3' })], $parameters: { traffic: 'REJECT' } },
    {
      $message: 'subnets',
      flowLogs: [],
      subnets: [
        { id: 'subnet-1', flowLogs: [log('ALL')] },
        { id: 'subnet-2', flowLogs: [log('ALL')] },
      ],
    },
    { $message: 'subnets', flowLogs: [log('REJECT')], subnets: [{ id: 'subnet-1', flowLogs: [log('ACCEPT')] }] },
    { flowLogs: [log('ALL', { id: 'fl-4' })], subnets: [] },
  ],
  fail: [
    // ACTIVE, and it delivers nothing; AWS says FAILED beside the error, or does not.
    { $message: 'undelivered', flowLogs: [log('ALL', { delivery: null, deliveryError: 'Access error' })] },
    { $message: 'undelivered', flowLogs: [failed] },
    { $message: 'undelivered', flowLogs: [log('ALL', { status: 'DELETED' })] },
    { $message: 'partial', flowLogs: [log('REJECT')] },
    { $message: 'partial', flowLogs: [log('ACCEPT')], $parameters: { traffic: 'REJECT' } },
    {
      $message: 'partial',
      flowLogs: [],
      subnets: [
        { id: 'subnet-1', flowLogs: [log('ALL')] },
        { id: 'subnet-2', flowLogs: [] },
      ],
    },
    { $message: 'partial', flowLogs: [log('ACCEPT'), { ...log('REJECT'), delivery: 'FAILED' }] },
    // Every one of no subnets is nothing.
    { $message: 'none', flowLogs: [], subnets: [] },
    { $message: 'undelivered', flowLogs: [], subnets: [{ id: 'subnet-1', flowLogs: [failed] }] },
  ],
  notApplicable: [{ $message: 'empty', inUse: false }],
});
