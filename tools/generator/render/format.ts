import { join } from 'node:path';

/** Formats a file as `npm run format` does. Files in .prettierignore and unknown file types stay unchanged. */
export async function format(root: string, path: string, content: string): Promise<string> {
  // Loaded on demand, because Prettier is large.
  const prettier = await import('prettier');
  const filepath = join(root, path);
  const { ignored, inferredParser } = await prettier.getFileInfo(filepath, {
    ignorePath: join(root, '.prettierignore'),
  });
  if (ignored || !inferredParser) return content;
  return prettier.format(content, { ...(await prettier.resolveConfig(filepath)), filepath });
}
