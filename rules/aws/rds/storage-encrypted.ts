import { awsDatabase } from '#populations/aws-database';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsDatabase, {
  id: 'aws.rds.storage-encrypted',
  title: 'Database storage is encrypted',
  kind: 'state',
  severity: 'high',
  rationale:
    'Storage, its snapshots and its automated backups are encrypted together or not at all; without, a copied snapshot can be read by whoever holds it.',
  remediation:
    'Encryption cannot be switched on in place: copy a snapshot with a KMS key, restore it, and move over. A replica takes the setting of its source.',
  inspects: ['storageEncrypted', 'kmsKeyId'],
  parameters: z.object({}),
  messages: { encrypted: 'Encrypted with {key}.', plain: 'The storage is not encrypted.' },
  examples: {
    pass: [{ storageEncrypted: true }, { storageEncrypted: true, kmsKeyId: null, engine: 'docdb', form: 'cluster' }],
    fail: [{ storageEncrypted: false, kmsKeyId: null }],
  },
  evaluate: ({ storageEncrypted, kmsKeyId }) =>
    storageEncrypted ? pass('encrypted', { key: kmsKeyId ?? 'a key that is not named' }) : fail('plain'),
});
