import { ApiProperty } from '@nestjs/swagger';

/** Answer of `POST /signups`. */
export class SignupAccepted {
  @ApiProperty({ format: 'uuid', description: 'Of this request, not of a user.' })
  readonly id!: string;

  @ApiProperty({
    format: 'uuid',
    description: 'What all events that follow from this signup have in common.',
  })
  readonly correlationId!: string;
}

/** Answer of `GET /signups/:id`. No personal data: whoever has the id may read it. */
export class SignupStatus extends SignupAccepted {
  @ApiProperty({ enum: ['accepted'] })
  readonly status!: 'accepted';

  @ApiProperty({ format: 'date-time' })
  readonly receivedAt!: Date;
}
