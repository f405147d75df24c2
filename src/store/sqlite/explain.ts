/**
 * Turns what SQLite says into the user's words. Its own texts, which are stable and the same in Node's engine and in the
 * package's, tell the cases apart; what is none of them is a bug and stays as it is.
 */
import { UserError } from '../../domain/user-error.ts'

export function explain(error: unknown, path: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error
  const text = error.message
  if (/locked|busy/i.test(text)) {
    return new UserError('data_dir_in_use', `Another process works on the store ${path}.`, {
      hint: 'A living agent has it: use it, end it with `drover shutdown`, or give this one another --data-dir.',
      cause: error,
    })
  }
  if (/not a database|malformed|corrupt/i.test(text)) {
    return new UserError('store_broken', `The store ${path} cannot be read: ${text}.`, {
      hint: 'Move the file (and its -wal) away and start again: living runs are found in the run directories, programs come from the configuration; history, what persons stopped, and programs declared over the API are in the file alone.',
      cause: error,
    })
  }
  if (/full|disk I\/O/i.test(text)) {
    return new UserError('store_unavailable', `The store ${path} takes no writes: ${text}.`, {
      hint: 'Make room on the disk; the agent tries again by itself.',
      cause: error,
    })
  }
  if (/unable to open|readonly|read-only|not permitted/i.test(text)) {
    return new UserError('data_dir_unusable', `The store ${path} cannot be opened for writing: ${text}.`, {
      hint: 'Check the rights on the data directory.',
      cause: error,
    })
  }
  return error
}
