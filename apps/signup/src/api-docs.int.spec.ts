import { createEmbeddedDatabase, startScript, type EmbeddedDatabase, type Script } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';

describe('the API documentation', () => {
  let database: EmbeddedDatabase;
  let service: Script;
  let url: string;

  beforeAll(async () => {
    database = await createEmbeddedDatabase();
    const args = ['nats://127.0.0.1:1', database.dataDir];
    service = startScript(new URL('../test/serve-docs.ts', import.meta.url), args);
    url = await service.nextLine();
  }, 60_000);

  afterAll(async () => {
    await service?.kill();
    await database?.remove();
  });

  it('is a page that loads all its parts from the service', async () => {
    const page = await fetch(`${url}/docs`);
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain('<title>Signup API</title>');
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part!);
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) {
      const { origin, href } = new URL(part, page.url);
      expect(origin).toBe(url);
      const response = await fetch(href);
      expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(/./)]);
    }
  });

  it('is served in production only if SERVE_DOCS is set', async () => {
    const statuses = await Promise.all([{}, { SERVE_DOCS: 'true' }].map(statusInProduction));
    expect(statuses).toEqual([404, 200]);
  }, 60_000);

  async function statusInProduction(env: NodeJS.ProcessEnv): Promise<number> {
    const { dataDir, remove } = await createEmbeddedDatabase();
    const main = startScript(new URL('./main.ts', import.meta.url), [], {
      ...{ PATH: process.env['PATH'], NODE_ENV: 'production', PORT: '0' },
      ...{ NATS_URL: 'nats://127.0.0.1:1', DATA_DIR: dataDir, ...env },
    });
    try {
      let found: string | undefined;
      while (!found) found = /listening on (http:[\w.:/]+)/.exec(await main.nextLine())?.[1];
      return (await fetch(`${found}/docs`)).status;
    } finally {
      await main.kill();
      await remove();
    }
  }

  it('describes bodies, headers and every response', async () => {
    const document = (await (await fetch(`${url}/docs-json`)).json()) as OpenAPIObject;
    const { post } = document.paths['/signups']!;
    const { get } = document.paths['/signups/{id}']!;
    expect(Object.keys(document.paths)).toEqual(['/signups', '/signups/{id}']);
    expect(Object.keys(post!.responses).sort()).toEqual(['202', '400', '413', '415', '422', '429', '503']);
    expect(Object.keys(get!.responses).sort()).toEqual(['200', '400', '404', '503']);
    expect(get).toMatchObject({
      description: expect.stringContaining('31 days'),
      responses: { 404: { description: expect.stringContaining('removed') } },
    });
    expect(post!.parameters).toEqual([
      expect.objectContaining({ in: 'header', name: 'Idempotency-Key', required: false }),
    ]);
    expect(post!.responses).toMatchObject({
      202: { headers: { Location: expect.anything() } },
      429: {
        headers: { 'Retry-After': expect.anything() },
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemSchema' } } },
      },
    });
    expect(document.components?.schemas).toMatchObject({
      SignUpRequest: {
        required: ['email', 'name'],
        properties: {
          email: { format: 'email' },
          name: { maxLength: 100 },
          phone: {},
          locale: { default: 'en' },
        },
      },
      ProblemSchema: { properties: { errors: { items: { $ref: '#/components/schemas/BrokenRuleSchema' } } } },
    });
  });
});
