import rule from '#rules/idp/privileged-user-authorized.ts';
import { testRule } from '#test/rule-tester.ts';

const ada = { key: 'scim:user:1', userName: 'ada@example.com' };
const eve = { key: 'scim:user:2', userName: 'eve@example.com' };
const admins = { key: 'scim:group:1', name: 'Platform admins', members: ['scim:user:1'] };
const approval = { account: 'ada@example.com', group: 'Platform admins', approvedBy: 'cto@example.com', reviewBy: '2026-01-31' };

testRule(rule, {
  situations: [
    {
      title: 'an approval in force',
      given: { accounts: [ada, eve], groups: [admins] },
      parameters: { roster: [approval] },
      expect: {
        'scim:user:1': { result: 'pass', message: 'approved' },
        'scim:user:2': { result: 'not-applicable', message: 'unprivileged' },
      },
    },
    {
      title: 'an approval by keys, in force through its last day',
      given: { accounts: [ada], groups: [admins] },
      parameters: { roster: [{ ...approval, account: 'scim:user:1', group: 'scim:group:1', reviewBy: '2026-01-15' }] },
      expect: { 'scim:user:1': { result: 'pass', message: 'approved' } },
    },
    {
      title: 'an approval whose review is due',
      given: { accounts: [ada], groups: [admins] },
      parameters: { roster: [{ ...approval, reviewBy: '2026-01-14' }] },
      expect: { 'scim:user:1': { result: 'fail', message: 'notOnRoster' } },
    },
    {
      title: 'an approval for one group is none for another',
      given: { accounts: [ada], groups: [admins, { key: 'scim:group:2', name: 'Billing administrators', members: ['scim:user:1'] }] },
      parameters: { roster: [approval] },
      expect: { 'scim:user:1': { result: 'fail', message: 'notOnRoster' } },
    },
    {
      title: 'an approval of somebody else',
      given: { accounts: [ada], groups: [admins] },
      parameters: { roster: [{ ...approval, account: 'eve@example.com' }] },
      expect: { 'scim:user:1': { result: 'fail', message: 'notOnRoster' } },
    },
    {
      title: 'a nested group gives what its parent gives, and a ring of groups ends',
      given: {
        accounts: [ada, eve],
        groups: [
          { ...admins, members: ['scim:group:3'] },
          { key: 'scim:group:3', name: 'Site reliability', members: ['scim:group:1', 'scim:user:2'] },
        ],
      },
      expect: {
        'scim:user:1': { result: 'not-applicable', message: 'unprivileged' },
        'scim:user:2': { result: 'fail', message: 'notOnRoster' },
      },
    },
    {
      title: 'who cannot sign in holds nothing; an account of several people is nobody',
      given: {
        accounts: [
          { ...ada, status: 'suspended' },
          { ...eve, kind: 'shared' },
        ],
        groups: [{ ...admins, members: ['scim:user:1', 'scim:user:2'] }],
      },
      parameters: { roster: [{ ...approval, account: 'eve@example.com' }] },
      expect: { 'scim:user:1': { result: 'not-applicable', message: 'inactive' }, 'scim:user:2': { result: 'fail', message: 'shared' } },
    },
    {
      title: 'a role is judged as a group is',
      given: {
        accounts: [ada],
        groups: [{ key: 'entra:role:62e9', name: 'Global Administrator', kind: 'role', members: ['scim:user:1'] }],
      },
      expect: { 'scim:user:1': { result: 'fail', message: 'notOnRoster' } },
    },
    {
      title: 'nothing that is called administrative is said as such',
      given: { accounts: [ada], groups: [admins] },
      parameters: { privileged: ['root'] },
      expect: { 'scim:user:1': { result: 'not-applicable', message: 'nothingPrivileged' } },
    },
  ],
});
