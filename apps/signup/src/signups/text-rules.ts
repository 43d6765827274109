import { isLocale, ValidateBy } from 'class-validator';

/** Requires at least one letter, digit, punctuation mark or symbol, such as an emoji. */
export function IsNotBlank(): PropertyDecorator {
  return textRule('isNotBlank', (text) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(text), 'must not be blank');
}

/**
 * Forbids control characters, line breaks and halves of surrogate pairs. Such characters could end a mail header that contains
 * the name or the address. PostgreSQL cannot store the character 0 or half a surrogate pair.
 */
export function IsPlainText(): PropertyDecorator {
  return textRule(
    'isPlainText',
    (text) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text),
    'must not have control characters or line breaks',
  );
}

/** Requires a BCP 47 tag that `Intl` also accepts, such as `en` or `de-CH`. */
export function IsLanguageTag(): PropertyDecorator {
  return textRule('isLanguageTag', isLanguageTag, 'must be a BCP 47 language tag such as en or de-CH');
}

function isLanguageTag(text: string): boolean {
  try {
    return isLocale(text) && Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

function textRule(name: string, holds: (text: string) => boolean, message: string): PropertyDecorator {
  return ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && holds(value),
      defaultMessage: () => `$property ${message}`,
    },
  });
}
