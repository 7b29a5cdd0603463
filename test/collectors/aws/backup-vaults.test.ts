import { expect, test } from '@jest/globals';
import collector from '#collectors/aws/backup-vaults.ts';
import { itemsOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
const arn = 'arn:aws:backup:eu-central-1:123456789012:backup-vault';
const key = 'arn:aws:kms:eu-central-1:123456789012:key/1b2c';

testCollector(collector, {
  place,
  recording: [
    {
      call: 'backup:ListBackupVaults',
      parameters: {},
      pages: [
        {
          BackupVaultList: [
            {
              BackupVaultName: 'main',
              BackupVaultArn: `${arn}:main`,
              VaultType: 'BACKUP_VAULT',
              CreationDate: '2025-01-01T00:00:00.000Z',
              EncryptionKeyArn: key,
              EncryptionKeyType: 'CUSTOMER_MANAGED_KMS_KEY',
              NumberOfRecoveryPoints: 412,
              Locked: true,
              MinRetentionDays: 30,
              LockDate: '2025-01-04T00:00:00.000Z',
            },
          ],
        },
        { BackupVaultList: [{ BackupVaultName: 'Default', BackupVaultArn: `${arn}:Default`, NumberOfRecoveryPoints: 0, Locked: false }] },
      ],
    },
  ],
  expect: [
    {
      key: `${arn}:Default`,
      name: 'Default',
      kind: 'BACKUP_VAULT',
      empty: true,
      encryptionKey: null,
      encryptionKeyKind: null,
      locked: false,
      minRetentionDays: null,
      maxRetentionDays: null,
    },
    {
      key: `${arn}:main`,
      name: 'main',
      kind: 'BACKUP_VAULT',
      empty: false,
      encryptionKey: key,
      encryptionKeyKind: 'CUSTOMER_MANAGED_KMS_KEY',
      locked: true,
      minRetentionDays: 30,
      maxRetentionDays: null,
    },
  ],
});

test('a vault that does not say how much it holds is not an empty one', async () => {
  const recording = [
    { call: 'backup:ListBackupVaults', pages: [{ BackupVaultList: [{ BackupVaultName: 'main', BackupVaultArn: `${arn}:main` }] }] },
  ];
  expect(itemsOf(await replay(collector, { place, recording }))).toMatchObject([
    { empty: { unread: 'malformed' }, locked: { unread: 'malformed' } },
  ]);
});
