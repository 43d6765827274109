export function read<Content>(text: string): Content {
  return JSON.parse(text) as Content;
}

export function written(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}
