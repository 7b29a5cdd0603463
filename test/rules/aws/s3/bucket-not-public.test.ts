import rule from '#rules/aws/s3/bucket-not-public.ts';
import { testRule } from '#test/rule-tester.ts';

const $parameters = { publicBuckets: [{ name: 'acme-site', reason: 'static pages of the web site' }] };

testRule(rule, {
  pass: [
    // What the policy and the list grant does not count where a block takes it away: the collector has weighed that.
    { $message: 'private', policyIsPublic: true, aclPublicGrants: ['AllUsers READ'], publicByPolicy: false, publicByAcl: [] },
    { $message: 'registered', name: 'acme-site', publicByPolicy: true, $parameters },
    { $message: 'registered', name: 'acme-site', publicByAcl: ['AllUsers READ', 'AllUsers READ_ACP'], $parameters },
    { $message: 'private', name: 'acme-site', $parameters },
  ],
  fail: [
    { $message: 'policy', publicByPolicy: true, $parameters },
    { $message: 'acl', publicByAcl: ['AuthenticatedUsers READ'] },
    { $message: 'both', publicByPolicy: true, publicByAcl: ['AllUsers READ'] },
    // Registered to be read, not to be written or taken over.
    { $message: 'writable', name: 'acme-site', publicByAcl: ['AllUsers WRITE'], $parameters },
    { $message: 'writable', name: 'acme-site', publicByAcl: ['AllUsers FULL_CONTROL'], $parameters },
    { $message: 'writable', name: 'acme-site', publicByAcl: ['AllUsers READ', 'AuthenticatedUsers WRITE_ACP'], $parameters },
    // A register entry is one bucket, never a pattern.
    { $message: 'policy', name: 'acme-site-drafts', publicByPolicy: true, $parameters },
    { $message: 'policy', publicByPolicy: true, $parameters: { publicBuckets: [{ name: 'acme-*', reason: 'everything' }] } },
  ],
});
