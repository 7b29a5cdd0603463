import { z } from 'zod';
import { defineCollector, instant } from '#collector';
import { awsEbsVolume } from '#populations/aws-ebs-volume';
import { ec2Arn, nameIn, Tags } from './ec2.ts';

const Volume = z.object({
  VolumeId: z.string(),
  State: z.string(),
  Encrypted: z.boolean(),
  /** Left out where the volume is not encrypted. */
  KmsKeyId: z.string().optional(),
  CreateTime: instant,
  /** A volume that AWS manages for a task has an associated resource instead of an instance. */
  Attachments: z.array(z.object({ InstanceId: z.string().optional(), AssociatedResource: z.string().optional() })),
  Tags,
});

export default defineCollector(awsEbsVolume, {
  id: 'aws-ebs-volumes',
  title: 'EBS volumes',
  every: '1h',
  per: 'region',
  limits: 'A volume that is made and deleted between two looks is not seen.',
  reads: {
    'ec2:DescribeVolumes': { needs: 'ec2:DescribeVolumes', reply: z.object({ Volumes: z.array(Volume) }) },
  },
  async *collect(api, place) {
    for await (const page of api.pages('ec2:DescribeVolumes', {})) {
      for (const volume of page.Volumes) {
        const attachedTo = volume.Attachments.flatMap(({ InstanceId, AssociatedResource }) => InstanceId ?? AssociatedResource ?? []);
        yield {
          key: ec2Arn(place, place.account, `volume/${volume.VolumeId}`),
          name: nameIn(volume.Tags, volume.VolumeId),
          state: volume.State,
          encrypted: volume.Encrypted,
          kmsKeyId: volume.KmsKeyId ?? null,
          createdAt: volume.CreateTime,
          attachedTo: attachedTo.toSorted(),
        };
      }
    }
  },
});
