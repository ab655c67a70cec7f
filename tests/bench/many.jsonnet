// The objects of many.sgr. The version is an MD5 here: Debian's jsonnet has no SHA-256.
local labels(name, track) = { app: name, 'app.kubernetes.io/managed-by': 'sgr', track: track };

local container(name, i) = {
  name: name,
  image: 'registry.example/service:1.%d' % i,
  ports: [
    { name: 'http', containerPort: 8080 },
    { name: 'metrics', containerPort: 9090 },
  ],
  env: [
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'SHARD', value: '%d' % i },
  ],
  resources: {
    requests: { cpu: '100m', memory: '128Mi' },
    limits: { cpu: '2', memory: '1Gi' },
  },
  readinessProbe: {
    httpGet: { path: '/ready', port: 'http' },
    periodSeconds: 10,
    timeoutSeconds: 1,
    failureThreshold: 3,
  },
  lifecycle: { preStop: { sleep: { seconds: 10 } } },
};

local template(name, i, track) = {
  metadata: { labels: labels(name, track) },
  spec: {
    containers: [container(name, i)],
    terminationGracePeriodSeconds: 30,
    topologySpreadConstraints: [{
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { app: name } },
    }],
  },
};

local deployment(name, i, track) = {
  local pods = template(name, i, track),
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: name,
    namespace: 'many',
    labels: labels(name, track),
    annotations: {
      'sgr.streamgate.io/version': std.substr(std.md5(std.toString(pods)), 0, 10),
    },
  },
  spec: {
    selector: { matchLabels: { app: name } },
    template: pods,
    replicas: if track == 'stable' then 3 else 1,
  },
};

local service(name, track) = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: name, namespace: 'many', labels: labels(name, track) },
  spec: {
    selector: { app: name },
    ports: [
      { name: 'http', port: 8080, targetPort: 'http' },
      { name: 'metrics', port: 9090, targetPort: 'metrics' },
    ],
  },
};

function(count) [
  local name = 'service-%d-%s' % [i, track];
  if kind == 'Deployment' then deployment(name, i, track) else service(name, track)
  for i in std.range(1, count)
  for track in ['stable', 'canary']
  for kind in ['Deployment', 'Service']
]
