export const FORMATS = ['table', 'mermaid', 'json', 'asyncapi', 'permissions'] as const;
export type Format = (typeof FORMATS)[number];
