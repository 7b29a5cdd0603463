import { expect, test } from '@jest/globals';
import { EventSelectors, managementEventsIn } from '#collectors/aws/event-selectors.ts';

const basic = (ReadWriteType: string, IncludeManagementEvents = true, ...ExcludeManagementEventSources: string[]) => ({
  ReadWriteType,
  IncludeManagementEvents,
  ExcludeManagementEventSources,
});
const advanced = (...fields: object[]) => ({ FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }, ...fields] });
const judged = (answer: object) => managementEventsIn(EventSelectors.parse(answer));

test.each([
  [[basic('All')], { records: 'all', excludedSources: [] }],
  [[basic('ReadOnly')], { records: 'read', excludedSources: [] }],
  [[basic('ReadOnly'), basic('WriteOnly')], { records: 'all', excludedSources: [] }],
  [[basic('All', false)], { records: 'none', excludedSources: [] }],
  [[], { records: 'none', excludedSources: [] }],
  [
    [basic('All', true, 'rdsdata.amazonaws.com', 'kms.amazonaws.com')],
    { records: 'all', excludedSources: ['kms.amazonaws.com', 'rdsdata.amazonaws.com'] },
  ],
  [[basic('Everything')], { records: 'some', excludedSources: [] }],
])('basic: %j', (EventSelectors, expected) => expect(judged({ EventSelectors })).toEqual(expected));

test.each([
  [[advanced()], 'all'],
  [[advanced({ Field: 'readOnly', Equals: ['false'] })], 'write'],
  [[advanced({ Field: 'readOnly', Equals: ['true'] })], 'read'],
  [[advanced({ Field: 'readOnly', Equals: ['true'] }), advanced({ Field: 'readOnly', Equals: ['false'] })], 'all'],
  [[advanced({ Field: 'eventSource', Equals: ['iam.amazonaws.com'] })], 'some'],
  [[advanced({ Field: 'eventSource', NotEquals: ['kms.amazonaws.com'], NotStartsWith: ['s'] })], 'some'],
  [[advanced({ Field: 'userIdentity.arn', NotEquals: ['arn:aws:iam::123456789012:role/noisy'] })], 'some'],
  [[advanced({ Field: 'readOnly', NotEquals: ['true'] })], 'some'],
  [[{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['Data'] }] }], 'none'],
  [[{ FieldSelectors: [{ Field: 'eventCategory', NotEquals: ['Data'] }] }], 'none'],
])('advanced: %j', (AdvancedEventSelectors, records) => expect(judged({ AdvancedEventSelectors })).toMatchObject({ records }));

test('what one selector narrows and another records whole is recorded', () => {
  expect(judged({ AdvancedEventSelectors: [advanced({ Field: 'eventName', Equals: ['PutObject'] }), advanced()] })).toEqual({
    records: 'all',
    excludedSources: [],
  });
});

test('an answer with neither kind of selectors is no answer', () => {
  expect(EventSelectors.safeParse({}).success).toBe(false);
  expect(EventSelectors.safeParse({ EventSelectors: [] }).success).toBe(true);
});
