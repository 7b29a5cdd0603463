import rule from '#rules/aws/cloudtrail/multi-region-enabled.ts';
import { testRule } from '#test/rule-tester.ts';

const accounts = [{ key: 'acme' }];
const regional = { multiRegion: false, globalEvents: null, logging: null, delivered: null, managementEvents: null };
const events = (records: 'all' | 'write' | 'read' | 'some' | 'none', ...excludedSources: string[]) => ({
  managementEvents: { records, excludedSources },
});
const acme = (result: 'pass' | 'fail', message: keyof typeof rule.messages) => ({ acme: { result, message } });

testRule(rule, {
  situations: [
    {
      title: 'the trail of the organization counts',
      given: { accounts, trails: [{ organization: true, ownTrail: false, owner: '999999999999' }] },
      expect: acme('pass', 'logged'),
    },
    { title: 'a trail of one region', given: { accounts, trails: [regional] }, expect: acme('fail', 'regional') },
    { title: 'no events of global services', given: { accounts, trails: [{ globalEvents: false }] }, expect: acme('fail', 'unglobal') },
    { title: 'only writes', given: { accounts, trails: [events('write')] }, expect: acme('fail', 'events') },
    {
      title: 'only writes, where that is enough',
      given: { accounts, trails: [events('write')] },
      parameters: { readEvents: false },
      expect: acme('pass', 'logged'),
    },
    {
      title: 'only reads',
      given: { accounts, trails: [events('read')] },
      parameters: { readEvents: false },
      expect: acme('fail', 'events'),
    },
    { title: 'data events only', given: { accounts, trails: [events('none')] }, expect: acme('fail', 'events') },
    {
      title: 'a selector that picks some',
      given: { accounts, trails: [events('some')] },
      parameters: { readEvents: false },
      expect: acme('fail', 'events'),
    },
    {
      title: 'KMS events left out, as is usual',
      given: { accounts, trails: [events('all', 'kms.amazonaws.com')] },
      expect: acme('pass', 'logged'),
    },
    { title: 'IAM events left out', given: { accounts, trails: [events('all', 'iam.amazonaws.com')] }, expect: acme('fail', 'excluded') },
    {
      title: 'KMS events left out, where they are asked for',
      given: { accounts, trails: [events('all', 'kms.amazonaws.com')] },
      parameters: { allowedExclusions: [] },
      expect: acme('fail', 'excluded'),
    },
    {
      title: 'it cannot write to its bucket',
      given: { accounts, trails: [{ deliveryError: 'AccessDenied' }] },
      expect: acme('fail', 'undelivered'),
    },
    { title: 'it never delivered', given: { accounts, trails: [{ delivered: null }] }, expect: acme('fail', 'undeliverable') },
    {
      title: 'its latest delivery is of the day before yesterday',
      given: { accounts, trails: [{ delivered: '2026-01-13' }] },
      expect: acme('fail', 'silent'),
    },
    {
      title: 'silence that is allowed',
      given: { accounts, trails: [{ delivered: '2026-01-13' }] },
      parameters: { maxSilentDays: 2 },
      expect: acme('pass', 'logged'),
    },
    {
      title: 'the best of several decides',
      given: { accounts, trails: [{ key: 'a', ...regional }, { key: 'b', logging: false }, { key: 'c' }] },
      expect: acme('pass', 'logged'),
    },
    {
      title: 'two halves are not a whole',
      given: {
        accounts,
        trails: [
          { key: 'a', ...events('read') },
          { key: 'b', logging: false },
        ],
      },
      expect: acme('fail', 'events'),
    },
    {
      title: 'nothing is known of the selectors of a trail',
      given: { accounts, trails: [{ managementEvents: null }] },
      expect: acme('fail', 'events'),
    },
  ],
});
