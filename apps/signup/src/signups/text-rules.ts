import { isLocale, ValidateBy } from 'class-validator';

/** At least one letter, digit, sign or emoji. */
export function IsNotBlank(): PropertyDecorator {
  return textRule('isNotBlank', (text) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(text), 'must not be blank');
}

/**
 * No control characters, line breaks or halves of surrogate pairs: they could end a mail header where the name or address is
 * used, and PostgreSQL stores neither the character 0 nor half a pair.
 */
export function IsPlainText(): PropertyDecorator {
  return textRule(
    'isPlainText',
    (text) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text),
    'must not have control characters or line breaks',
  );
}

/** BCP 47, such as `en` or `de-CH`: what `Intl` takes too. */
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
