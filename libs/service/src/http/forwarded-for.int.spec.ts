import { Controller, Get, Ip, Logger, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { readConfig } from '../config/read-config.js';
import { ServiceConfig } from '../config/service-config.js';
import { createService } from '../process/create-service.js';

@Controller('ip')
class IpController {
  @Get()
  get(@Ip() ip: string): { ip: string } {
    return { ip };
  }
}

@Module({ controllers: [IpController] })
class IpModule {}

class Config extends ServiceConfig {
  override port = 0;
}

const HOUR = 3_600_000;

describe('X-Forwarded-For', () => {
  const warnings: string[] = [];
  let app: NestFastifyApplication;

  afterEach(async () => {
    jest.restoreAllMocks();
    warnings.length = 0;
    await app.close();
    Logger.overrideLogger(true);
  });

  async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const config = readConfig(Config, { LOG_LEVEL: 'fatal', ...env });
    app = await createService(IpModule, config);
    const ignore = (): void => undefined;
    app.useLogger({ log: ignore, error: ignore, warn: (message: string) => void warnings.push(message) });
    await app.listen(0, '127.0.0.1');
  }

  /** Returns the address of the client, as seen by the service. */
  async function ask(forwardedFor?: string): Promise<string> {
    const headers = new Headers(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor });
    const answer = await fetch(`${await app.getUrl()}/ip`, { headers });
    return ((await answer.json()) as { ip: string }).ip;
  }

  it.each([
    ['no proxy is trusted', {}],
    ['another proxy is trusted', { TRUST_PROXY: '10.0.0.0/8' }],
  ])('is ignored if %s, with a warning once an hour', async (_who, env) => {
    const clock = jest.spyOn(performance, 'now');
    await start(env);
    for (const client of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) expect(await ask(client)).toBe('127.0.0.1');
    expect(warnings).toEqual([expect.stringMatching(/127\.0\.0\.1.*TRUST_PROXY.*TRUST_PROXY=127\.0\.0\.1/)]);

    const later = performance.now() + HOUR;
    clock.mockImplementation(() => later);
    await ask('192.0.2.1');
    await ask('192.0.2.1');
    expect(warnings).toHaveLength(2);
  });

  it('causes no warning if its sender is trusted, or if it is missing', async () => {
    await start({ TRUST_PROXY: '10.0.0.0/8,127.0.0.1' });
    expect(await ask('192.0.2.1')).toBe('192.0.2.1');
    // The proxy itself sends this request.
    expect(await ask('127.0.0.1')).toBe('127.0.0.1');
    expect(await ask()).toBe('127.0.0.1');
    expect(warnings).toEqual([]);
  });
});
