import { BrokenRulesException, RequestValidationPipe } from '@cascade/service';
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Ip,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Res,
  UsePipes,
} from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { IDEMPOTENCY_KEY_HEADER, readIdempotencyKey } from './idempotency.js';
import { ApiProblem } from './problem-docs.js';
import { SignUpRequest } from './sign-up-request.js';
import { SignupAccepted, SignupStatus } from './signup-answers.js';
import { SignupQuota } from './signup-quota.js';
import { Signups } from './signups.js';

/** Returns the error for an invalid id. The response has the same form as the response to an invalid body. */
function invalidId(): BrokenRulesException {
  return new BrokenRulesException([{ field: 'id', rule: 'isUuid', message: 'id must be a UUID' }]);
}

@ApiTags('signups')
@Controller('signups')
@UsePipes(RequestValidationPipe)
export class SignupsController {
  constructor(
    private readonly signups: Signups,
    private readonly quota: SignupQuota,
  ) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    summary: 'Sign up',
    description: 'A known address gets the same answer as a new one, and nothing else happens.',
  })
  @ApiHeader({
    name: IDEMPOTENCY_KEY_HEADER,
    required: false,
    description:
      'Makes it safe to repeat the request: for a day, the same key with the same body gets the same answer.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  })
  @ApiResponse({
    status: 202,
    type: SignupAccepted,
    headers: { Location: { description: 'Path of the signup.', schema: { type: 'string' } } },
  })
  @ApiProblem(400, 'The body or a header breaks a rule; `errors` lists every broken rule.')
  @ApiProblem(413, 'The body is larger than 16 KB.')
  @ApiProblem(415, 'The body is not JSON.')
  @ApiProblem(422, 'The idempotency key was used with another body.')
  @ApiProblem(429, 'Too many signups from one address.')
  @ApiProblem(503, 'The database cannot be reached.')
  async signUp(
    @Body() request: SignUpRequest,
    @Headers(IDEMPOTENCY_KEY_HEADER) idempotencyKey: string | undefined,
    @Ip() address: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignupAccepted> {
    const key = readIdempotencyKey(idempotencyKey);
    this.quota.take(address);
    const accepted = await this.signups.accept(request, key);
    void reply.header('location', `/signups/${accepted.id}`);
    return accepted;
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Read a signup',
    description: 'A signup can be read for 31 days, or for `SIGNUP_DAYS`. Then it is removed.',
  })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, type: SignupStatus })
  @ApiProblem(400, 'The id is not a UUID.')
  @ApiProblem(404, 'There is no such signup, or it has been removed.')
  @ApiProblem(503, 'The database cannot be reached.')
  async read(
    @Param('id', new ParseUUIDPipe({ exceptionFactory: invalidId })) id: string,
  ): Promise<SignupStatus> {
    const signup = await this.signups.find(id);
    if (!signup) throw new NotFoundException(`There is no signup ${id}.`);
    return { ...signup, status: 'accepted' };
  }
}
