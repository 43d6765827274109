/** Converts a name to Pascal case: `welcome-coupon` → `WelcomeCoupon`, `user.signed-up` → `UserSignedUp`. */
export function pascalCase(name: string): string {
  return name.replace(/(?:^|[-.])(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Converts a name to camel case: `signed-up` → `signedUp`. */
export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

/** Converts a string to kebab case: `WelcomeCoupon`, `welcome_coupon` → `welcome-coupon`. */
export function kebabCase(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^[-.\d]+|[-.]+$/g, '')
    .toLowerCase();
}
