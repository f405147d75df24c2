/**
 * Joining of POSIX paths, as far as a configuration needs it. This floor reads no operating system and no current directory, so
 * the base is always given and always absolute.
 */

/** The absolute, normal form of a path that may be relative to an absolute folder. */
export function resolvePath(folder: string, path: string): string {
  const parts: string[] = []
  for (const part of `${path.startsWith('/') ? '' : folder}/${path}`.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** The path as seen from a folder if it lies below it, else as it is. */
export function shortPath(path: string, folder: string): string {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`
  return path.startsWith(prefix) ? path.slice(prefix.length) : path
}
