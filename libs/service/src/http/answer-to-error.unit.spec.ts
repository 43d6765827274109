import { ForbiddenException, HttpException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { DrizzleQueryError } from 'drizzle-orm';
import { errorCodes } from 'fastify';
import { answerToError } from './answer-to-error.js';
import { BrokenRulesException, ProblemException } from './problem.js';

function failedQuery(properties: { code?: string; message?: string }): Error {
  const { message = 'driver error', ...rest } = properties;
  return new DrizzleQueryError('select 1', [], Object.assign(new Error(message), rest));
}

describe('answerToError', () => {
  it('answers with the message of an exception of the code', () => {
    expect(answerToError(new NotFoundException('No such signup.'))).toEqual({
      problem: { type: 'about:blank', title: 'Not Found', status: 404, detail: 'No such signup.' },
      headers: {},
    });
    expect(answerToError(new ForbiddenException()).problem).toMatchObject({
      status: 403,
      title: 'Forbidden',
    });
  });

  it('names every broken rule', () => {
    const errors = [
      { field: 'email', rule: 'isEmail', message: 'email must be an email' },
      { field: 'name', rule: 'isString', message: 'name must be a string' },
    ];
    expect(answerToError(new BrokenRulesException(errors)).problem).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'The request breaks 2 rules.',
      errors,
    });
  });

  it('sends the headers of a problem', () => {
    const { headers } = answerToError(
      new ProblemException(429, 'Slow down.', { headers: { 'retry-after': '7' } }),
    );
    expect(headers).toEqual({ 'retry-after': '7' });
  });

  it.each([
    [new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE(), 413, 'The body must not be larger than 16 KB.'],
    [new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(), 415, expect.stringContaining('application/json')],
    [new errorCodes.FST_ERR_BAD_URL('/%'), 400, expect.stringContaining('/%')],
  ])('explains what to do about %s', (refused, status, detail) => {
    expect(answerToError(refused).problem).toMatchObject({ status, detail });
    const mapped = new HttpException(refused.message, status, { cause: refused });
    expect(answerToError(mapped).problem).toMatchObject({ status, detail });
  });

  it.each([
    failedQuery({ code: 'ECONNREFUSED' }),
    failedQuery({ code: '57P01' }),
    failedQuery({ code: '08006' }),
    failedQuery({ code: '53300' }),
    failedQuery({ code: '25006' }),
    failedQuery({ message: 'Connection terminated unexpectedly' }),
    failedQuery({ message: 'timeout exceeded when trying to connect' }),
    Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:5432')]), { code: 'ECONNREFUSED' }),
  ])('answers 503 while the database is down: %#', (error) => {
    const { problem, headers } = answerToError(error);
    expect(problem).toMatchObject({ status: 503, title: 'Service Unavailable' });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  it.each([
    new TypeError('secret of the service'),
    failedQuery({ code: '23505', message: 'Key (email)=(ada@example.com) already exists.' }),
    new errorCodes.FST_ERR_INSTANCE_ALREADY_LISTENING('secret'),
    'a string',
    undefined,
  ])('hides the details of an unexpected error: %#', (error) => {
    expect(answerToError(error)).toEqual({
      problem: { type: 'about:blank', title: 'Internal Server Error', status: 500 },
      headers: {},
    });
  });
});
