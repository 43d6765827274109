import type { BrokenRule, Problem } from '@cascade/service';
import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';

class BrokenRuleSchema implements BrokenRule {
  @ApiProperty({ example: 'email' })
  field!: string;

  @ApiProperty({ example: 'isEmail' })
  rule!: string;

  @ApiProperty({ example: 'email must be an e-mail address' })
  message!: string;
}

class ProblemSchema implements Problem {
  @ApiProperty({ example: 'about:blank' })
  type!: string;

  @ApiProperty({ example: 'Bad Request' })
  title!: string;

  @ApiProperty({ example: 400 })
  status!: number;

  @ApiPropertyOptional()
  detail?: string;

  @ApiPropertyOptional({ type: [BrokenRuleSchema], description: 'Every rule that the request breaks.' })
  errors?: BrokenRuleSchema[];
}

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' as const } },
};

/** Documents an error response in the format of RFC 9457. */
export function ApiProblem(status: number, description: string): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemSchema),
    ApiResponse({
      status,
      description,
      content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemSchema) } } },
      ...((status === 429 || status === 503) && { headers: RETRY_AFTER }),
    }),
  );
}
