/**
 * The keys of one listener: which events it is told of, and who is told: a function of the configuration, or a command.
 */
import * as v from 'valibot'
import { eventKinds } from '../../domain/events/event.ts'
import { eventFamilies } from '../../domain/events/event-kinds.ts'
import { command, env } from './blocks.ts'
import { block, duration, key, path, text } from './leaves.ts'

const day = 86_400_000

const kindExpected = 'the name of an event such as `job.failed`, all of a family (`job.*`), or `*`'
/** Which of them there are is told with the nearest one, in `build-listeners.ts`. */
const kind = v.pipe(v.string(kindExpected), v.regex(/^\S+$/, kindExpected))
const onExpected = `${kindExpected}; or a list of them`

const functionExpected = 'a function, in a configuration in TypeScript or JavaScript'
const referenceTable = v.strictObject({
  function: v.strictObject({ file: v.string(), path: v.array(v.string()) }),
})

/** What the process that evaluates a configuration makes of a function. No person writes its keys, so no message names them. */
const functionReference = v.custom<v.InferOutput<typeof referenceTable>>(
  (value) => v.is(referenceTable, value),
  functionExpected,
)

const listenerExpected = 'a table with `on`, and with one of `run` and `command`'
const pattern = text('the name of a program, or a pattern with * and ?')
const group = text('the name of a group')

/** All that a listener may be told of, for the types of the configuration. */
export const eventPatterns: readonly string[] = [...eventKinds, ...eventFamilies, '*']

export const listener = block(
  'ListenerConfig',
  {
    on: key(v.union([kind, v.pipe(v.array(kind, onExpected), v.minLength(1, onExpected))], onExpected), {
      typeName: 'EventPatterns',
      description: 'Which events it is told of, by name or by family.',
      examples: ['job.failed', ['job.*', 'slot.gave_up']],
      relation: 'docs/reference/events.md names all of them.',
    }),
    run: v.optional(
      key(functionReference, {
        typeName: 'ListenerFunction',
        description:
          'The function that is called with each event, one after another, in a process of its own; a promise is waited for.',
        examples: [],
        defaultText: 'none',
        relation: 'One of `run` and `command`. Only in a configuration in TypeScript or JavaScript.',
      }),
    ),
    command: v.optional(
      key(command, {
        description:
          'The command that is run for each event, one after another. It finds the event as one line of JSON on its standard input, and in variables that begin with `DROVER_EVENT_`.',
        examples: ['./notify.sh', ['logger', '-t', 'drover']],
        defaultText: 'none',
        relation: 'One of `run` and `command`.',
      }),
    ),
    programs: v.optional(
      key(v.array(pattern, 'a list of names and patterns of programs'), {
        description: 'Only events of these programs and jobs.',
        examples: [['mailer', 'report-*', 'app:*']],
        defaultText: 'of all, and those that concern none',
      }),
      [],
    ),
    groups: v.optional(
      key(v.array(group, 'a list of names of groups'), {
        description: 'Only events of programs and jobs of these groups.',
        examples: [['app']],
        defaultText: 'of all',
        relation: 'Where `programs` is said as well, both must fit.',
      }),
      [],
    ),
    timeout: v.optional(
      key(duration(10, day), {
        description:
          'How long one event may take. Then the process is killed, the event counts as failed, and the next one follows.',
        unit: 'seconds, or a text with a unit',
        examples: ['5s', '2m'],
      }),
      '30s',
    ),
    cwd: v.optional(
      key(path('the path of a folder'), {
        description: 'The folder that the command runs in, relative to the folder of the configuration file.',
        examples: ['./hooks'],
        defaultText: 'the folder of the configuration file',
        relation: 'Of a command alone.',
      }),
    ),
    env: v.optional(
      key(env, {
        description: 'Environment variables of the command, beside those of the agent.',
        examples: [{ CHANNEL: '#ops', TOKEN: { fromFile: '/run/secrets/chat' } }],
        relation: 'Of a command alone.',
      }),
      {},
    ),
  },
  listenerExpected,
)
