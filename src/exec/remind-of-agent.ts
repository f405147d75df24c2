/**
 * Runs that nobody records pile up, with their output: only an agent drops what is old. Where none ever comes, somebody has to be told, and not with each run.
 */
import { dataDirectory, readAgentFile } from '../process/data-directory.ts'
import { isPidTaken } from '../process/process-identity.ts'
import { listNames } from '../process/run-directory.ts'

const everySo = 1000

export function remindOfAgent(dataDir: string, say: (line: string) => void): void {
  try {
    const data = dataDirectory(dataDir)
    const count = listNames(data.runs).length
    const agent = readAgentFile(data)
    if (count === 0 || count % everySo !== 0 || (agent && isPidTaken(agent.pid))) return
    say(
      `${count} runs wait in ${data.path} for an agent to record them: call \`drover tick\` now and then, such as once a day`,
    )
  } catch {
    // A reminder is no reason to fail.
  }
}
