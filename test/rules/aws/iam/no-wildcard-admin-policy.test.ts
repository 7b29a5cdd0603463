import rule from '#rules/aws/iam/no-wildcard-admin-policy.ts';
import { testRule } from '#test/rule-tester.ts';

const statement = {
  effect: 'Allow' as const,
  actions: ['*'],
  notActions: null,
  resources: ['*'],
  notResources: null,
  conditions: [] as string[],
};
const one = (
  patch: Partial<Omit<typeof statement, 'effect' | 'actions' | 'notActions' | 'resources' | 'notResources'>> & Record<string, unknown>,
) => ({ statements: [{ ...statement, ...patch }] });

testRule(rule, {
  pass: [
    { $message: 'limited', ...one({ effect: 'Deny' }) },
    { $message: 'limited', ...one({ actions: ['s3:*'] }) },
    { $message: 'limited', ...one({ resources: ['arn:aws:s3:::acme-logs/*'] }) },
    { $message: 'limited', ...one({ actions: ['iam:*'], resources: ['arn:aws:iam::123456789012:role/app-*'] }) },
    { $message: 'limited', ...one({ conditions: ['aws:ResourceTag/team'] }) },
    { $message: 'limited', ...one({ actions: ['iam:PassRole'], conditions: ['iam:PassedToService'] }) },
    { $message: 'limited', ...one({ actions: null, notActions: ['*'] }) },
    { $message: 'limited', ...one({ actions: null, notActions: ['iam:*', 'organizations:*', 'kms:*'] }) },
    { $message: 'limited', ...one({ resources: null, notResources: ['*'] }) },
    { $message: 'limited', ...one({ actions: ['iam:*'] }), $parameters: { alsoFlag: [] } },
    { $message: 'limited', statements: [] },
  ],
  fail: [
    { $message: 'everything', ...one({ actions: ['*:*'] }) },
    { $message: 'everything', ...one({ actions: ['s3:GetObject', '**'] }) },
    { $message: 'everything', ...one({ resources: ['arn:aws:*'], actions: ['*:*'] }), $parameters: { alsoFlag: [] } },
    { $message: 'everything', ...one({ resources: ['arn:aws-cn:*:*:*'] }) },
    { $message: 'everything', ...one({ actions: null, notActions: ['s3:DeleteBucket'] }) },
    { $message: 'everything', ...one({ resources: null, notResources: ['arn:aws:s3:::acme-logs/*'] }) },
    // A condition on the caller or the place leaves the power whole.
    { $message: 'everything', ...one({ conditions: ['aws:MultiFactorAuthPresent', 'aws:SourceIp'] }) },
    { $message: 'everything', kind: 'inline', owner: 'arn:aws:iam::123456789012:role/app', ...one({ actions: ['*'] }) },
    { $message: 'service', ...one({ actions: ['iam:*'] }) },
    { $message: 'service', ...one({ actions: ['IAM:*'] }) },
    { $message: 'service', ...one({ actions: ['iam:*'], resources: ['arn:aws:iam::999999999999:*'] }) },
    { $message: 'service', ...one({ actions: ['kms:*'], resources: ['arn:aws:kms:*:999999999999:key/*'] }) },
    { $message: 'service', ...one({ actions: null, notActions: ['iam:*'], resources: ['*'] }) },
    { $message: 'service', ...one({ actions: ['s3:*'], resources: ['arn:aws:s3:::*'] }), $parameters: { alsoFlag: ['s3:*'] } },
    // Not the first statement, and not the first policy version.
    { $message: 'everything', statements: [{ ...statement, actions: ['s3:GetObject'] }, statement] },
  ],
  notApplicable: [{ $message: 'unattached', attachments: 0, statements: [statement] }],
});
