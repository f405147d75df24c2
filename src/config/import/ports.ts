/**
 * A number in the environment that counts up from process to process, as foreman and PM2 give ports: as `300{index}` where that does, since it can be
 * read and goes on when the program is scaled; else the shell counts.
 */

type CommandText = string | readonly string[]

export function countedPort(
  name: string,
  base: number,
  processes: number,
  command: CommandText,
): { env: Record<string, string>; command: CommandText } {
  if (base > 0 && base % 10 === 0 && processes <= 10)
    return { env: { [name]: `${base / 10}{index}` }, command }
  const set = `export ${name}=$((${base} + DROVER_INDEX))`
  return {
    env: {},
    command:
      typeof command === 'string'
        ? `${set}; ${command}`
        : ['/bin/sh', '-c', `${set}; exec "$0" "$@"`, ...command],
  }
}
