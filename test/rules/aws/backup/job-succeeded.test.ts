import rule from '#rules/aws/backup/job-succeeded.ts';
import { testRule } from '#test/rule-tester.ts';

const failed = {
  key: 'first',
  state: 'FAILED',
  messageCategory: 'ACCESSDENIED',
  created: '2026-01-13T05:00:00.000Z',
  completed: '2026-01-13T05:10:00.000Z',
};
const retry = (patch: object = {}) => ({
  key: 'second',
  created: '2026-01-14T04:00:00.000Z',
  completed: '2026-01-14T05:10:00.000Z',
  ...patch,
});

testRule(rule, {
  situations: [
    { title: 'no jobs, no results', given: { jobs: [] }, expect: {} },
    {
      title: 'completed, without a category',
      given: { jobs: [{ key: 'first', messageCategory: null }] },
      expect: { first: { result: 'pass', message: 'completed' } },
    },
    {
      title: 'completed with issues',
      given: { jobs: [{ key: 'first', messageCategory: 'INVALIDPARAMETERS' }] },
      expect: { first: { result: 'fail', message: 'issues' } },
    },
    ...['ABORTED', 'EXPIRED', 'PARTIAL'].map((state) => ({
      title: `${state} is a failure`,
      given: { jobs: [{ ...failed, state }] },
      expect: { first: { result: 'fail', message: 'failed' } } as const,
    })),
    {
      title: 'made good in the last moment',
      given: { jobs: [failed, retry()] },
      expect: { first: { result: 'pass', message: 'recovered' }, second: { result: 'pass' } },
    },
    {
      title: 'made good too late',
      given: { jobs: [failed, retry({ completed: '2026-01-14T05:10:00.001Z' })] },
      expect: { first: { result: 'fail', message: 'failed' }, second: { result: 'pass' } },
    },
    {
      title: 'another resource makes nothing good',
      given: { jobs: [failed, retry({ resource: 'arn:aws:rds:eu-central-1:123456789012:db:other' })] },
      expect: { first: { result: 'fail' }, second: { result: 'pass' } },
    },
    {
      title: 'what was before makes nothing good',
      given: { jobs: [failed, retry({ created: '2026-01-13T04:00:00.000Z', completed: '2026-01-13T06:00:00.000Z' })] },
      expect: { first: { result: 'fail' }, second: { result: 'pass' } },
    },
    {
      title: 'a second that completes with issues makes nothing good',
      given: { jobs: [failed, retry({ messageCategory: 'ACCESSDENIED' })] },
      expect: { first: { result: 'fail', message: 'failed' }, second: { result: 'fail', message: 'issues' } },
    },
    {
      title: 'it failed, and there is more time',
      given: { jobs: [failed] },
      parameters: { retryHours: 48 },
      expect: { first: { result: 'pending', message: 'open' } },
    },
    {
      title: 'the time is over at the deadline',
      given: { jobs: [failed] },
      asOf: '2026-01-14T05:10:00.000Z',
      expect: { first: { result: 'fail', message: 'failed' } },
    },
    {
      title: 'a failure without an end counts from its beginning',
      given: { jobs: [{ ...failed, completed: null }] },
      asOf: '2026-01-14T05:00:00.000Z',
      expect: { first: { result: 'fail', message: 'failed' } },
    },
    {
      title: 'running',
      given: { jobs: [{ key: 'first', state: 'RUNNING', messageCategory: null, completed: null }] },
      expect: { first: { result: 'pending', message: 'running' } },
    },
    {
      title: 'running for ever',
      given: { jobs: [{ key: 'first', state: 'RUNNING', messageCategory: null, completed: null }] },
      asOf: '2026-01-20T05:00:00.000Z',
      expect: { first: { result: 'fail', message: 'unfinished' } },
    },
    {
      title: 'a state nobody knows never passes',
      given: { jobs: [{ key: 'first', state: 'BETTER_THAN_EVER' }] },
      asOf: '2026-02-20T05:00:00.000Z',
      expect: { first: { result: 'fail', message: 'unfinished' } },
    },
  ],
});
