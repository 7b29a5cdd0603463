import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { z } from 'zod';
import { isUnread, type Reply, type Unread } from '#collector';
import { branchFields, nothingToProtect, type RulesetReply, unreadBranch } from '#collectors/github/branch-fields.ts';
import { BranchRule, Protection } from '#collectors/github/replies.ts';
import { githubRepository } from '#populations/github-repository';
import { flawIn } from '#src/population.ts';

const refused: Unread = { unread: 'denied', call: 'GET /somewhere', needs: 'administration:read', detail: '403' };
const no = { ok: false, unread: refused } as const;
const yes = <T>(value: T): Reply<T> => ({ ok: true, value });

const rule = fc
  .oneof(
    fc.record({ type: fc.constantFrom('deletion', 'non_fast_forward', 'required_signatures') }),
    fc.record({
      type: fc.constant('pull_request'),
      parameters: fc.record({
        required_approving_review_count: fc.integer({ min: 0, max: 3 }),
        dismiss_stale_reviews_on_push: fc.boolean(),
        require_last_push_approval: fc.boolean(),
      }),
    }),
    fc.record({
      type: fc.constant('required_status_checks'),
      parameters: fc.record({
        required_status_checks: fc.array(
          fc.record({ context: fc.constantFrom('test', 'lint'), integration_id: fc.constantFrom(7, -1, null) }),
          { maxLength: 3 },
        ),
      }),
    }),
  )
  .chain((given) => fc.constantFrom(98, 99).map((ruleset_id) => BranchRule.parse({ ...given, ruleset_id })));

const toggle = fc.record({ enabled: fc.boolean() });
const protection = fc
  .record({
    enforce_admins: toggle,
    allow_force_pushes: toggle,
    allow_deletions: toggle,
    required_pull_request_reviews: fc.option(
      fc.record({ required_approving_review_count: fc.integer({ min: 0, max: 3 }), dismiss_stale_reviews: fc.boolean() }),
      { nil: undefined },
    ),
  })
  .map((given) => Protection.parse(given));

const rules: fc.Arbitrary<(z.infer<typeof BranchRule>[] | null)[]> = fc.oneof(
  fc.constant<null[]>([null]),
  fc.array(fc.array(rule, { maxLength: 4 }), { minLength: 1, maxLength: 2 }),
);
const classic = fc.option(protection);
const rulesets = new Map<number, RulesetReply>([
  [98, yes([])],
  [99, yes([{ actor_type: 'Team', actor_id: 42, bypass_mode: 'always' as const }])],
]);

/** Every field is what it was, or unread. */
function expectOnlySilence(whole: object, impaired: object): void {
  const changed = Object.entries(impaired).filter(
    ([field, value]) => !isUnread(value) && JSON.stringify(value) !== JSON.stringify((whole as Record<string, unknown>)[field]),
  );
  expect(changed).toEqual([]);
}

describe('the fields of a branch', () => {
  test('are never another value when a mechanism or a ruleset is refused', () => {
    fc.assert(
      fc.property(rules, classic, (rules, classic) => {
        const whole = branchFields({ rules: yes(rules), classic: yes(classic) }, rulesets);
        for (const value of Object.values(whole)) expect(isUnread(value)).toBe(false);
        expectOnlySilence(whole, branchFields({ rules: yes(rules), classic: no }, rulesets));
        expectOnlySilence(whole, branchFields({ rules: no, classic: yes(classic) }, rulesets));
        expectOnlySilence(whole, branchFields({ rules: yes(rules), classic: yes(classic) }, new Map([...rulesets, [99, no]])));
        const nothing = branchFields({ rules: no, classic: no }, rulesets);
        for (const value of Object.values(nothing)) expect(isUnread(value)).toBe(true);
      }),
    );
  });

  test('are never true, nor empty of who may go past, on the word of one mechanism that says nothing of it', () => {
    fc.assert(
      fc.property(rules, classic, (rules, classic) => {
        for (const fields of [
          branchFields({ rules: yes(rules), classic: no }, rulesets),
          branchFields({ rules: no, classic: yes(classic) }, rulesets),
        ]) {
          expect(isUnread(fields.bypassActors)).toBe(true);
          for (const field of [
            'protectionOffered',
            'protected',
            'approvalRequired',
            'freshApprovalRequired',
            'forcePushBlocked',
            'deletionBlocked',
          ] as const)
            expect(fields[field]).not.toBe(false);
        }
      }),
    );
  });

  test('do not depend on the order of rules and pages', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), classic, (list, classic) => {
        const forward = branchFields({ rules: yes([list]), classic: yes(classic) }, rulesets);
        const backward = branchFields({ rules: yes([...list].reverse().map((one) => [one])), classic: yes(classic) }, rulesets);
        expect(backward).toEqual(list.length === 0 ? branchFields({ rules: yes([]), classic: yes(classic) }, rulesets) : forward);
      }),
    );
  });

  test('fit the population, also where there is nothing to protect or that is not known', () => {
    for (const fields of [nothingToProtect, unreadBranch(refused), branchFields({ rules: yes([[]]), classic: yes(null) }, rulesets)]) {
      expect(flawIn(githubRepository, { ...githubRepository.example, ...fields } as never)).toBeNull();
    }
  });
});
