import { awsSecurityGroup, publicIngress } from '#populations/aws-security-group';
import { inWords, type OpenPorts, portList, portRanges, portsInWords, portsWithout, width } from '#populations/internet';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

const service = z.string().refine((text) => {
  const [, ports] = /^(?:tcp|udp)\/(\d.*)$/.exec(text) ?? [];
  return ports === undefined ? /^[a-z0-9]+$/.test(text) : portList.safeParse([/^\d+$/.test(ports) ? Number(ports) : ports]).success;
}, 'is not a port such as tcp/443 or udp/6000-6010, nor a protocol such as icmp');

export default defineRule(awsSecurityGroup, {
  id: 'aws.ec2.security-group-public-ports-allowlisted',
  title: 'Security group opens only registered services to the internet, at registered entry points',
  kind: 'state',
  severity: 'high',
  rationale: 'What the company offers to the internet is a decision. A port that nobody registered is one that nobody watches.',
  remediation: 'Close the port, put the service behind a load balancer, or register the group with its ports and a reason.',
  inspects: ['ingress', 'attachedTo'],
  parameters: z.object({
    publicPorts: z
      .array(service)
      .default(['tcp/443', 'tcp/80'])
      .describe('What any entry point may open: ports such as tcp/443, ranges such as udp/6000-6010, protocols such as icmp.'),
    entryPoints: z
      .array(z.string())
      .default([
        'amazon-elb',
        'load_balancer',
        'network_load_balancer',
        'gateway_load_balancer',
        'api_gateway_managed',
        'global_accelerator_managed',
        'natGateway',
      ])
      .describe('Kinds of network interface that may face the internet.'),
    registered: z
      .array(z.object({ group: z.string(), ports: z.array(service).default([]), reason: z.string().min(1) }))
      .default([])
      .describe('Groups by their id (`sg-…`) that may face the internet on other interfaces, with what they may open besides, and why.'),
    ...width,
  }),
  messages: {
    private: 'Nothing is open to the internet.',
    unused: 'No network interface uses the group now.',
    listed: 'Open to the internet and registered: {open}, on {attachedTo}.',
    unlisted: 'Open to the internet and not registered: {open}.',
    elsewhere: 'Open to the internet: {open}, on {attachedTo}, which is no registered entry point.',
  },
  examples: {
    pass: [
      { ingress: [{ protocol: 'tcp', from: 443, to: 443, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }], attachedTo: ['amazon-elb'] },
    ],
    fail: [
      { ingress: [{ protocol: 'tcp', from: 8080, to: 8080, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }], attachedTo: ['amazon-elb'] },
      {
        ingress: [{ protocol: 'tcp', from: 443, to: 443, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }],
        attachedTo: ['amazon-elb', 'interface'],
      },
    ],
    notApplicable: [
      { ingress: [{ protocol: 'tcp', from: 8080, to: 8080, peers: [{ kind: 'ipv4', value: '10.0.0.0/8' }] }] },
      {
        ingress: [{ protocol: 'tcp', from: 8080, to: 8080, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }],
        attached: 'no',
        attachedTo: [],
      },
    ],
  },
  evaluate({ key, ingress, attachedTo }, { parameters }) {
    const { allProtocols, ports, otherProtocols } = publicIngress(ingress, parameters);
    const protocols = allProtocols ? ['all'] : otherProtocols;
    if (ports.length + protocols.length === 0) return notApplicable('private');
    if (attachedTo.length === 0) return notApplicable('unused');

    const registered = parameters.registered.filter(({ group }) => key.endsWith(`/${group}`));
    const listed = [...parameters.publicPorts, ...registered.flatMap((entry) => entry.ports)];
    const unlistedPorts = portsWithout(ports, listed.flatMap(portsOf));
    const unlistedProtocols = protocols.filter((protocol) => !listed.includes(protocol));
    if (unlistedPorts.length + unlistedProtocols.length > 0) return fail('unlisted', { open: inWordsOf(unlistedPorts, unlistedProtocols) });

    const elsewhere = registered.length > 0 ? [] : attachedTo.filter((kind) => !parameters.entryPoints.includes(kind));
    const open = inWordsOf(ports, protocols);
    return elsewhere.length > 0
      ? fail('elsewhere', { open, attachedTo: elsewhere.join(', ') })
      : pass('listed', { open, attachedTo: attachedTo.join(', ') });
  },
});

function portsOf(service: string): OpenPorts[] {
  const [protocol, ports] = service.split('/');
  if (ports === undefined || (protocol !== 'tcp' && protocol !== 'udp')) return [];
  return portRanges([ports]).map((range) => ({ protocol, ...range }));
}

const inWordsOf = (ports: readonly OpenPorts[], protocols: readonly string[]): string =>
  [portsInWords(ports), inWords(protocols)].filter(Boolean).join(', ');
