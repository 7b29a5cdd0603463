import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadConfig } from '#src/config.ts';
import { resources, text, version } from './files.ts';

const agent = resources('holdfast.yaml');
const workers = resources('workers.yaml');
const of = (kind: string) => agent.find((each) => each.kind === kind)!;
const pods = [of('StatefulSet'), workers.find(({ kind }) => kind === 'Deployment')!].map(({ spec }) => spec.template.spec);

test.each(pods.map((pod) => [pod.containers[0].name, pod] as const))(
  'in a cluster, %s is held to the strictest standard of pods',
  (_, pod) => {
    const [container] = pod.containers;
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources.limits.memory).toBe(container.resources.requests.memory);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.image).toBe(`registry.example.com/holdfast:${version}`);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(10);
    const mounted = container.volumeMounts.map(({ name }: { name: string }) => name);
    expect(pod.volumes.map(({ name }: { name: string }) => name).filter((name: string) => !mounted.includes(name))).toEqual([]);
  },
);

test('there is one agent, over a block device of one node, which outlives it', () => {
  const { spec } = of('StatefulSet');
  expect(spec.replicas).toBe(1);
  expect(spec.volumeClaimTemplates[0].spec.accessModes).toEqual(['ReadWriteOncePod']);
  expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
});

test('every part is found by its labels, and every port by its name', () => {
  const { template } = of('StatefulSet').spec;
  const ports = new Map(
    template.spec.containers[0].ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [name, containerPort]),
  );
  for (const { port, targetPort } of of('Service').spec.ports) expect(ports.get(targetPort)).toBe(port);
  expect(template.metadata.labels).toMatchObject(of('Service').spec.selector);
  expect(template.metadata.labels).toMatchObject(of('PodDisruptionBudget').spec.selector.matchLabels);
  expect(template.metadata.labels).toMatchObject(of('NetworkPolicy').spec.podSelector.matchLabels);
  for (const { ports: let_in } of of('NetworkPolicy').spec.ingress) for (const { port } of let_in) expect(ports.has(port)).toBe(true);
});

test.each(pods.map((pod) => [pod.containers[0].name, pod] as const))(
  '%s is asked where it listens, and both probes are apart',
  (name, pod) => {
    const [container] = pod.containers;
    const port = container.ports.find((each: { name: string }) => each.name === 'metrics').containerPort;
    const { env } = container;
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) expect(container[probe].httpGet.port).toBe('metrics');
    expect(container.livenessProbe.httpGet.path).toBe('/healthz');
    expect(container.readinessProbe.httpGet.path).toBe('/readyz');
    expect(env).toContainEqual({ name: 'HOLDFAST_HEALTH', value: `http://127.0.0.1:${port}/healthz` });
    if (name === 'worker') expect(container.args).toEqual(['worker', '--listen', `0.0.0.0:${port}`]);
  },
);

test('the configuration in the manifest is one that the agent takes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-manifest-'));
  try {
    writeFileSync(join(folder, 'holdfast.yaml'), of('ConfigMap').data!['holdfast.yaml']!);
    expect(loadConfig(join(folder, 'holdfast.yaml'), {}).portal).toEqual({ host: '0.0.0.0', port: 8321 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('on Fargate it runs as the image does: not root, nothing to change, secrets by reference', () => {
  const task = JSON.parse(text('deploy/ecs/task-definition.json'));
  const [container] = task.containerDefinitions;
  expect(task).toMatchObject({ networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'] });
  expect(task.taskRoleArn).not.toBe(task.executionRoleArn);
  expect(container).toMatchObject({ user: '10001:10001', readonlyRootFilesystem: true, stopTimeout: 30 });
  expect(container.image).toMatch(new RegExp(`:${version.replaceAll('.', '\\.')}$`));
  for (const { valueFrom } of container.secrets) expect(valueFrom).toMatch(/^arn:aws:secretsmanager:/);
  expect(JSON.stringify(container.environment)).not.toMatch(/password|token|:\/\/[^/]*@/i);
  const volumes = task.volumes.map(({ name }: { name: string }) => name);
  expect(container.mountPoints.map(({ sourceVolume }: { sourceVolume: string }) => sourceVolume)).toEqual(volumes);
});
