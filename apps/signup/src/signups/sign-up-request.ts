import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsString, Length, Matches, MaxLength, ValidateIf } from 'class-validator';
import { IsLanguageTag, IsNotBlank, IsPlainText } from './text-rules.js';

/** Body of `POST /signups`. The rules are at least as strict as the rules of the event `UserSignedUp`. */
export class SignUpRequest {
  @ApiProperty({ format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsEmail({}, { message: 'email must be an e-mail address' })
  @MaxLength(254)
  @IsPlainText()
  readonly email!: string;

  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Ada' })
  @IsString()
  @Length(1, 100)
  @IsNotBlank()
  @IsPlainText()
  readonly name!: string;

  @ApiPropertyOptional({
    pattern: '^\\+[1-9]\\d{6,14}$',
    example: '+14155550123',
    description: 'E.164. With a number, the welcome message is a text, without it an e-mail.',
  })
  @ValidateIf((_request, phone) => phone !== undefined)
  @Matches(/^\+[1-9]\d{6,14}$/, { message: 'phone must be an E.164 number such as +14155550123' })
  readonly phone?: string;

  @ApiPropertyOptional({
    default: 'en',
    maxLength: 35,
    description: 'BCP 47 language tag.',
    example: 'de-CH',
  })
  @IsLanguageTag()
  @MaxLength(35)
  readonly locale: string = 'en';
}
