import fastify from 'fastify';
import { randomUUID } from 'node:crypto';
import pg from 'pg';

/**
 * A signup without Cascade. Fastify handles the request, and one transaction inserts two rows, which are the user and the outbox
 * row. The server has no validation, idempotency keys or relay.
 */
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL']!, max: 10 });
const server = fastify();

server.post<{ Body: { email: string; name: string } }>('/signups', async ({ body }, reply) => {
  const id = randomUUID();
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(
      'insert into users (id, email, email_key, name, locale, signed_up_at) values ($1, $2, $3, $4, $5, $6)',
      [id, body.email, body.email.toLowerCase(), body.name, 'en', new Date()],
    );
    await client.query(
      'insert into outbox (id, key, name, version, data, correlation_id) values ($1, $2, $3, $4, $5, $6)',
      [
        id,
        id,
        'user.signed-up',
        1,
        JSON.stringify({ userId: id, ...body, locale: 'en', signedUpAt: new Date().toISOString() }),
        id,
      ],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
  return reply.status(202).send({ id, correlationId: id });
});

server.get('/health/ready', async () => ({ status: 'ready' }));
await server.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
