import { awsBackupVault } from '#populations/aws-backup-vault';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsBackupVault, {
  id: 'aws.backup.vault-encrypted',
  title: 'Backup vaults that hold recovery points are encrypted',
  kind: 'state',
  severity: 'high',
  rationale:
    'A backup is a whole copy of the data. Recovery points of RDS and EBS keep the encryption of their source whatever the vault, so a plain database gives a plain backup: the rules on their storage say so.',
  remediation: 'Create a vault with a KMS key, copy the recovery points, and point the plans to it: the key of a vault cannot be changed.',
  inspects: ['empty', 'encryptionKey', 'encryptionKeyKind'],
  parameters: z.object({ requireOwnKey: z.boolean().default(false).describe('Asks for a key that the customer manages') }),
  messages: {
    encrypted: 'Encrypted with {key}.',
    plain: 'No key is named for the vault.',
    service: 'Encrypted with {key}, which is not known to be managed by the customer.',
    empty: 'It holds no recovery point.',
  },
  examples: {
    pass: [{ empty: false }],
    fail: [{ encryptionKey: null, encryptionKeyKind: null }],
    notApplicable: [{ empty: true, encryptionKey: null, encryptionKeyKind: null }],
  },
  evaluate({ empty, encryptionKey, encryptionKeyKind }, { parameters }) {
    if (empty) return notApplicable('empty');
    if (encryptionKey === null) return fail('plain');
    if (parameters.requireOwnKey && encryptionKeyKind !== 'CUSTOMER_MANAGED_KMS_KEY') return fail('service', { key: encryptionKey });
    return pass('encrypted', { key: encryptionKey });
  },
});
