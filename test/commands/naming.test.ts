import { expect, test } from '@jest/globals';
import { meant } from '#src/commands/naming.ts';

const rows = [
  { item: 'arn:aws:ec2:eu-central-1:111111111111:security-group/sg-1', name: 'web' },
  { item: 'arn:aws:ec2:eu-west-1:111111111111:security-group/sg-2', name: 'web' },
  { item: 'arn:aws:ec2:eu-west-1:111111111111:security-group/sg-3', name: 'sg-1' },
  { item: 'web', name: 'another' },
];

test('an item is meant by its key, else by its name, else by the last part of its key', () => {
  expect(meant(rows, 'web')).toEqual([rows[3]]);
  expect(meant(rows, 'sg-1')).toEqual([rows[2]]);
  expect(meant(rows, 'sg-2')).toEqual([rows[1]]);
  expect(meant(rows.slice(0, 2), 'web')).toEqual(rows.slice(0, 2));
  expect(meant(rows, 'sg')).toEqual([]);
});
