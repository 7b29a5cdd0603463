import { awsSecurityGroup, publicIngress, sourcesOf, use } from '#populations/aws-security-group';
import { portList, portRanges, portsInWords, portsWithin, width } from '#populations/internet';
import { defineRule, fail, pass, z } from '#rule';

const dataStores = [
  1433, 1434, 1521, 2483, 2484, 3306, 5432, 5439, 5601, 6379, 6380, 7000, 7001, 7199, 8086, 9042, 9160, 9200, 9300, 11211, 28017, 50000,
];

export default defineRule(awsSecurityGroup, {
  id: 'aws.ec2.security-group-no-public-database-ports',
  title: 'Security group keeps data-store ports closed to the internet',
  kind: 'state',
  severity: 'critical',
  rationale: 'A data store that anyone can reach is one weak password or one flaw away from giving away all that it holds.',
  remediation: 'Remove the permission, or let in only the security groups of the services that use the data store.',
  inspects: ['ingress', 'attached'],
  parameters: z.object({
    databasePorts: portList
      .default([...dataStores, '9092-9098', '27017-27019'])
      .describe('Ports of data stores, over tcp and udp: numbers, and ranges such as 9092-9098.'),
    ...width,
  }),
  messages: {
    closed: 'No data-store port is open to the internet.',
    open: 'The internet reaches {ports}, from {sources}; {use}.',
  },
  examples: {
    pass: [{ ingress: [{ protocol: 'tcp', from: 5432, to: 5432, peers: [{ kind: 'security-group', value: 'sg-0f1e2d3c4b5a69788' }] }] }],
    fail: [
      { ingress: [{ protocol: 'tcp', from: 5432, to: 5432, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }] },
      { ingress: [{ protocol: 'all', from: null, to: null, peers: [{ kind: 'ipv6', value: '::/0' }] }], attached: 'no' },
    ],
  },
  evaluate({ ingress, attached }, { parameters }) {
    const open = portsWithin(publicIngress(ingress, parameters).ports, portRanges(parameters.databasePorts));
    if (open.length === 0) return pass('closed');
    return fail('open', { ports: portsInWords(open), sources: sourcesOf(ingress, open), use: use[attached].use }, use[attached].options);
  },
});
