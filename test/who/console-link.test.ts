import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { collectors } from '#collectors/index.ts';
import type { Connection } from '#src/config.ts';
import { consoleLinkOver } from '#src/who/console-link.ts';

const shared = { without: [], every: {} };
const github = (endpoint?: string): Connection =>
  ({ ...shared, id: 'github', provider: 'github', organization: 'acme', ...(endpoint && { endpoint }) }) as unknown as Connection;
const aws = { ...shared, id: 'aws', provider: 'aws' } as unknown as Connection;
const scim = { ...shared, id: 'scim', provider: 'scim' } as unknown as Connection;

const linkTo = (population: string, item: string, snapshot: object = {}, connections: readonly Connection[] = [aws, github(), scim]) => {
  const connection = population.split('.')[0] === 'identity' ? 'scim' : population.split('.')[0]!;
  const global = /iam|account$|trail|bucket/.test(population);
  return consoleLinkOver(connections)(
    { connection, account: '123456789012', region: global ? 'global' : 'eu-west-1', population },
    item,
    snapshot,
  );
};

const exampleOf = (population: string) => {
  const { key, ...snapshot } = collectors.find((each) => each.population.type === population)!.population.example as { key: string };
  return linkTo(population, key, snapshot);
};

describe('AWS', () => {
  test.each(collectors.filter(({ id }) => id.startsWith('aws-')).map(({ population }) => population.type))(
    '%s has a page',
    (population) => {
      const link = exampleOf(population)!;
      expect(new URL(link).origin).toBe('https://console.aws.amazon.com');
      expect(link).not.toContain('{region}');
    },
  );

  test('pages are those of the item, in its region', () => {
    expect(exampleOf('aws.security-group')).toBe(
      'https://console.aws.amazon.com/ec2/home?region=eu-west-1#SecurityGroup:groupId=sg-0a1b2c3d4e5f60718',
    );
    expect(exampleOf('aws.s3-bucket')).toBe('https://console.aws.amazon.com/s3/buckets/acme-orders?region=eu-central-1');
    expect(exampleOf('aws.iam-user')).toBe(
      'https://console.aws.amazon.com/iam/home?region=us-east-1#/users/details/alice?section=security_credentials',
    );
    expect(exampleOf('aws.cloudtrail-trail')).toBe(
      'https://console.aws.amazon.com/cloudtrailv2/home?region=eu-central-1#/trails/arn%3Aaws%3Acloudtrail%3Aeu-central-1%3A123456789012%3Atrail%2Fmain',
    );
    expect(exampleOf('aws.database')).toBe('https://console.aws.amazon.com/rds/home?region=eu-west-1#database:id=orders;is-cluster=false');
    expect(linkTo('aws.database', 'arn:aws:rds:eu-west-1:123456789012:cluster:shop#cluster-1')).toContain('is-cluster=true');
    expect(linkTo('aws.iam-policy', 'arn:aws:iam::123456789012:role/app#AROA1/inline/all')).toContain('#/roles/details/app');
  });

  test('each partition has its own console; another has none', () => {
    const link = (partition: string) => linkTo('aws.iam-principal', `arn:${partition}:iam::123456789012:role/app#AROA1`);
    expect(link('aws-us-gov')).toBe('https://console.amazonaws-us-gov.com/iam/home?region=us-gov-west-1#/roles/details/app');
    expect(link('aws-cn')).toBe('https://console.amazonaws.cn/iam/home?region=cn-north-1#/roles/details/app');
    expect(link('aws-iso')).toBeNull();
  });

  test('what has not the shape of an id makes no link', () => {
    expect(linkTo('aws.security-group', 'arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1"><script>')).toBeNull();
    expect(linkTo('aws.s3-bucket', 'arn:aws:s3:::bucket', { region: 'evil.example/?' })).toBeNull();
    expect(linkTo('aws.no-such', 'arn:aws:ec2:eu-west-1:123456789012:x/y')).toBeNull();
  });
});

describe('GitHub', () => {
  const repository = (name: string, endpoint?: string) => linkTo('github.repository', 'github:repository:1', { name }, [github(endpoint)]);

  test('repositories, members and the organization', () => {
    expect(repository('acme/payments')).toBe('https://github.com/acme/payments/settings');
    expect(linkTo('github.member', 'github:member:1', { name: 'octavia' })).toBe('https://github.com/orgs/acme/people?query=octavia');
    expect(linkTo('github.organization', 'github:organization:1', { name: 'acme' })).toBe(
      'https://github.com/organizations/acme/settings/security',
    );
  });

  test('on the host that the connection names', () => {
    expect(repository('acme/payments', 'https://github.acme.example/api/v3')).toBe('https://github.acme.example/acme/payments/settings');
    expect(repository('acme/payments', 'https://api.acme.ghe.com')).toBe('https://acme.ghe.com/acme/payments/settings');
    expect(repository('acme/payments', 'https://api.github.com')).toBe('https://github.com/acme/payments/settings');
    expect(repository('acme/payments', 'http://127.0.0.1:3000')).toBeNull();
  });

  test('never a link out of another name', () => {
    for (const name of ['acme/../x', '//evil.example/x', 'acme/a?b', 'acme', 'a c/x', 'acme/x#y']) {
      const link = repository(name);
      if (link !== null) expect(new URL(link).pathname.split('/')).toHaveLength(4);
    }
    expect(repository('acme/a?b')).toBeNull();
  });
});

test('SCIM has no console, and what is not connected neither', () => {
  expect(linkTo('identity.account', 'scim:user:1', { name: 'ada' })).toBeNull();
  expect(linkTo('aws.vpc', 'arn:aws:ec2:eu-west-1:1:vpc/vpc-0a1b2c3d', {}, [])).toBeNull();
});

test('whatever a provider calls its items, a link leads to our hosts and holds nothing that breaks out of text', () => {
  const populations = collectors.map(({ population }) => population.type);
  const hosts = ['console.aws.amazon.com', 'console.amazonaws-us-gov.com', 'console.amazonaws.cn', 'github.com'];
  fc.assert(
    fc.property(fc.constantFrom(...populations), fc.string(), fc.string(), fc.string(), (population, tail, name, region) => {
      for (const key of [
        tail,
        `arn:aws:ec2:eu-west-1:123456789012:${tail}`,
        `arn:aws:s3:::${tail}`,
        `arn:aws:iam::123456789012:user/${tail}`,
      ]) {
        const link = linkTo(population, key, { name, region, homeRegion: region });
        if (link === null) continue;
        expect(hosts).toContain(new URL(link).host);
        expect(link).not.toMatch(/[\s<>|"'`\\]/);
      }
    }),
    { numRuns: 300 },
  );
});
