/**
 * Watches what is recorded for a reason to end the agent (`domain/agent-exit.ts`), and tells it once, with the exit code. It looks at once as well:
 * the agent before this one may have died between the fact and its end.
 */
import { decideExit, type ExitRule, exitCodeOf } from '../domain/agent-exit.ts'
import type { Agent } from './agent.ts'

export function watchForExit(
  agent: Agent,
  rule: ExitRule,
  onExit: (reason: string, code: number) => void,
): () => void {
  let isOver = false
  const look = (): void => {
    const { slots, desired, isShuttingDown } = agent.reconciler
    if (isOver || isShuttingDown) return
    const programOf = (name: string) => desired.get(name)?.program
    const made = decideExit({ slots: slots.values(), programOf, rule })
    if (!made) return
    isOver = true
    const tell = (code: number): void => onExit(made.reason, code)
    agent.options.store.listRuns({ slots: [made.slot], limit: 1 }).then(
      ([run]) => tell(exitCodeOf(made, run?.end ?? null)),
      () => tell(exitCodeOf(made, null)),
    )
  }
  const stop = agent.feed.listen(look)
  look()
  return stop
}
