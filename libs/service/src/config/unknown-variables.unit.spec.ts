import { describe, expect, it } from '@jest/globals';
import { unknownVariables } from './unknown-variables.js';

const DECLARED = [
  'NODE_ENV',
  'HOST',
  'PORT',
  'NATS_URL',
  'LOG_LEVEL',
  'DATABASE_URL',
  'SMTP_URL',
  'MAIL_FROM',
];

describe('unknownVariables', () => {
  it.each([
    ['NATS_ULR', 'NATS_ULR is not known; did you mean NATS_URL?'],
    ['DATABSE_URL', 'DATABSE_URL is not known; did you mean DATABASE_URL?'],
    ['database_url', 'database_url is not known; did you mean DATABASE_URL?'],
    ['LOGLEVEL', 'LOGLEVEL is not known; did you mean LOG_LEVEL?'],
    ['NODE_EVN', 'NODE_EVN is not known; did you mean NODE_ENV?'],
    ['SMTP_HOST', 'SMTP_HOST is not known; SMTP_… can be SMTP_URL'],
  ])('refuses %s', (name, fault) => {
    expect(unknownVariables({ [name]: 'x' }, DECLARED)).toEqual([fault]);
  });

  it('ignores variables that Kubernetes and Docker inject for a service named like a prefix', () => {
    const injected = {
      NATS_SERVICE_HOST: '10.0.0.7',
      NATS_SERVICE_PORT: '4222',
      NATS_SERVICE_PORT_CLIENT: '4222',
      NATS_PORT: 'tcp://10.0.0.7:4222',
      NATS_PORT_4222_TCP: 'tcp://10.0.0.7:4222',
      NATS_PORT_4222_TCP_PROTO: 'tcp',
      NATS_PORT_4222_TCP_PORT: '4222',
      NATS_PORT_4222_TCP_ADDR: '10.0.0.7',
    };
    expect(unknownVariables(injected, DECLARED)).toEqual([]);
    expect(unknownVariables({ NATS_PORT: '4222' }, DECLARED)).toHaveLength(1);
  });

  it.each([
    ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_VERSION', 'NODE_EXTRA_CA_CERTS', 'NODE_CHANNEL_FD', 'NODE_DEBUG'],
    ...[
      'HOSTNAME',
      'HOSTTYPE',
      'HOST_IP',
      'LOGNAME',
      'MAIL',
      'MAILCHECK',
      'PATH',
      'HOME',
      'PWD',
      'USER',
      'SHELL',
    ],
    ...[
      'CI',
      'npm_config_user_agent',
      'npm_node_execpath',
      'JEST_WORKER_ID',
      'http_proxy',
      'TEST_DATABASE_URL',
    ],
  ])('ignores %s, which other programs set', (name) => {
    expect(unknownVariables({ [name]: 'x' }, DECLARED)).toEqual([]);
  });

  it('ignores the declared names', () => {
    expect(unknownVariables(Object.fromEntries(DECLARED.map((name) => [name, 'x'])), DECLARED)).toEqual([]);
  });
});
