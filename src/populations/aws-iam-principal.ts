import { z } from 'zod';
import { definePopulation } from '#src/population.ts';
import { statement } from './aws-iam-policy.ts';

/** One policy in force for a principal, directly or through a group. */
const grant = z.object({
  policy: z.string().describe('The ARN of a managed policy, or `inline NAME`'),
  group: z.string().nullable().describe('The group that it comes through'),
  statements: z.array(statement).nullable().describe('Null for a policy that AWS manages'),
});

export type Grant = z.infer<typeof grant>;

export const awsIamPrincipal = definePopulation('aws.iam-principal', {
  title: 'IAM users, groups and roles, with what they may do',
  kind: 'state',
  personal: true,
  fields: z.object({
    kind: z.enum(['user', 'group', 'role']),
    arn: z.string(),
    serviceLinked: z.boolean().describe('Made by AWS for one of its services; nobody can change it'),
    identityCenter: z.boolean().describe('The role of a permission set of IAM Identity Center'),
    groups: z.array(z.string()),
    grants: z.array(grant),
    boundary: z.string().nullable().describe('The ARN of the permissions boundary'),
    trusts: z.array(z.string()).describe('Whom a role lets in: `AWS ARN`, `Service NAME`, `Federated ARN`'),
  }),
  example: {
    key: 'arn:aws:iam::123456789012:user/alice#AIDAEXAMPLE00000000001',
    name: 'user alice',
    kind: 'user',
    arn: 'arn:aws:iam::123456789012:user/alice',
    serviceLinked: false,
    identityCenter: false,
    groups: ['developers'],
    grants: [{ policy: 'arn:aws:iam::aws:policy/ReadOnlyAccess', group: 'developers', statements: null }],
    boundary: null,
    trusts: [],
  },
});
