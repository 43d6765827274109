import { join } from 'node:path';

/** Formats a file as `npm run format` would; what is in .prettierignore, or of no kind that it knows, stays as it is. */
export async function format(root: string, path: string, content: string): Promise<string> {
  // Loaded late: it is large.
  const prettier = await import('prettier');
  const filepath = join(root, path);
  const { ignored, inferredParser } = await prettier.getFileInfo(filepath, {
    ignorePath: join(root, '.prettierignore'),
  });
  if (ignored || !inferredParser) return content;
  return prettier.format(content, { ...(await prettier.resolveConfig(filepath)), filepath });
}
