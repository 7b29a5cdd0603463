import { z } from 'zod';
import { defineCollector } from '#collector';
import { awsBackupVault } from '#populations/aws-backup-vault';

const Vaults = z.object({
  BackupVaultList: z.array(
    z.object({
      BackupVaultName: z.string(),
      BackupVaultArn: z.string(),
      VaultType: z.string().optional(),
      NumberOfRecoveryPoints: z.int().optional(),
      EncryptionKeyArn: z.string().optional(),
      EncryptionKeyType: z.string().optional(),
      Locked: z.boolean().optional(),
      MinRetentionDays: z.int().optional(),
      MaxRetentionDays: z.int().optional(),
    }),
  ),
});

export default defineCollector(awsBackupVault, {
  id: 'aws-backup-vaults',
  title: 'Backup vaults and their keys and locks',
  every: '12h',
  per: 'region',
  reads: { 'backup:ListBackupVaults': { needs: 'backup:ListBackupVaults', reply: Vaults } },
  limits: 'Recovery points are not read one by one.',
  async *collect(api) {
    for await (const { BackupVaultList } of api.pages('backup:ListBackupVaults', {})) {
      for (const vault of BackupVaultList) {
        const told = <T>(value: T | undefined, field: string) =>
          value ?? api.unread('backup:ListBackupVaults', 'malformed', `${vault.BackupVaultName} has no ${field}`);
        yield {
          key: vault.BackupVaultArn,
          name: vault.BackupVaultName,
          kind: vault.VaultType ?? 'BACKUP_VAULT',
          // The number changes with every backup; whether there is one does not.
          empty: told(
            vault.NumberOfRecoveryPoints === undefined ? undefined : vault.NumberOfRecoveryPoints === 0,
            'NumberOfRecoveryPoints',
          ),
          encryptionKey: vault.EncryptionKeyArn || null,
          encryptionKeyKind: vault.EncryptionKeyType ?? null,
          locked: told(vault.Locked, 'Locked'),
          minRetentionDays: vault.MinRetentionDays ?? null,
          maxRetentionDays: vault.MaxRetentionDays ?? null,
        };
      }
    }
  },
});
