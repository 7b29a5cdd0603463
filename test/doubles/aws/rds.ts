import type { Operation } from './calls.ts';

/** RDS: the query protocol, whose lists name their members. */
export const rds: Readonly<Record<string, Operation>> = {
  DescribeDBInstances: (told) => {
    const { part, next } = told.paged(told.place.DBInstances);
    return { DBInstances: part, Marker: next };
  },
  DescribeDBClusters: (told) => {
    const { part, next } = told.paged(told.place.DBClusters);
    return { DBClusters: part, Marker: next };
  },
};

const items: Readonly<Record<string, string>> = {
  DBInstances: 'DBInstance',
  DBClusters: 'DBCluster',
  VpcSecurityGroups: 'VpcSecurityGroupMembership',
  TagList: 'Tag',
  DBClusterMembers: 'DBClusterMember',
};

export const rdsNaming = { name: (field: string): string => field, item: (field: string): string => items[field] ?? 'member' };
