import { ApiProperty } from '@nestjs/swagger';

/** Response of `POST /signups`. */
export class SignupAccepted {
  @ApiProperty({ format: 'uuid', description: 'Id of this request, not of a user.' })
  readonly id!: string;

  @ApiProperty({
    format: 'uuid',
    description: 'The id that all events of this signup share.',
  })
  readonly correlationId!: string;
}

/** Response of `GET /signups/:id`. The response contains no personal data, because anyone who knows the id may request it. */
export class SignupStatus extends SignupAccepted {
  @ApiProperty({ enum: ['accepted'] })
  readonly status!: 'accepted';

  @ApiProperty({ format: 'date-time' })
  readonly receivedAt!: Date;
}
