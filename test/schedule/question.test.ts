import { beforeAll, describe, expect, test } from '@jest/globals';
import type { CallRecord, Look } from '#src/cycle/collect.ts';
import { collectedItem } from '#src/cycle/items.ts';
import type { Observed } from '#src/population.ts';
import { learnSecret } from '#src/redaction.ts';
import { nothingBefore, readLook, type ScopeQuestion, writeLook } from '#src/schedule/question.ts';

const question: ScopeQuestion = { collector: 'github-members', stands: false, before: nothingBefore };
const call: CallRecord = { operation: 'GET /orgs/{org}/members', parameters: '{}', page: 0, status: 200, requestId: 'r', reply: '[]' };
const items = (name: string) => [collectedItem({ key: '1', name } as Observed<object>)];
const looked = { answers: new Map(), asked: null };
const told = (look: Look): Look => readLook(writeLook(look), question);

/** What only the agent was given: the worker that tells of it did not know it, and let it through. */
const canary = 'c4nary-of-the-agent-0123456789';

describe('what a worker tells', () => {
  beforeAll(() => learnSecret(canary));

  test('is taken as it is where it holds no secret of ours', () => {
    expect(told({ status: 'complete', calls: [call], items: items('Alice'), looked })).toMatchObject({
      status: 'complete',
      calls: [{ reply: '[]' }],
      items: [{ item: { name: 'Alice' } }],
    });
  });

  test.each<[string, Look]>([
    ['a reply', { status: 'complete', calls: [call, { ...call, page: 1, reply: `["${canary}"]` }], items: [], looked }],
    ['a reply of a look that failed', { status: 'failed', calls: [{ ...call, reply: `["${canary}"]` }], unread: unread('denied', 'no') }],
    ['an item', { status: 'complete', calls: [call], items: items(canary), looked }],
    ['an item, a token of nobody we know', { status: 'complete', calls: [call], items: items(`ghp_${'a1'.repeat(18)}`), looked }],
  ])('fails the scope where it holds a secret that only the agent knows: in %s', (_, look) => {
    const read = told(look);
    expect(read).toMatchObject({ status: 'failed', unread: { unread: 'redaction-blocked', call: call.operation } });
    expect(JSON.stringify(read)).not.toMatch(/c4nary|ghp_/);
  });

  test('says why a call was refused without our secrets', () => {
    const failure = { reason: 'denied' as const, code: '403', detail: `Bad credentials: ${canary}` };
    const read = told({ status: 'failed', calls: [{ ...call, reply: null, failure }], unread: unread('denied', `403: ${canary}`) });
    expect(read).toMatchObject({
      status: 'failed',
      unread: { unread: 'denied', detail: '403: (secret)' },
      calls: [{ failure: { detail: 'Bad credentials: (secret)' } }],
    });
  });
});

function unread(reason: 'denied', detail: string) {
  return { unread: reason, call: call.operation, needs: 'members:read', detail };
}
