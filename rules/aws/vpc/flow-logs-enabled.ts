import { awsVpc, delivers, trafficDelivered } from '#populations/aws-vpc';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsVpc, {
  id: 'aws.vpc.flow-logs-enabled',
  title: 'VPC in use has flow logs that are delivered',
  kind: 'state',
  severity: 'medium',
  rationale: 'Without a record of who talked to whom, the reach of an intrusion cannot be told afterwards.',
  remediation: 'Create a flow log for the VPC, or mend the delivery of the one there is: its role, its destination, the policy on that.',
  inspects: ['inUse', 'flowLogs', 'subnets'],
  parameters: z.object({
    traffic: z.enum(['ALL', 'REJECT']).default('ALL').describe('What must be logged: all traffic, or at least what was rejected.'),
  }),
  messages: {
    empty: 'No network interface lies in the VPC.',
    vpc: 'A flow log of the VPC delivers {traffic} traffic ({logs}).',
    subnets: 'Flow logs of all its {subnets} subnets deliver the traffic.',
    none: 'There is no flow log of the VPC, nor of its subnets.',
    undelivered: 'Flow logs exist and do not deliver: {errors}.',
    partial: 'Traffic is logged in part: of the VPC {traffic}, of its subnets {covered} of {subnets}.',
  },
  examples: {
    pass: [{}],
    fail: [
      { flowLogs: [] },
      {
        flowLogs: [
          {
            id: 'fl-1',
            status: 'ACTIVE',
            delivery: 'FAILED',
            deliveryError: 'Access error',
            traffic: 'ALL',
            destination: 'cloud-watch-logs',
          },
        ],
      },
    ],
    notApplicable: [{ inUse: false, flowLogs: [] }],
  },
  evaluate({ inUse, flowLogs, subnets }, { parameters }) {
    if (!inUse) return notApplicable('empty');
    const suffices = (traffic: string): boolean => traffic === 'ALL' || traffic === parameters.traffic;
    const ofVpc = trafficDelivered(flowLogs);
    const ids = flowLogs.filter(delivers).map(({ id }) => id);
    if (suffices(ofVpc)) return pass('vpc', { traffic: ofVpc, logs: ids.join(', ') });

    // What the VPC's own log misses, a subnet's may add.
    const covered = subnets.filter((subnet) => suffices(trafficDelivered([...flowLogs, ...subnet.flowLogs]))).length;
    if (covered > 0 && covered === subnets.length) return pass('subnets', { subnets: covered });

    const all = [...flowLogs, ...subnets.flatMap((subnet) => subnet.flowLogs)];
    if (all.length === 0) return fail('none');
    if (all.some(delivers)) return fail('partial', { traffic: ofVpc, covered, subnets: subnets.length });
    return fail('undelivered', {
      errors: all.map(({ id, status, delivery, deliveryError }) => `${id} ${deliveryError ?? delivery ?? status}`).join(', '),
    });
  },
});
