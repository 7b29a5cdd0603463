import { awsS3Bucket } from '#populations/aws-s3-bucket';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsS3Bucket, {
  id: 'aws.s3.bucket-not-public',
  title: 'Buckets are not public unless registered',
  kind: 'state',
  severity: 'critical',
  rationale:
    'A public bucket gives its objects to anyone who guesses its name. What counts is what is left after the public access blocks of bucket and account. Access points and the access lists of single objects are not seen.',
  remediation:
    'Switch on the public access block of the account, or take the public grant away. Register a bucket that is meant to be public, with the reason.',
  inspects: ['publicByPolicy', 'publicByAcl'],
  parameters: z.object({
    publicBuckets: z
      .array(z.object({ name: z.string().min(1), reason: z.string().min(1) }))
      .default([])
      .describe('Buckets that are meant to be read by the public, by name, and why. Being written by the public is never meant'),
  }),
  messages: {
    private: 'Neither its policy nor its access list makes it public.',
    registered: 'It is public, as registered: {reason}.',
    policy: 'Its policy makes it public.',
    acl: 'Its access list makes it public: {grants}.',
    both: 'Its policy makes it public, and so does its access list: {grants}.',
    writable: 'Its access list lets the public change it: {grants}.',
  },
  examples: {
    pass: [{ publicByPolicy: false, publicByAcl: [] }],
    fail: [
      { publicByPolicy: true },
      { publicByAcl: ['AllUsers READ'] },
      { publicByPolicy: true, publicByAcl: ['AuthenticatedUsers READ'] },
      { publicByAcl: ['AllUsers WRITE'] },
    ],
  },
  evaluate({ name, publicByPolicy, publicByAcl }, { parameters }) {
    if (!publicByPolicy && publicByAcl.length === 0) return pass('private');
    const grants = publicByAcl.join(', ');
    if (publicByAcl.some((grant) => !/ READ(_ACP)?$/.test(grant))) return fail('writable', { grants });
    const registered = parameters.publicBuckets.find((bucket) => bucket.name === name);
    if (registered) return pass('registered', { reason: registered.reason });
    if (publicByAcl.length === 0) return fail('policy');
    return publicByPolicy ? fail('both', { grants }) : fail('acl', { grants });
  },
});
