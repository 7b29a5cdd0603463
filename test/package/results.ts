/** What follows from the story of tiny.ts, counted by hand. */
export const results: Readonly<Record<string, string>> = {
  'scope/entities.csv': `population,scope,key,name,firstSeen,lastSeen,gone
example.bucket,aws/111111111111/eu-west-1/example.bucket,'=one,'=ONE,2026-01-01T00:00:00.000Z,2026-01-01T03:00:00.000Z,2026-01-01T04:00:00.000Z
example.bucket,aws/111111111111/eu-west-1/example.bucket,"thr,ee","THR,EE",2026-01-01T04:00:00.000Z,2026-01-01T07:00:00.000Z,2026-01-01T08:00:00.000Z
example.bucket,aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T00:00:00.000Z,2026-01-01T07:00:00.000Z,2026-01-01T08:00:00.000Z
example.change,aws/111111111111/global/example.change,c1,c1,2026-01-01T01:00:00.000Z,2026-01-01T07:00:00.000Z,
example.change,aws/111111111111/global/example.change,c2,c2,2026-01-01T03:00:00.000Z,2026-01-01T07:00:00.000Z,
`,
  'ipe/runs.csv': `index,connection,asOf,ended,scopes,failed,changes,calls,requests
2,aws,2026-01-01T00:00:00.000Z,2026-01-01T00:00:01.000Z,2,0,2,2,1
3,aws,2026-01-01T01:00:00.000Z,2026-01-01T01:00:01.000Z,2,0,3,2,1
4,aws,2026-01-01T02:00:00.000Z,2026-01-01T02:00:01.000Z,1,1,0,1,1
5,aws,2026-01-01T03:00:00.000Z,2026-01-01T03:00:01.000Z,2,0,3,2,1
6,aws,2026-01-01T04:00:00.000Z,2026-01-01T04:00:01.000Z,1,0,2,1,1
7,aws,2026-01-01T07:00:00.000Z,2026-01-01T07:00:01.000Z,2,0,1,2,1
8,aws,2026-01-01T08:00:00.000Z,2026-01-01T08:00:01.000Z,0,0,2,0,1
`,
  'results/corrections.csv': `index,asOf,scope,from,to,looks,reason,run
`,
  'results/set-aside.csv': `id,count,rule,item,name,scope,severity,message,controls,lastGood,firstBad,lastBad,firstGood,closedBy,atLeast,atMost,due,clock,carriedIn,backfilled
`,
  'results/unobserved.csv': `scope,from,to,reason,call,needs,detail,backfilled
aws/111111111111/eu-west-1/example.bucket,2026-01-01T01:00:00.000Z,2026-01-01T03:00:00.000Z,denied,s3:ListBuckets,s3:ListAllMyBuckets,"'=refused, ""by"" policy",
aws/111111111111/eu-west-1/example.bucket,2026-01-01T04:00:00.000Z,2026-01-01T07:00:00.000Z,monitor-down,,,,
`,
  'results/timeline/example.alone.csv': `scope,item,name,from,to,state,reason,backfilled
aws/111111111111/eu-west-1/example.bucket,'=one,'=ONE,2026-01-01T00:30:00.000Z,2026-01-01T01:00:00.000Z,uncertain,,
aws/111111111111/eu-west-1/example.bucket,'=one,'=ONE,2026-01-01T01:00:00.000Z,2026-01-01T03:00:00.000Z,unobserved,denied,
aws/111111111111/eu-west-1/example.bucket,'=one,'=ONE,2026-01-01T03:00:00.000Z,2026-01-01T07:30:00.000Z,outside,,
aws/111111111111/eu-west-1/example.bucket,"thr,ee","THR,EE",2026-01-01T00:30:00.000Z,2026-01-01T04:00:00.000Z,outside,,
aws/111111111111/eu-west-1/example.bucket,"thr,ee","THR,EE",2026-01-01T04:00:00.000Z,2026-01-01T07:00:00.000Z,unobserved,monitor-down,
aws/111111111111/eu-west-1/example.bucket,"thr,ee","THR,EE",2026-01-01T07:00:00.000Z,2026-01-01T07:30:00.000Z,outside,,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T00:30:00.000Z,2026-01-01T01:00:00.000Z,uncertain,,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T01:00:00.000Z,2026-01-01T03:00:00.000Z,unobserved,denied,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T03:00:00.000Z,2026-01-01T04:00:00.000Z,held,,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T04:00:00.000Z,2026-01-01T07:00:00.000Z,unobserved,monitor-down,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T07:00:00.000Z,2026-01-01T07:30:00.000Z,outside,,
`,
  'results/timeline/example.small.csv': `scope,item,name,from,to,state,reason,backfilled
aws/111111111111/eu-west-1/example.bucket,'=one,'=ONE,2026-01-01T00:30:00.000Z,2026-01-01T01:00:00.000Z,held,,
aws/111111111111/eu-west-1/example.bucket,'=one,'=ONE,2026-01-01T01:00:00.000Z,2026-01-01T03:00:00.000Z,unobserved,denied,
aws/111111111111/eu-west-1/example.bucket,'=one,'=ONE,2026-01-01T03:00:00.000Z,2026-01-01T07:30:00.000Z,outside,,
aws/111111111111/eu-west-1/example.bucket,"thr,ee","THR,EE",2026-01-01T00:30:00.000Z,2026-01-01T03:00:00.000Z,outside,,
aws/111111111111/eu-west-1/example.bucket,"thr,ee","THR,EE",2026-01-01T03:00:00.000Z,2026-01-01T04:00:00.000Z,uncertain,,
aws/111111111111/eu-west-1/example.bucket,"thr,ee","THR,EE",2026-01-01T04:00:00.000Z,2026-01-01T07:00:00.000Z,unobserved,monitor-down,
aws/111111111111/eu-west-1/example.bucket,"thr,ee","THR,EE",2026-01-01T07:00:00.000Z,2026-01-01T07:30:00.000Z,uncertain,,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T00:30:00.000Z,2026-01-01T01:00:00.000Z,uncertain,,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T01:00:00.000Z,2026-01-01T03:00:00.000Z,unobserved,denied,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T03:00:00.000Z,2026-01-01T04:00:00.000Z,failed,,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T04:00:00.000Z,2026-01-01T07:00:00.000Z,unobserved,monitor-down,
aws/111111111111/eu-west-1/example.bucket,two,TWO,2026-01-01T07:00:00.000Z,2026-01-01T07:30:00.000Z,uncertain,,
`,
  'results/populations/example.made.csv': `scope,item,name,at,result,severity,message,backfilled
aws/111111111111/global/example.change,c1,c1,2026-01-01T01:00:00.000Z,pass,medium,It was made well.,
aws/111111111111/global/example.change,c2,c2,2026-01-01T02:00:00.000Z,fail,medium,It was not made well.,
`,
  'results/equations.json': `{
  "example.made": {
    "population": 2,
    "pass": 1,
    "fail": 1,
    "pending": 0,
    "unobserved": 0,
    "notApplicable": 0
  }
}
`,
  'results/deviations.csv': `id,count,rule,item,name,scope,severity,message,controls,lastGood,firstBad,lastBad,firstGood,closedBy,atLeast,atMost,due,clock,carriedIn,backfilled
example.small/two@2026-01-01T00:00:00.000Z,1,example.small,two,TWO,aws/111111111111/eu-west-1/example.bucket,high,"It is 1, more than 0.",C-1 C-2,,2026-01-01T00:00:00.000Z,2026-01-01T00:00:00.000Z,2026-01-01T01:00:00.000Z,pass,0,,2026-01-08T00:00:00.000Z,in-time,true,
example.alone/=one@2026-01-01T01:00:00.000Z,1,example.alone,'=one,'=ONE,aws/111111111111/eu-west-1/example.bucket,low,1 others are 0.,C-1,2026-01-01T00:00:00.000Z,2026-01-01T01:00:00.000Z,2026-01-01T01:00:00.000Z,2026-01-01T03:00:00.000Z,pass,0,10800,2026-04-01T01:00:00.000Z,in-time,false,
example.alone/two@2026-01-01T01:00:00.000Z,1,example.alone,two,TWO,aws/111111111111/eu-west-1/example.bucket,low,1 others are 0.,C-1,2026-01-01T00:00:00.000Z,2026-01-01T01:00:00.000Z,2026-01-01T01:00:00.000Z,2026-01-01T03:00:00.000Z,pass,0,10800,2026-04-01T01:00:00.000Z,in-time,false,
example.small/two@2026-01-01T03:00:00.000Z,1,example.small,two,TWO,aws/111111111111/eu-west-1/example.bucket,high,"It is 3, more than 0.",C-1 C-2,2026-01-01T01:00:00.000Z,2026-01-01T03:00:00.000Z,2026-01-01T07:00:00.000Z,2026-01-01T08:00:00.000Z,gone,14400,25200,2026-01-08T03:00:00.000Z,in-time,false,
"example.small/thr,ee@2026-01-01T04:00:00.000Z",1,example.small,"thr,ee","THR,EE",aws/111111111111/eu-west-1/example.bucket,high,"It is 4, more than 0.",C-1 C-2,,2026-01-01T04:00:00.000Z,2026-01-01T07:00:00.000Z,2026-01-01T08:00:00.000Z,gone,10800,18000,2026-01-08T04:00:00.000Z,in-time,false,
`,
};
